//! What a client sends: arrays of bulk strings, and inline commands.
//!
//! ```text
//!  *3 CRLF $3 CRLF SET CRLF $3 CRLF key CRLF $5 CRLF value CRLF        Form::Array
//!  SET key value CRLF                                                  Form::Inline
//! ```
//!
//! Spec: <https://redis.io/docs/latest/develop/reference/protocol-spec/>, "Sending commands" and "Inline commands";
//! where it is silent, `networking.c` and `sdssplitargs` of Redis. Unlike Redis, which skips two bytes behind a bulk
//! string whatever they are, a missing CRLF is an error.

use core::array;
use core::fmt;
use core::iter::FusedIterator;

use bytes::Bytes;
use wireview::{Element, Error, Holder, Result, Seq, Span, Wire};

use super::number::plain_bulk;
use super::requests::explain;
use super::{Escaped, MAX_HELD, field, inline};

/// How many arguments a [`Request`] holds itself; what is behind them is walked lazily.
pub const FIRST: usize = 4;

/// One command and its arguments. There is always at least one argument, the name of the command.
///
/// Equal requests came in the same form. The accessors of a borrowed request return views that live as long as the frame,
/// those of a `Request<Bytes>` share it; for other holders, see [`by_ref`](Self::by_ref).
///
/// ```
/// use wireview_codecs::resp::Request;
///
/// let request = Request::new([&b"GET"[..], b"key"]);
/// assert_eq!((request.name(), request.len()), (&b"GET"[..], 2));
/// assert_eq!(request.arg(1), Some(&b"key"[..]));
/// assert_eq!(request.arg(2), None);
/// assert_eq!(request.to_string(), r#""GET" "key""#);
/// ```
///
/// # Cost
/// The first [`FIRST`] arguments are fields; argument `i` behind them costs a walk over those in between.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request<B> {
    pub(super) form: Form,
    pub(super) count: u32,
    pub(super) first: [B; FIRST],
    pub(super) rest: Seq<B, Arg<Span>>,
}

/// How a request was written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Form {
    /// An array of bulk strings, as programs send it.
    #[default]
    Array,
    /// A line of words, as people type it.
    Inline,
}

/// An argument behind the first few of a [`Request`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arg<B>(pub B);

impl<B> Request<B> {
    /// A request of up to [`FIRST`] arguments, as an array. For more, see [`command`](super::command).
    #[inline]
    #[must_use]
    pub fn new<const N: usize>(args: [B; N]) -> Self
    where
        B: Default,
    {
        const { assert!(N > 0 && N <= FIRST, "a request of no arguments, or of more than it holds") };
        let mut args = args.into_iter();
        let first = array::from_fn(|_| args.next().unwrap_or_default());
        Self { form: Form::Array, count: N as u32, first, rest: Seq::new(B::default(), 0) }
    }

    /// How many arguments there are, the name of the command included.
    #[inline]
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // It never is.
    pub const fn len(&self) -> usize {
        self.count as usize
    }

    /// How the request was written.
    #[inline]
    #[must_use]
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The arguments that are fields, and those that are walked.
    #[inline]
    pub(super) fn into_parts(self) -> ([B; FIRST], Seq<B, Arg<Span>>) {
        (self.first, self.rest)
    }
}

impl<B: AsRef<[u8]>> Request<B> {
    /// The same request as views into its holders.
    #[inline]
    #[must_use]
    pub fn by_ref(&self) -> Request<&[u8]> {
        Request {
            form: self.form,
            count: self.count,
            first: array::from_fn(|i| self.first[i].as_ref()),
            rest: Seq::new(self.rest.region().as_ref(), self.rest.len() as u32),
        }
    }
}

impl<'a> Request<&'a [u8]> {
    /// The name of the command.
    #[inline]
    #[must_use]
    pub const fn name(&self) -> &'a [u8] {
        self.first[0]
    }

    /// Whether the command is called `name`, in letters of either case.
    #[inline]
    #[must_use]
    pub fn is(&self, name: &str) -> bool {
        self.first[0].eq_ignore_ascii_case(name.as_bytes())
    }

    /// Argument `i`, the name of the command being argument 0. An argument can be empty.
    #[inline]
    #[must_use]
    pub fn arg(&self, i: usize) -> Option<&'a [u8]> {
        if i < FIRST { (i < self.len()).then(|| self.first[i]) } else { self.args().nth(i) }
    }

    /// All arguments in their order, the name of the command first.
    #[inline]
    #[must_use]
    pub const fn args(&self) -> Args<'a> {
        Args { first: self.first, next: 0, count: self.count as usize, rest: self.rest.region() }
    }
}

impl Request<Bytes> {
    /// The name of the command.
    #[inline]
    #[must_use]
    pub fn name(&self) -> &[u8] {
        &self.first[0]
    }

    /// Argument `i`, sharing the frame.
    #[inline]
    #[must_use]
    pub fn arg(&self, i: usize) -> Option<Bytes> {
        if i < FIRST { (i < self.len()).then(|| self.first[i].clone()) } else { self.args().nth(i) }
    }

    /// All arguments in their order, sharing the frame.
    #[inline]
    pub fn args(&self) -> impl Iterator<Item = Bytes> {
        let first = self.first.iter().take(self.len()).cloned();
        first.chain(self.rest.iter_shared().map_while(Result::ok).map(|Arg(arg)| arg))
    }
}

/// The arguments of a borrowed [`Request`]. Ends early where a holder was mapped to bytes that are none.
#[derive(Clone, Debug)]
pub struct Args<'a> {
    first: [&'a [u8]; FIRST],
    next: usize,
    count: usize,
    rest: &'a [u8],
}

impl<'a> Args<'a> {
    /// How many of the arguments are still to come.
    #[inline]
    #[must_use]
    pub const fn left(&self) -> usize {
        self.count - self.next
    }
}

impl<'a> Iterator for Args<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        if self.next == self.count {
            return None;
        }
        let arg = match self.first.get(self.next) {
            Some(arg) => arg,
            None => match Arg::read(&mut self.rest) {
                Ok(Arg(arg)) => arg,
                Err(_) => {
                    self.count = self.next;
                    return None;
                }
            },
        };
        self.next += 1;
        Some(arg)
    }

    #[inline]
    fn size_hint(&self) -> (usize, Option<usize>) {
        (0, Some(self.left()))
    }
}

impl FusedIterator for Args<'_> {}

impl Wire for Request<Span> {
    type Of<B: Holder> = Request<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(request: Request<A>, f: &mut impl FnMut(A) -> B) -> Request<B> {
        // One by one: `array::map` is not inlined.
        let [a, b, c, d] = request.first;
        Request {
            form: request.form,
            count: request.count,
            first: [f(a), f(b), f(c), f(d)],
            rest: <Seq<Span, Arg<Span>>>::map(request.rest, f),
        }
    }
}

impl Wire for Arg<Span> {
    type Of<B: Holder> = Arg<B>;

    #[inline(always)]
    fn map<A: Holder, B: Holder>(arg: Arg<A>, f: &mut impl FnMut(A) -> B) -> Arg<B> {
        Arg(f(arg.0))
    }
}

impl Element for Arg<Span> {
    #[inline]
    fn read<'a>(input: &mut &'a [u8]) -> Result<Arg<&'a [u8]>> {
        if input.first() != Some(&b'$') {
            return inline::element(input).map(Arg);
        }
        match plain_bulk(input, 0, MAX_HELD) {
            Some((start, end)) => {
                let arg = &input[start..end];
                *input = &input[end + 2..];
                Ok(Arg(arg))
            }
            None => Err(explain(input, 0, MAX_HELD).err().unwrap_or(Error::truncated(&field::LENGTH, input.len()))),
        }
    }
}

/// As `MONITOR` prints it: each argument in quotes, long ones and long lists cut.
impl<B: AsRef<[u8]>> fmt::Display for Request<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 16;
        let request = self.by_ref();
        for (i, arg) in request.args().take(SHOWN).enumerate() {
            write!(f, "{}{}", if i == 0 { "" } else { " " }, Escaped(arg))?;
        }
        match request.len().saturating_sub(SHOWN) {
            0 => Ok(()),
            more => write!(f, " … and {more} more"),
        }
    }
}
