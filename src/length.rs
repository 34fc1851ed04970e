//! Length fields: how a number of bytes stands on the wire.
//!
//! Types, not values, so that a codec over them is compiled for its width and byte order.

/// A length as it stands on the wire.
pub trait LengthField {
    /// How many bytes it takes; `None` if that depends on the number.
    const WIDTH: Option<usize>;

    /// The most bytes it can take.
    const MAX_WIDTH: usize;

    /// Reads the number at the front of `input`.
    fn read(input: &[u8]) -> Read;

    /// Writes `length` to the front of `field` and says how many bytes it took; `None` if it does not fit.
    fn write(length: u64, field: &mut [u8; 10]) -> Option<usize>;
}

/// What [`LengthField::read`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Read {
    /// The number, and how many bytes it took.
    Value(u64, usize),
    /// At least so many bytes must be there.
    Need(usize),
    /// Not a number that can be counted with.
    Overflow,
}

macro_rules! fixed {
    ($($name:ident $int:ident $width:literal $from:ident $to:ident $skip_from:literal $doc:literal)*) => {$(
        #[doc = $doc]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name;

        impl LengthField for $name {
            const WIDTH: Option<usize> = Some($width);
            const MAX_WIDTH: usize = $width;

            #[inline(always)]
            fn read(input: &[u8]) -> Read {
                let Some(field) = input.first_chunk::<$width>() else { return Read::Need($width) };
                let mut wide = [0; size_of::<$int>()];
                wide[$skip_from..$skip_from + $width].copy_from_slice(field);
                Read::Value(u64::from($int::$from(wide)), $width)
            }

            #[inline]
            fn write(length: u64, field: &mut [u8; 10]) -> Option<usize> {
                if $width < 8 && length >> (8 * $width % 64) != 0 {
                    return None;
                }
                let wide = (length as $int).$to();
                field[..$width].copy_from_slice(&wide[$skip_from..$skip_from + $width]);
                Some($width)
            }
        }
    )*};
}

fixed! {
    U8    u8  1 from_be_bytes to_be_bytes 0 "One byte."
    U16Be u16 2 from_be_bytes to_be_bytes 0 "Two bytes, most significant first."
    U16Le u16 2 from_le_bytes to_le_bytes 0 "Two bytes, least significant first."
    U24Be u32 3 from_be_bytes to_be_bytes 1 "Three bytes, most significant first."
    U24Le u32 3 from_le_bytes to_le_bytes 0 "Three bytes, least significant first."
    U32Be u32 4 from_be_bytes to_be_bytes 0 "Four bytes, most significant first."
    U32Le u32 4 from_le_bytes to_le_bytes 0 "Four bytes, least significant first."
    U64Be u64 8 from_be_bytes to_be_bytes 0 "Eight bytes, most significant first."
    U64Le u64 8 from_le_bytes to_le_bytes 0 "Eight bytes, least significant first."
}

/// Unsigned LEB128, as in Protocol Buffers: seven bits a byte, least significant first, at most ten bytes.
///
/// Reading accepts numbers that are longer than they need be, as the format's other readers do; writing is minimal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Varint;

impl LengthField for Varint {
    const WIDTH: Option<usize> = None;
    const MAX_WIDTH: usize = 10;

    #[inline]
    fn read(input: &[u8]) -> Read {
        let mut value = 0;
        for (at, &byte) in input.iter().take(Self::MAX_WIDTH).enumerate() {
            // The tenth byte has room for one bit.
            if at == 9 && byte > 1 {
                return Read::Overflow;
            }
            value |= u64::from(byte & 0x7f) << (7 * at);
            if byte < 0x80 {
                return Read::Value(value, at + 1);
            }
        }
        Read::Need(input.len() + 1)
    }

    #[inline]
    fn write(mut length: u64, field: &mut [u8; 10]) -> Option<usize> {
        let mut at = 0;
        while length >= 0x80 {
            field[at] = length as u8 | 0x80;
            length >>= 7;
            at += 1;
        }
        field[at] = length as u8;
        Some(at + 1)
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec;

    use super::*;

    fn round<L: LengthField>(values: &[u64]) {
        for &value in values {
            let mut field = [0xaa; 10];
            match L::write(value, &mut field) {
                Some(width) => {
                    assert_eq!(L::read(&field[..width]), Read::Value(value, width));
                    for cut in 0..width {
                        let Read::Need(need) = L::read(&field[..cut]) else { panic!("{value} cut at {cut}") };
                        assert!(need > cut && need <= width, "{value} cut at {cut} needs {need}");
                    }
                }
                None => assert!(L::WIDTH.is_some_and(|width| width < 8 && value >> (8 * width) != 0), "{value}"),
            }
        }
    }

    #[test]
    fn every_width_reads_what_it_writes() {
        let mut values = vec![0, u64::MAX];
        for bit in 0..64 {
            values.extend([1 << bit, (1 << bit) - 1, (1 << bit) + 1]);
        }
        round::<U8>(&values);
        round::<U16Be>(&values);
        round::<U16Le>(&values);
        round::<U24Be>(&values);
        round::<U24Le>(&values);
        round::<U32Be>(&values);
        round::<U32Le>(&values);
        round::<U64Be>(&values);
        round::<U64Le>(&values);
        round::<Varint>(&values);
    }

    #[test]
    fn golden() {
        assert_eq!(U24Be::read(&[1, 2, 3, 9]), Read::Value(0x01_0203, 3));
        assert_eq!(U24Le::read(&[1, 2, 3, 9]), Read::Value(0x03_0201, 3));
        assert_eq!(U16Le::read(&[1, 2]), Read::Value(0x0201, 2));
        assert_eq!(U64Be::read(&[0, 0, 0, 0, 0, 0, 1, 2]), Read::Value(0x0102, 8));
        assert_eq!(Varint::read(&[0xac, 0x02]), Read::Value(300, 2));
        assert_eq!(Varint::read(&[0x80, 0x00]), Read::Value(0, 2));
        assert_eq!(Varint::read(&[0xff; 10]), Read::Overflow);
        assert_eq!(Varint::read(&[0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x02]), Read::Overflow);
    }
}
