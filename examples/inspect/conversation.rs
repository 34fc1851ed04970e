//! HTTP/1.1 with both sides in view: how a response ends depends on its request.

use std::cell::RefCell;
use std::rc::Rc;

use wireview::trace::{Hook, Trace};
use wireview::{Boundary, Codec, Error, Result, View};
use wireview_codecs::http1::{Calls, Part, Requests, Responses, client};

use super::codecs::{Sides, both};
use super::dissect::Options;

/// The two codecs of a connection.
pub(crate) fn http1(options: Options) -> Sides {
    let (responses, calls) = client();
    let calls = Rc::new(RefCell::new(calls));
    both(Asking { requests: Requests::new(), calls: Rc::clone(&calls) }, Answering { responses, calls }, options)
}

/// Requests, each of which is remembered.
struct Asking {
    requests: Requests,
    calls: Rc<RefCell<Calls>>,
}

/// Responses, each of which answers the oldest request.
struct Answering {
    responses: Responses,
    calls: Rc<RefCell<Calls>>,
}

impl Codec for Asking {
    type Message = <Requests as Codec>::Message;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.requests.delimit(input)
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        if let Ok(Part::Head(request)) = self.requests.parse(frame) {
            // Nobody answers where only requests are read; then there are soon too many.
            let _ = self.calls.borrow_mut().asked(request.method());
        }
        Ok(())
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        self.requests.parse(frame)
    }

    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<View<'a, Self>> {
        self.requests.parse_head(head, body)
    }

    fn barrier(&self) -> bool {
        self.requests.barrier()
    }

    fn is_inside(&self) -> bool {
        self.requests.is_inside()
    }
}

impl Trace for Asking {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        self.requests.trace(frame, hook)
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        self.requests.trace_refused(input, error, hook);
    }
}

impl Codec for Answering {
    type Message = <Responses as Codec>::Message;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        let before = self.responses.clone();
        match self.responses.delimit(input) {
            // The capture began behind the request. Most ask for the whole.
            Err(error) if error == Error::malformed(&"unasked response", 0) => {
                self.responses = before;
                self.calls.borrow_mut().asked(b"GET")?;
                self.responses.delimit(input)
            }
            answer => answer,
        }
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        self.responses.parse(frame)
    }

    fn parse_head<'a>(&self, head: &'a [u8], body: u64) -> Result<View<'a, Self>> {
        self.responses.parse_head(head, body)
    }

    fn barrier(&self) -> bool {
        self.responses.barrier()
    }

    fn is_inside(&self) -> bool {
        self.responses.is_inside()
    }
}

impl Trace for Answering {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        self.responses.trace(frame, hook)
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        self.responses.trace_refused(input, error, hook);
    }
}
