//! Content codings: which of those that lie beside a file a client gets (RFC 9110, 12.5.3).

/// A coding of content, and how a file that has it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Coding {
    pub(super) name: &'static str,
    pub(super) suffix: &'static [u8],
}

/// From the one that is preferred where the client does not care.
pub(super) const CODINGS: [Coding; 3] = [
    Coding { name: "br", suffix: b".br" },
    Coding { name: "zstd", suffix: b".zst" },
    Coding { name: "gzip", suffix: b".gz" },
];

/// How much a client wants what, in thousandths; nothing is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Wishes {
    pub(super) codings: [u16; CODINGS.len()],
    /// The file as it is.
    pub(super) identity: u16,
}

impl Wishes {
    /// The wishes of a client that has sent these `Accept-Encoding` fields.
    pub(super) fn read<'a>(fields: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut named = [None; CODINGS.len()];
        let (mut identity, mut others) = (None, None);
        for element in fields.flat_map(|field| field.split(|byte| *byte == b',')) {
            let (name, weight) = element.iter().position(|byte| *byte == b';').map_or((element, &b""[..]), |at| {
                let (name, rest) = element.split_at(at);
                (name, &rest[1..])
            });
            let name = name.trim_ascii();
            let weight = Some(weigh(weight));
            if name == b"*" {
                others = weight;
            } else if name.eq_ignore_ascii_case(b"identity") {
                identity = weight;
            } else if let Some(at) = CODINGS.iter().position(|coding| {
                let name = if name.eq_ignore_ascii_case(b"x-gzip") { b"gzip" } else { name };
                name.eq_ignore_ascii_case(coding.name.as_bytes())
            }) {
                named[at] = weight;
            }
        }
        Self {
            codings: named.map(|weight| weight.or(others).unwrap_or(0)),
            // Acceptable unless it is excluded, and wanted less than whatever was named.
            identity: identity.or(others.filter(|weight| *weight == 0)).unwrap_or(1),
        }
    }
}

/// A weight: `q=0.5`, in thousandths; 1000 if there is none. One that cannot be read is one of 0.
fn weigh(parameter: &[u8]) -> u16 {
    let parameter = parameter.trim_ascii();
    if parameter.is_empty() {
        return 1000;
    }
    let [b'q' | b'Q', b'=', value @ ..] = parameter else { return 0 };
    let (whole, fraction) = match value {
        [whole @ (b'0' | b'1')] => (whole, &b""[..]),
        [whole @ (b'0' | b'1'), b'.', fraction @ ..] if fraction.len() <= 3 => (whole, fraction),
        _ => return 0,
    };
    let mut weight = u16::from(whole - b'0') * 1000;
    for (digit, worth) in fraction.iter().zip([100, 10, 1]) {
        match digit {
            b'0'..=b'9' => weight += u16::from(digit - b'0') * worth,
            _ => return 0,
        }
    }
    if weight <= 1000 { weight } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_weighed() {
        for (field, codings, identity) in [
            ("", [0, 0, 0], 1),
            ("gzip", [0, 0, 1000], 1),
            ("gzip;q=0.5, br ; q=0.25,zstd;q=1.000", [250, 1000, 500], 1),
            ("X-GZIP, identity;q=0", [0, 0, 1000], 0),
            ("*", [1000, 1000, 1000], 1),
            ("*;q=0", [0, 0, 0], 0),
            ("*;q=0, identity;q=0.3", [0, 0, 0], 300),
            ("br;q=0, *;q=0.1", [0, 100, 100], 1),
            ("gzip;q=2, br;q=1.001, zstd;v=1", [0, 0, 0], 1),
            ("gzip;q=0.1234, br;q=x", [0, 0, 0], 1),
        ] {
            let wishes = Wishes::read(std::iter::once(field.as_bytes()));
            assert_eq!(wishes, Wishes { codings, identity }, "{field}");
        }
    }
}
