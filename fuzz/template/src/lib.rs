//! A note is an `N`, its length, and so many bytes.

use wireview::{Boundary, Codec, Encode, Error, Gather, Outgoing, Result, Span};

/// ```text
/// ┌─────┬─────────────┬──────┐
/// │ 'N' │ length: u16 │ text │
/// └─────┴─────────────┴──────┘
/// ```
#[derive(Clone, Debug)]
pub struct Notes;

impl Codec for Notes {
    type Message = Span;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        Ok(match *input {
            [b'N', high, low, ..] => Boundary::Frame { head: 3, body: u16::from_be_bytes([high, low]).into(), tail: 0 },
            // Not 3: a stream that begins with another byte, and ends, is to be told the same whether it came at once or not.
            [] => Boundary::Need(1),
            [b'N', ..] => Boundary::Need(3),
            _ => return Err(Error::malformed(&"mark", 0)),
        })
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<&'a [u8]> {
        frame.get(3..).ok_or_else(|| Error::truncated(&"text", frame.len()))
    }
}

impl<B: Outgoing> Encode<B> for Notes {
    fn encode(&mut self, text: B, out: &mut Gather) -> Result<()> {
        let len = u16::try_from(text.size()).map_err(|_| Error::overflow(&"length", 1))?;
        out.copy(b"N");
        out.copy(&len.to_be_bytes());
        text.put(out);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wireview::laws::Laws;

    use super::Notes;

    wireview::codec_laws!(laws, Notes, round_trip, [b"N\0\x02hiN\0\0"], Laws::all().canonical());

    #[test]
    fn made_notes_come_back() {
        let made = Laws::all().canonical().check_generated(|| Notes, 100, |draw| draw.bytes(300).into());
        assert!(made.messages > 100 && made.spoiled > 100);
    }

    /// What was ever found stays found.
    #[test]
    fn regressions() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fuzz/regressions/notes");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let stream = std::fs::read(file.path()).expect("readable");
            Laws::all().check(|| Notes, &stream);
        }
    }
}
