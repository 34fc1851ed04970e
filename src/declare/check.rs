use core::fmt;
use core::marker::PhantomData;

/// A checksum: computed when a message is written, verified when it is read, not stored.
pub struct Check<A>(PhantomData<fn() -> A>);

impl<A> Check<A> {
    /// The only one there is.
    #[inline(always)]
    #[must_use]
    pub const fn new() -> Self {
        Self(PhantomData)
    }
}

impl<A> Clone for Check<A> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<A> Copy for Check<A> {}

impl<A> Default for Check<A> {
    fn default() -> Self {
        Self::new()
    }
}

impl<A> PartialEq for Check<A> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<A> Eq for Check<A> {}

impl<A> fmt::Debug for Check<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Check")
    }
}

/// An algorithm for a [`Check`]. Open to one's own.
///
/// ```
/// use wireview::declare::Checksum;
///
/// /// All bytes, one after the other.
/// struct Xor(u8);
///
/// impl Checksum for Xor {
///     const WIDTH: usize = 1;
///
///     fn new() -> Self {
///         Xor(0)
///     }
///
///     fn update(&mut self, bytes: &[u8]) {
///         self.0 = bytes.iter().fold(self.0, |sum, byte| sum ^ byte);
///     }
///
///     fn finish(self) -> u64 {
///         self.0.into()
///     }
/// }
/// ```
pub trait Checksum {
    /// How many bytes it takes on the wire, 1 to 8.
    const WIDTH: usize;

    /// The checksum of nothing.
    fn new() -> Self;

    /// Goes on with `bytes`.
    fn update(&mut self, bytes: &[u8]);

    /// The checksum, below 2 to the 8 times [`WIDTH`](Self::WIDTH).
    fn finish(self) -> u64;

    /// The checksum of `bytes`, all at once.
    #[inline]
    #[must_use]
    fn of(bytes: &[u8]) -> u64
    where
        Self: Sized,
    {
        let mut sum = Self::new();
        sum.update(bytes);
        sum.finish()
    }
}

macro_rules! crc {
    ($(#[$doc:meta] $name:ident $algorithm:ident $at_once:ident)*) => {$(
        #[$doc]
        pub struct $name(crc_fast::Digest);

        impl Checksum for $name {
            const WIDTH: usize = 4;

            #[inline]
            fn new() -> Self {
                Self(crc_fast::Digest::new(crc_fast::CrcAlgorithm::$algorithm))
            }

            #[inline]
            fn update(&mut self, bytes: &[u8]) {
                self.0.update(bytes);
            }

            #[inline]
            fn finish(self) -> u64 {
                self.0.finalize()
            }

            #[inline]
            fn of(bytes: &[u8]) -> u64 {
                crc_fast::$at_once(bytes).into()
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($name))
            }
        }
    )*};
}

crc! {
    /// CRC-32C (Castagnoli), RFC 3720 section 12.1: iSCSI, SCTP, ext4, Kafka.
    Crc32c Crc32Iscsi crc32_iscsi
    /// CRC-32, ISO 3309 and RFC 1952 section 8: Ethernet, zip, gzip, PNG.
    Crc32 Crc32IsoHdlc crc32_iso_hdlc
}

/// The Internet checksum, RFC 1071: IP, TCP, UDP, ICMP. Two bytes, most significant first.
#[derive(Clone, Copy, Debug)]
pub struct Internet {
    sum: u64,
    /// An odd number of bytes came: this one waits for its second half.
    half: Option<u8>,
}

impl Checksum for Internet {
    const WIDTH: usize = 2;

    fn new() -> Self {
        Self { sum: 0, half: None }
    }

    fn update(&mut self, mut bytes: &[u8]) {
        if let (Some(high), Some((&low, rest))) = (self.half, bytes.split_first()) {
            self.sum += u64::from(u16::from_be_bytes([high, low]));
            self.half = None;
            bytes = rest;
        }
        let (pairs, odd) = bytes.as_chunks::<2>();
        // 2^48 pairs do not overflow.
        self.sum += pairs.iter().map(|pair| u64::from(u16::from_be_bytes(*pair))).sum::<u64>();
        if let Some(&byte) = odd.first() {
            self.half = Some(byte);
        }
    }

    fn finish(self) -> u64 {
        let mut sum = self.sum + u64::from(self.half.unwrap_or(0)) * 256;
        while sum >> 16 != 0 {
            sum = (sum & 0xffff) + (sum >> 16);
        }
        !sum & 0xffff
    }
}

/// Adler-32, RFC 1950 section 8: zlib.
#[derive(Clone, Debug)]
pub struct Adler32(adler2::Adler32);

impl Checksum for Adler32 {
    const WIDTH: usize = 4;

    fn new() -> Self {
        Self(adler2::Adler32::new())
    }

    fn update(&mut self, bytes: &[u8]) {
        self.0.write_slice(bytes);
    }

    fn finish(self) -> u64 {
        self.0.checksum().into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn in_two<A: Checksum>(bytes: &[u8]) -> u64 {
        let mut sums = (0..=bytes.len()).map(|cut| {
            let mut sum = A::new();
            sum.update(&bytes[..cut]);
            sum.update(&bytes[cut..]);
            sum.finish()
        });
        let first = sums.next().expect("uncut");
        assert!(sums.all(|other| other == first), "a checksum depends on how the bytes came");
        assert_eq!(A::of(bytes), first);
        first
    }

    #[test]
    fn check_values() {
        assert_eq!(in_two::<Crc32c>(b"123456789"), 0xe306_9283);
        assert_eq!(in_two::<Crc32>(b"123456789"), 0xcbf4_3926);
        assert_eq!(in_two::<Adler32>(b"Wikipedia"), 0x11e6_0398);
        // RFC 1071 section 3.
        assert_eq!(in_two::<Internet>(&[0, 1, 0xf2, 3, 0xf4, 0xf5, 0xf6, 0xf7]), u64::from(!0xddf2_u16));
        assert_eq!(in_two::<Internet>(&[0, 1, 0xf2]), u64::from(!0xf201_u16));
    }
}
