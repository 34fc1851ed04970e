//! What the compressions are undone by, within a limit.

use alloc::vec::Vec;

use wireview::{Error, Result};

use super::header::ATTRIBUTES_AT;
use super::{Compression, field};

/// What is kept from one batch to the next.
pub(super) struct Inflate {
    #[cfg(feature = "kafka-zstd")]
    zstd: Option<(u32, zstd::zstd_safe::DCtx<'static>)>,
}

impl Inflate {
    pub(super) const fn new() -> Self {
        Self {
            #[cfg(feature = "kafka-zstd")]
            zstd: None,
        }
    }

    /// Fills `block` from its start with up to `max` bytes, and says how many these are. Behind them anything may stand.
    #[cfg_attr(
        not(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd")),
        expect(unused_variables, clippy::ptr_arg, reason = "without any compression")
    )]
    pub(super) fn inflate(
        &mut self,
        compression: Compression,
        body: &[u8],
        max: usize,
        block: &mut Vec<u8>,
    ) -> Result<usize> {
        match compression {
            #[cfg(feature = "kafka-gzip")]
            Compression::Gzip => {
                let mut into = Room { block, len: 0, max };
                into.read_from(flate2::bufread::MultiGzDecoder::new(body))?;
                Ok(into.len)
            }
            #[cfg(feature = "kafka-snappy")]
            Compression::Snappy => {
                let mut into = Room { block, len: 0, max };
                snappy(body, &mut into)?;
                Ok(into.len)
            }
            #[cfg(feature = "kafka-lz4")]
            Compression::Lz4 => {
                let mut into = Room { block, len: 0, max };
                lz4(body, &mut into)?;
                Ok(into.len)
            }
            #[cfg(feature = "kafka-zstd")]
            Compression::Zstd => {
                let mut into = Room { block, len: 0, max };
                self.zstd(body, &mut into)?;
                Ok(into.len)
            }
            _ => Err(Error::unsupported(&field::COMPRESSION, ATTRIBUTES_AT)),
        }
    }

    /// Frames, one behind the other, each whole.
    #[cfg(feature = "kafka-zstd")]
    fn zstd(&mut self, body: &[u8], into: &mut Room<'_>) -> Result<()> {
        use zstd::zstd_safe::{DCtx, DParameter, InBuffer, OutBuffer, ResetDirective};
        // The window is memory that a frame asks for: of 8 MiB every reader has to have, more than comes out nobody needs.
        let window = into.max.max(1 << 23).next_power_of_two().ilog2().min(27);
        let context = match &mut self.zstd {
            Some((same, context)) if *same == window => context,
            none => {
                let mut context = DCtx::try_create().ok_or(FAILED)?;
                context.set_parameter(DParameter::WindowLogMax(window)).map_err(|_| FAILED)?;
                &mut none.insert((window, context)).1
            }
        };
        context.reset(ResetDirective::SessionOnly).map_err(|_| FAILED)?;
        let mut input = InBuffer::around(body);
        loop {
            let mut over = [0];
            let mut room = into.some();
            // At the limit the end of the frame can still come, but nothing else.
            let is_full = room.is_empty();
            if is_full {
                room = &mut over;
            }
            let before = input.pos();
            let mut output = OutBuffer::around(room);
            let hint = context.decompress_stream(&mut output, &mut input).map_err(|_| FAILED)?;
            let made = output.pos();
            if is_full && made > 0 {
                return Err(TOO_MUCH);
            }
            into.len += made;
            if hint == 0 && input.pos() == body.len() {
                return Ok(());
            }
            // The frame goes on behind the end.
            if made == 0 && input.pos() == before {
                return Err(FAILED);
            }
        }
    }
}

/// Not what it was said to be.
#[cfg(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd"))]
const FAILED: Error = Error::malformed(&field::COMPRESSED, super::HEADER_LEN);

#[cfg(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd"))]
const TOO_MUCH: Error = Error::limit(&field::DECOMPRESSED, super::HEADER_LEN);

/// Where decompressed bytes go: a block that grows as it fills, up to the limit.
#[cfg(any(feature = "kafka-gzip", feature = "kafka-snappy", feature = "kafka-lz4", feature = "kafka-zstd"))]
struct Room<'a> {
    block: &'a mut Vec<u8>,
    len: usize,
    max: usize,
}

#[cfg(any(feature = "kafka-gzip", feature = "kafka-lz4", feature = "kafka-zstd"))]
impl Room<'_> {
    /// Some room, none if the limit is reached.
    fn some(&mut self) -> &mut [u8] {
        if self.len == self.block.len() {
            let spare = self.block.capacity();
            let grown = if spare > self.len { spare } else { (2 * self.len).max(4096) };
            let grown = grown.min(self.max);
            if grown > self.len {
                // `resize` would take twice what there is, and go beyond the limit.
                self.block.reserve_exact(grown - self.len);
                self.block.resize(grown, 0);
            }
        }
        let end = self.block.len().min(self.max);
        &mut self.block[self.len.min(end)..end]
    }
}

#[cfg(any(feature = "kafka-gzip", feature = "kafka-lz4"))]
impl Room<'_> {
    /// Everything that a reader has.
    fn read_from(&mut self, mut reader: impl std::io::Read) -> Result<()> {
        loop {
            let room = self.some();
            if room.is_empty() {
                // The end may have come just here.
                return match reader.read(&mut [0]) {
                    Ok(0) => Ok(()),
                    Ok(_) => Err(TOO_MUCH),
                    Err(_) => Err(FAILED),
                };
            }
            match reader.read(room) {
                Ok(0) => return Ok(()),
                Ok(read) => self.len += read,
                Err(_) => return Err(FAILED),
            }
        }
    }
}

/// The blocks of snappy-java, each behind its length; or one raw block, as librdkafka writes it.
#[cfg(feature = "kafka-snappy")]
fn snappy(body: &[u8], into: &mut Room<'_>) -> Result<()> {
    let Some(rest) = body.strip_prefix(&super::compress::SNAPPY_HEADER[..8]) else { return snappy_block(body, into) };
    // Two versions, which readers do not ask.
    let mut rest = rest.get(8..).ok_or(FAILED)?;
    while !rest.is_empty() {
        let (len, behind) = rest.split_first_chunk().ok_or(FAILED)?;
        let (compressed, behind) = behind.split_at_checked(u32::from_be_bytes(*len) as usize).ok_or(FAILED)?;
        snappy_block(compressed, into)?;
        rest = behind;
    }
    Ok(())
}

/// One raw block, which says how long it becomes. Two bytes of it make no more than 64, so what claims more than 32 times its
/// length is not worth the memory.
#[cfg(feature = "kafka-snappy")]
fn snappy_block(compressed: &[u8], into: &mut Room<'_>) -> Result<()> {
    let len = snap::raw::decompress_len(compressed).map_err(|_| FAILED)?;
    if len > into.max.saturating_sub(into.len) {
        return Err(TOO_MUCH);
    }
    if len / 32 > compressed.len() {
        return Err(FAILED);
    }
    let end = into.len + len;
    if end > into.block.len() {
        into.block.reserve_exact(end - into.block.len());
        into.block.resize(end, 0);
    }
    match snap::raw::Decoder::new().decompress(compressed, &mut into.block[into.len..end]) {
        Ok(read) if read == len => {
            into.len = end;
            Ok(())
        }
        _ => Err(FAILED),
    }
}

/// One frame, as Kafka's reader has it: each of many could ask for megabytes. Of a frame that is cut nothing is said: the records
/// will be too few.
#[cfg(feature = "kafka-lz4")]
fn lz4(body: &[u8], into: &mut Room<'_>) -> Result<()> {
    let mut rest = body;
    into.read_from(lz4_flex::frame::FrameDecoder::new(&mut rest))?;
    if rest.is_empty() { Ok(()) } else { Err(FAILED) }
}
