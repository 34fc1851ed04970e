//! Messages as text.

use core::fmt;

use super::{Batch, Compression, Header, Marker, Record};

/// Bytes in quotes, cut if long; `null` if there are none.
struct Shown<'a>(Option<&'a [u8]>);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 64;
        let Some(bytes) = self.0 else { return f.write_str("null") };
        let shown = &bytes[..bytes.len().min(SHOWN)];
        write!(f, "\"{}\"", shown.escape_ascii())?;
        match bytes.len() - shown.len() {
            0 => Ok(()),
            more => write!(f, "… and {more} bytes more"),
        }
    }
}

impl fmt::Display for Compression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::Gzip => "gzip",
            Self::Snappy => "snappy",
            Self::Lz4 => "lz4",
            Self::Zstd => "zstd",
        })
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Batch<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = if self.attributes.is_control() { "control " } else { "" };
        write!(f, "{kind}batch {}..={}, ", self.base_offset, self.last_offset())?;
        match self.count {
            1 => f.write_str("1 record")?,
            count => write!(f, "{count} records")?,
        }
        write!(f, " in {} bytes", self.body.as_ref().len())?;
        match self.attributes.compression() {
            Ok(Compression::None) => {}
            Ok(compression) => write!(f, " of {compression}")?,
            Err(_) => f.write_str(" of an unknown compression")?,
        }
        if self.producer_id >= 0 {
            write!(f, ", producer {} epoch {} from {}", self.producer_id, self.producer_epoch, self.base_sequence)?;
        }
        if self.attributes.is_transactional() { f.write_str(", in a transaction") } else { Ok(()) }
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Record<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (key, value) = (self.key.as_ref().map(AsRef::as_ref), self.value.as_ref().map(AsRef::as_ref));
        write!(f, "+{} {}: {}", self.offset_delta, Shown(key), Shown(value))?;
        match self.headers.len() {
            0 => Ok(()),
            1 => f.write_str(" and 1 header"),
            more => write!(f, " and {more} headers"),
        }
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Header<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", Shown(Some(self.key.as_ref())), Shown(self.value.as_ref().map(AsRef::as_ref)))
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told = if self.is_commit { "commit" } else { "abort" };
        write!(f, "{told} of coordinator epoch {}", self.coordinator_epoch)
    }
}
