//! Writing what was read, part by part: proxies, and the laws.

use wireview::{Encode, Error, Gather, Outgoing, Result};

use super::field;
use super::fields::number;
use super::head::{Request, Response};
use super::headers::Headers;
use super::part::{Chunk, Part, Trailers};
use super::pieces::put_chunk;
use super::{Calls, Requests, Responses};

/// Writes a part as it was read, apart from its head, and the digits of chunk sizes.
fn put_part<H, B: Outgoing>(part: Part<H, B>, out: &mut Gather, head: impl FnOnce(H, &mut Gather)) -> Result<()> {
    match part {
        Part::Head(h) => head(h, out),
        Part::Body(data) => data.put(out),
        Part::Chunk(Chunk { extensions, data }) => match data.size() {
            // It would end the body.
            0 => return Err(Error::unsupported(&field::CHUNK_SIZE, 0)),
            size => put_chunk(out, size, |out| extensions.put(out), data),
        },
        Part::End(Trailers { extensions, headers }) => {
            out.copy(b"0");
            extensions.put(out);
            out.copy(b"\r\n");
            put_fields(headers, out);
        }
        // What ends it is no byte.
        Part::Rest(_) => return Err(Error::unsupported(&field::BODY, 0)),
    }
    Ok(())
}

fn put_fields<B: Outgoing>(headers: Headers<B>, out: &mut Gather) {
    headers.region.put(out);
    out.copy(b"\r\n");
}

fn put_request<B: Outgoing>(request: Request<B>, out: &mut Gather) {
    request.method.put(out);
    out.copy(b" ");
    request.target.put(out);
    out.copy(if request.traits.minor == 0 { b" HTTP/1.0\r\n" } else { b" HTTP/1.1\r\n" });
    put_fields(request.headers, out);
}

fn put_response<B: Outgoing>(response: Response<B>, out: &mut Gather) {
    out.head(|head| {
        head.extend_from_slice(if response.traits.minor == 0 { b"HTTP/1.0 " } else { b"HTTP/1.1 " });
        number(head, response.status.into());
        head.push(b' ');
    });
    response.reason.put(out);
    out.copy(b"\r\n");
    put_fields(response.headers, out);
}

/// Relays a request, part by part. That its fields still fit its body is not checked.
impl<B: Outgoing + AsRef<[u8]>> Encode<Part<Request<B>, B>> for Calls {
    fn encode(&mut self, part: Part<Request<B>, B>, out: &mut Gather) -> Result<()> {
        if let Part::Head(request) = &part {
            self.asked(request.method.as_ref())?;
        }
        put_part(part, out, put_request)
    }
}

/// The same where nobody waits for a response.
impl<B: Outgoing> Encode<Part<Request<B>, B>> for Requests {
    fn encode(&mut self, part: Part<Request<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_request)
    }
}

/// Relays a response, part by part. [`Part::Rest`] is refused: it ends with the connection, so put its bytes into the queue and
/// close.
impl<B: Outgoing> Encode<Part<Response<B>, B>> for Requests {
    fn encode(&mut self, part: Part<Response<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_response)
    }
}

/// As for [`Requests`].
impl<B: Outgoing> Encode<Part<Response<B>, B>> for Responses {
    fn encode(&mut self, part: Part<Response<B>, B>, out: &mut Gather) -> Result<()> {
        put_part(part, out, put_response)
    }
}
