//! What lies where in a request and in a response, for inspectors: told by the schemas that read them.

use wireview::trace::{Hook, Name, Trace, Value};
use wireview::{Error, Result};

use super::api::{Api, RequestBody, ResponseBody};
use super::calls::Awaited;
use super::request::{Peek, Requests};
use super::response::Responses;
use super::wire::{Kind, Null, Reader, Str, Tags, Told, Version};
use super::{HEAD, field};

const CLIENT_ID: Told = Told { name: &field::CLIENT_ID, length: "client id.length" };

/// Tells of the length in front of a frame; a reader of what is behind it.
fn length<'a>(frame: &'a [u8], version: Version, hook: &mut dyn Hook) -> Result<Reader<'a>> {
    let Some((length, rest)) = frame.split_first_chunk() else {
        return Err(Error::truncated(&field::LENGTH, 0));
    };
    let length = Value::Unsigned(u32::from_be_bytes(*length).into());
    Told::plain(&field::LENGTH).field(0..HEAD, length, hook);
    Ok(Reader::new(rest, frame.len(), version))
}

impl Trace for Requests {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let peek = Peek::of(frame);
        let api = peek.and_then(|peek| Api::from_key(peek.api_key));
        hook.enter(Name::Field("request"), api.map_or("Request", Api::name), 0);
        let mut from = length(frame, Version::default(), hook)?;
        let mut numbers = from.clone();
        i16::trace(&mut from, Told::plain(&field::API_KEY), hook)?;
        i16::trace(&mut from, Told::plain(&field::API_VERSION), hook)?;
        let key = i16::read(&mut numbers, &field::API_KEY)?;
        let version = i16::read(&mut numbers, &field::API_VERSION)?;
        let (api, version) = Api::find(key, HEAD, version, HEAD + 2)?;
        i32::trace(&mut from, Told::plain(&field::CORRELATION_ID), hook)?;
        Null::<Str, 0>::trace(&mut from, CLIENT_ID, hook)?;
        from.set_version(version);
        Tags::trace(&mut from, hook)?;
        RequestBody::trace(api, &mut from, hook)?;
        if !from.rest().is_empty() {
            hook.gap(field::TRAILING, from.offset()..frame.len());
        }
        hook.leave(frame.len());
        Ok(())
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        if error.kind() == wireview::Kind::Eof {
            // As far as it has come.
            let _ = self.trace(input, hook);
        } else {
            hook.enter(Name::Field("request"), "Request", 0);
        }
    }
}

impl Trace for Responses {
    fn trace(&self, frame: &[u8], hook: &mut dyn Hook) -> Result<()> {
        let Awaited { api, version, .. } = self.awaited.ok_or(Error::malformed(&field::UNASKED, 0))?;
        hook.enter(Name::Field("response"), api.name(), 0);
        let mut from = length(frame, api.response_header(version), hook)?;
        i32::trace(&mut from, Told::plain(&field::CORRELATION_ID), hook)?;
        Tags::trace(&mut from, hook)?;
        from.set_version(version);
        ResponseBody::trace(api, &mut from, hook)?;
        if !from.rest().is_empty() {
            return Err(Error::malformed(&field::TRAILING, from.offset()));
        }
        hook.leave(frame.len());
        Ok(())
    }

    fn trace_refused(&self, input: &[u8], error: Error, hook: &mut dyn Hook) {
        if error.kind() == wireview::Kind::Eof && self.awaited.is_some() {
            let _ = self.trace(input, hook);
            return;
        }
        hook.enter(Name::Field("response"), "Response", 0);
        // The correlation id is at fault, or the length.
        if error.offset() >= HEAD {
            let _ = length(input, Version::default(), hook);
        }
    }
}
