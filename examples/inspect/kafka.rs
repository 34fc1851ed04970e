//! Kafka with both sides in view: a response does not say what it answers.

use wireview::trace::{Hook, Trace};
use wireview::{Boundary, Codec, Error, Result, View};
use wireview_codecs::kafka::{Api, Calls, Requests, Responses, client};

use super::codecs::{Sides, both};
use super::dissect::{Dissector, Options};

/// What responses answer, if that is not seen.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    api: Api,
    version: i16,
}

impl Asked {
    /// `Fetch:11`
    pub(crate) fn named(text: &str) -> std::result::Result<Self, String> {
        let (name, version) = text.split_once(':').ok_or("NAME:VERSION is wanted, such as Fetch:11")?;
        let api = Api::ALL.iter().find(|api| api.name().eq_ignore_ascii_case(name)).ok_or_else(|| {
            let names: Vec<_> = Api::ALL.iter().map(|api| api.name()).collect();
            format!("there are: {}", names.join(", "))
        })?;
        let (first, last) = api.versions();
        match version.parse() {
            Ok(version) if api.version(version).is_some() => Ok(Self { api: *api, version }),
            _ => Err(format!("{api} is known in its versions {first} to {last}")),
        }
    }
}

/// The longest message.
fn max(options: Options) -> u32 {
    options.max_frame.try_into().unwrap_or(u32::MAX)
}

/// The two codecs of a connection.
pub(crate) fn kafka(options: Options) -> Sides {
    let (responses, calls) = client(max(options));
    both(Asking { requests: Requests::new(max(options)), calls }, responses, options)
}

/// Responses that all answer the same. The option is asked for with the codec.
pub(crate) fn responses(options: Options) -> Sides {
    let asked = options.asked.and_then(|asked| Responses::of(asked.api, asked.version, max(options)).ok());
    Sides { client: None, server: asked.map(|codec| Dissector::boxed(codec, options)) }
}

/// Requests, each of which is remembered.
struct Asking {
    requests: Requests,
    calls: Calls,
}

impl Codec for Asking {
    type Message = <Requests as Codec>::Message;

    fn delimit(&mut self, input: &[u8]) -> Result<Boundary> {
        self.requests.delimit(input)
    }

    fn open(&mut self, frame: &mut [u8]) -> Result<()> {
        if let Ok(request) = self.requests.parse(frame) {
            // Nobody answers where only requests are read; then there are soon too many.
            let _ = self.calls.asked(&request);
        }
        Ok(())
    }

    fn parse<'a>(&self, frame: &'a [u8]) -> Result<View<'a, Self>> {
        self.requests.parse(frame)
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
