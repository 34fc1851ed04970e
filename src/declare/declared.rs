use super::refused::InFront;
use super::{Declare, Explanation, Framed, Plain, Put, Source, Traced};
use crate::trace::{Hook, Name, Trace};
use crate::{Boundary, Codec, Encode, Error, Gather, Result, View};

/// The codec of a declared message.
///
/// # Cost
/// Reading copies and allocates nothing. Writing copies what is not payload into the arena; payloads go their holder's way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Declared<M: Declare> {
    given: M::Context,
}

impl<M: Declare<Context = ()>> Declared<M> {
    /// The codec of a message that has to be given nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self { given: () }
    }
}

impl<M: Declare> Declared<M> {
    /// The codec of a message that has to be given something: the values of `#[wire(given(…))]`, in a tuple.
    #[must_use]
    pub const fn given(given: M::Context) -> Self {
        Self { given }
    }

    /// Tells the long story of an error that `frame` gave: the path to the field, what stands there, which field set the limit. Of an
    /// error of [`delimit`](Codec::delimit), `frame` is what it was given.
    ///
    /// # Cost
    /// Reads the frame again, and allocates.
    #[cold]
    #[must_use]
    pub fn explain(&self, frame: &[u8], error: Error) -> Explanation {
        Explanation::of::<M>(frame, error, self.given)
    }

    /// Changes what is given to the messages from here on, such as the version two peers agreed upon.
    pub const fn give(&mut self, given: M::Context) {
        self.given = given;
    }
}

impl<M: Declare<Context = ()>> Default for Declared<M> {
    fn default() -> Self {
        Self::new()
    }
}

impl<M: Framed> Codec for Declared<M> {
    type Message = M;

    #[inline(always)]
    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        M::delimit(input, self.given)
    }

    #[inline(always)]
    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        let mut source = Plain::new(frame);
        let message = M::walk(&mut source, self.given)?;
        source.end(M::NAME)?;
        Ok(message)
    }

    #[inline]
    fn is_raw(&self) -> bool {
        true
    }
}

impl<M: Framed, P: Put<Family = M>> Encode<P> for Declared<M> {
    #[inline]
    fn encode(&mut self, message: P, out: &mut Gather) -> Result<()> {
        message.put(out, self.given)
    }
}

impl<M: Framed> Trace for Declared<M> {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let mut source = Traced::new(frame, hook);
        source.enter(Name::Field(M::NAME), M::NAME);
        M::walk(&mut source, self.given)?;
        source.end(M::NAME)?;
        source.leave();
        Ok(())
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        let mut hook = InFront::of(error, hook);
        let mut source = Traced::new(input, &mut hook).refused_with(error);
        source.enter(Name::Field(M::NAME), M::NAME);
        // The walk comes to the fault, or goes past it where only the boundary is refused; what it makes of that is not told.
        let _ = M::walk(&mut source, self.given);
    }
}
