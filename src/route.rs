//! How the bytes of a connection may go around the traits by which its stream is read and written.

#[cfg(not(feature = "kernel"))]
use core::marker::PhantomData;

#[cfg(feature = "kernel")]
use crate::kernel::{KernelSink, Socket};

/// There is no specialisation: a connection is told that its stream is a socket where that is known, and keeps the function
/// that was known there.
pub(crate) struct Route<T> {
    #[cfg(feature = "kernel")]
    socket: Option<fn(&T) -> Socket<'_>>,
    #[cfg(not(feature = "kernel"))]
    stream: PhantomData<fn(&T)>,
}

impl<T> Route<T> {
    pub(crate) const fn new() -> Self {
        Self {
            #[cfg(feature = "kernel")]
            socket: None,
            #[cfg(not(feature = "kernel"))]
            stream: PhantomData,
        }
    }

    #[cfg(feature = "kernel")]
    pub(crate) const fn open(&mut self)
    where
        T: KernelSink,
    {
        self.socket = Some(T::socket);
    }

    #[cfg(feature = "kernel")]
    #[cfg_attr(
        any(not(target_os = "linux"), wireview_portable),
        expect(dead_code, reason = "there is no such way here")
    )]
    #[inline]
    pub(crate) fn socket<'a>(&self, stream: &'a T) -> Option<Socket<'a>> {
        self.socket.map(|socket| socket(stream))
    }
}
