//! The checksum of a header of version 2, section 2.2.3.

use alloc::vec::Vec;

use crc::{CRC_32_ISCSI, Crc};
use wireview::{Error, Kind, Result, Span};

use super::{Version, field, kind, v1, v2};

/// As RFC 4960, appendix B, has it: the catalogue's CRC-32/ISCSI.
const CRC32C: Crc<u32> = Crc::<u32>::new(&CRC_32_ISCSI);

/// Of all parts, one after the other.
pub(super) fn crc32c(parts: &[&[u8]]) -> u32 {
    let mut digest = CRC32C.digest();
    parts.iter().for_each(|part| digest.update(part));
    digest.finalize()
}

/// Whether the header of which `frame` is the whole has a checksum, which then fits: a receiver that supports it must not go
/// on with a connection whose checksum is wrong.
///
/// A block that is to be ignored (`LOCAL`, unspecified) is not looked into.
///
/// # Errors
/// [`Kind::Checksum`] if it does not fit, [`Kind::Malformed`] if it is not four bytes long or there is a second one; and
/// whatever [`parse`](wireview::Codec::parse) finds.
///
/// # Complexity
/// Each byte is read once.
pub fn verify_crc32c(frame: &[u8]) -> Result<bool> {
    let header = if frame.first() == Some(&b'P') { v1::parse(frame)? } else { v2::parse(frame)? };
    if header.version == Version::V1 {
        return Ok(false);
    }
    let place = |part| Span::of(frame, part).map_or(0, Span::at);
    let region = place(header.tlvs.region());
    let mut told: Option<&[u8; 4]> = None;
    let mut tlvs = header.tlvs.iter();
    loop {
        let at = frame.len() - tlvs.rest().len();
        let Some(tlv) = tlvs.next() else { break };
        let tlv = tlv.map_err(|error| error.shifted(region))?;
        if tlv.kind == kind::CRC32C {
            let value = tlv.value.try_into().map_err(|_| Error::malformed(&field::CHECKSUM, at))?;
            if told.replace(value).is_some() {
                return Err(Error::malformed(&field::CHECKSUM, at));
            }
        }
    }
    let Some(told) = told else { return Ok(false) };
    let at = place(told);
    if crc32c(&[&frame[..at], &[0; 4], &frame[at + 4..]]) != u32::from_be_bytes(*told) {
        return Err(Error::new(Kind::Checksum, &field::CHECKSUM, at));
    }
    Ok(true)
}

/// Appends a checksum to a written header of version 2.
///
/// # Errors
/// If `header` is not exactly one header of version 2, or would be longer than 65,551 bytes. It is left as it was.
pub fn seal_crc32c(header: &mut Vec<u8>) -> Result<()> {
    const TLV: [u8; 7] = [kind::CRC32C, 0, 4, 0, 0, 0, 0];
    v2::parse(header)?;
    let body = header.len() - v2::HEAD;
    if header[14..16] != (body as u64).to_be_bytes()[6..] || body > usize::from(u16::MAX) {
        return Err(Error::malformed(&field::LENGTH, 14));
    }
    let body = u16::try_from(body + TLV.len()).map_err(|_| Error::overflow(&field::LENGTH, 14))?;
    header[14..16].copy_from_slice(&body.to_be_bytes());
    header.extend_from_slice(&TLV);
    let sum = crc32c(&[header]).to_be_bytes();
    let at = header.len() - sum.len();
    header[at..].copy_from_slice(&sum);
    Ok(())
}
