//! What makes the races fair: nobody is timed who was not seen to read, to refuse and to write as the others do.

use wireview::Gather;

use crate::support::Race;

/// Makes an unlawful message of a lawful one.
pub(crate) type Spoil<'a> = &'a dyn Fn(&mut Vec<u8>);

/// What a race is run on.
pub(crate) struct Cases<S> {
    /// Messages, and what is in them.
    pub(crate) lawful: Vec<(Vec<u8>, S)>,
    /// What must be refused.
    pub(crate) unlawful: Vec<Vec<u8>>,
}

impl<S> Cases<S> {
    /// The messages of `contents`, each written by `write`; refused is the first one cut anywhere, or with a byte behind
    /// it, and what `spoil` makes of it.
    pub(crate) fn new(contents: Vec<S>, write: impl Fn(&S, &mut Vec<u8>), spoil: &[Spoil<'_>]) -> Self {
        let lawful: Vec<(Vec<u8>, S)> = contents
            .into_iter()
            .map(|content| {
                let mut frame = Vec::new();
                write(&content, &mut frame);
                (frame, content)
            })
            .collect();
        let first = &lawful[0].0;
        let mut unlawful: Vec<Vec<u8>> = (0..first.len()).map(|end| first[..end].to_vec()).collect();
        unlawful.push([&first[..], b"\0"].concat());
        unlawful.extend(spoil.iter().map(|spoil| {
            let mut frame = first.clone();
            spoil(&mut frame);
            assert_ne!(&frame, first, "nothing was spoilt");
            frame
        }));
        Self { lawful, unlawful }
    }

    /// What each contender has to read, unless instructions are counted.
    pub(crate) fn checked(&self, race: &Race<'_>) -> &[(Vec<u8>, S)] {
        if race.is_checked() { &self.lawful } else { &[] }
    }

    /// What each contender has to refuse, unless instructions are counted.
    pub(crate) fn refused(&self, race: &Race<'_>) -> &[Vec<u8>] {
        if race.is_checked() { &self.unlawful } else { &[] }
    }

    pub(crate) fn len(&self) -> u64 {
        self.lawful.len() as u64
    }
}

/// Adds a contender that reads: `$parse` makes a message of a frame, `$seen` says what is in it.
macro_rules! reads {
    ($race:ident, $name:literal, $cases:expr, $parse:path, $seen:path) => {{
        let cases = $cases;
        for (frame, content) in cases.checked(&$race) {
            let message = $parse(frame).unwrap_or_else(|_| panic!("{} refuses a lawful message", $name));
            assert_eq!($seen(&message), content.seen(), "{} reads otherwise", $name);
        }
        for frame in cases.refused(&$race) {
            assert!($parse(frame).is_err(), "{} takes {frame:?}", $name);
        }
        $race.add($name, || {
            for (frame, _) in &cases.lawful {
                let Ok(message) = $parse(std::hint::black_box(&frame[..])) else { unreachable!("seen to be read") };
                std::hint::black_box($seen(&message));
            }
        });
    }};
}

/// Adds a contender that writes: `$message` makes its message, before anything is timed, `$write` appends it to `$out`.
macro_rules! writes {
    ($race:ident, $name:literal, $cases:expr, $message:path, $write:path, $out:expr) => {{
        let messages: Vec<_> = $cases.lawful.iter().map(|(_, content)| $message(content)).collect();
        let mut out = $out;
        for (message, (frame, _)) in messages.iter().zip($cases.checked(&$race)) {
            $write(std::hint::black_box(message), &mut out);
            assert_eq!($crate::fair::Out::take(&mut out), *frame, "{} writes otherwise", $name);
        }
        $race.add($name, move || {
            for message in &messages {
                $write(std::hint::black_box(message), &mut out);
            }
            $crate::fair::Out::reset(std::hint::black_box(&mut out));
        });
    }};
}

/// Where a contender writes to.
pub(crate) trait Out {
    /// Empties it for the next round.
    fn reset(&mut self);

    /// What was written.
    fn take(&mut self) -> Vec<u8>;
}

impl Out for Vec<u8> {
    fn reset(&mut self) {
        self.clear();
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self)
    }
}

impl Out for std::io::Cursor<Vec<u8>> {
    fn reset(&mut self) {
        self.set_position(0);
        self.get_mut().clear();
    }

    fn take(&mut self) -> Vec<u8> {
        std::mem::take(self).into_inner()
    }
}

impl Out for Gather {
    fn reset(&mut self) {
        Self::clear(self);
    }

    fn take(&mut self) -> Vec<u8> {
        let written = self.chunks().collect::<Vec<_>>().concat();
        self.reset();
        written
    }
}

/// Numbers that follow from their place alone and look like no row.
pub(crate) fn mixed(i: usize) -> u64 {
    (i as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15)
}

/// One goal: a ratio of medians beside what was wanted.
pub(crate) fn goal(goals: &mut Vec<String>, title: &str, names: [&str; 2], ratio: f64, want: Want) {
    let (reached, word, bound) = match want {
        Want::AtMost(bound) => (ratio <= bound, "at most", bound),
        Want::AtLeast(bound) => (ratio >= bound, "at least", bound),
    };
    let mark = if reached { " " } else { "!" };
    goals.push(format!("{mark} {title}: {} / {} {ratio:.2}, {word} {bound}", names[0], names[1]));
}

/// A bound on a ratio.
#[derive(Clone, Copy)]
pub(crate) enum Want {
    AtMost(f64),
    AtLeast(f64),
}
