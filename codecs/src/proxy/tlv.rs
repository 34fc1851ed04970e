//! What a header of version 2 tells beside addresses, section 2.2: type, length in two bytes, value.

use alloc::vec::Vec;
use core::fmt;

use bytes::Bytes;
use wireview::declare::parse;
use wireview::{Element, Error, Result, Seq, Span, Wire};

use super::field;

/// The TLVs of a header, read as they are walked.
pub type Tlvs<B> = Seq<B, Tlv<Span>>;

/// Types that are registered.
pub mod kind {
    /// The protocol that was negotiated, as ALPN has it.
    pub const ALPN: u8 = 0x01;
    /// The name that the client asked for (SNI), in UTF-8.
    pub const AUTHORITY: u8 = 0x02;
    /// The checksum of the header: see [`verify_crc32c`](super::super::verify_crc32c).
    pub const CRC32C: u8 = 0x03;
    /// Padding.
    pub const NOOP: u8 = 0x04;
    /// Up to 128 bytes that name the connection.
    pub const UNIQUE_ID: u8 = 0x05;
    /// How the client is connected by TLS: see [`Tlv::ssl`](super::Tlv::ssl).
    pub const SSL: u8 = 0x20;
    /// In an [`SSL`]: the version.
    pub const SSL_VERSION: u8 = 0x21;
    /// In an [`SSL`]: the common name of the client's certificate.
    pub const SSL_CN: u8 = 0x22;
    /// In an [`SSL`]: the cipher.
    pub const SSL_CIPHER: u8 = 0x23;
    /// In an [`SSL`]: the algorithm of the signature of the server's certificate.
    pub const SSL_SIG_ALG: u8 = 0x24;
    /// In an [`SSL`]: the algorithm of the key of the server's certificate.
    pub const SSL_KEY_ALG: u8 = 0x25;
    /// The name of the network namespace.
    pub const NETNS: u8 = 0x30;
}

/// A type and a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Wire)]
#[wire(no_display)]
pub struct Tlv<B> {
    /// What the value means: see [`kind`].
    pub kind: u8,
    /// The value, at most 65,535 bytes.
    #[wire(len = u16, max = 65_535)]
    pub value: B,
}

/// The TLVs that fill `region`, each of which is whole.
pub(super) fn check(region: &[u8]) -> Result<Tlvs<&[u8]>> {
    let mut count = 0;
    let mut rest = region;
    while !rest.is_empty() {
        let at = region.len() - rest.len();
        Tlv::read(&mut rest).map_err(|error| error.shifted(at))?;
        count += 1;
    }
    Ok(Seq::new(region, count))
}

/// How a client is connected by TLS, section 2.2.6: the value of a [`kind::SSL`].
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
pub struct Ssl<B> {
    /// A bit each: 1 TLS is used, 2 there is a certificate of this connection, 4 there was one in this session.
    pub client: u8,
    /// 0 if the client showed a certificate and it was verified.
    pub verify: u32,
    /// Version, cipher, common name and more.
    #[wire(rest, max = 21_845)]
    pub tlvs: Seq<B, Tlv<Span>>,
}

impl<'a> Tlv<&'a [u8]> {
    /// The value of a [`kind::SSL`].
    ///
    /// # Errors
    /// If it is another one, too short, or does not hold whole TLVs. Offsets count from the start of the value.
    pub fn ssl(&self) -> Result<Ssl<&'a [u8]>> {
        if self.kind != kind::SSL {
            return Err(Error::malformed(&field::SSL, 0));
        }
        parse::<Ssl<Span>>(self.value, ())
    }
}

/// TLVs to be sent.
///
/// ```
/// use wireview_codecs::proxy::{Header, TlvList, Version, kind};
///
/// let mut list = TlvList::new();
/// list.push(kind::AUTHORITY, b"example.com")?;
/// let mut header = Header::tcp(Version::V2, "192.0.2.1:1024".parse().unwrap(), "192.0.2.2:443".parse().unwrap());
/// header.tlvs = list.into_tlvs();
/// assert_eq!(header.to_string(), "PROXY V2 Stream 192.0.2.1:1024 to 192.0.2.2:443 and 1 TLV");
/// # Ok::<(), wireview::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct TlvList {
    region: Vec<u8>,
    count: u32,
}

impl TlvList {
    /// None yet.
    #[must_use]
    pub const fn new() -> Self {
        Self { region: Vec::new(), count: 0 }
    }

    /// Appends one.
    ///
    /// # Errors
    /// [`Kind::Overflow`](wireview::Kind::Overflow) if `value` is longer than 65,535 bytes.
    pub fn push(&mut self, kind: u8, value: &[u8]) -> Result<()> {
        let len = u16::try_from(value.len()).map_err(|_| Error::overflow(&field::TLV_LENGTH, 1))?;
        self.region.push(kind);
        self.region.extend_from_slice(&len.to_be_bytes());
        self.region.extend_from_slice(value);
        self.count += 1;
        Ok(())
    }

    /// All of them, for a header, or for the value of a [`kind::SSL`] behind its first five bytes.
    #[must_use]
    pub fn into_tlvs(self) -> Tlvs<Bytes> {
        Seq::new(self.region.into(), self.count)
    }
}

impl<B: AsRef<[u8]>> fmt::Display for Tlv<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04x} \"{}\"", self.kind, self.value.as_ref().escape_ascii())
    }
}
