//! `LengthPrefixed` beside tokio-util's `LengthDelimitedCodec`: the same frames out of the same streams, the same streams out
//! of the same payloads, in every configuration that both have.
//!
//! They differ where the peer's maximum is meant for what the field says on the way in, and for the payload on the way out:
//! with a negative adjustment it writes frames that it refuses to read (tokio #4815). Ours is the payload's both ways. The end
//! of a stream is not compared: the peer forgets a head whose body never came, and calls that a clean end.

use bytes::BytesMut;
use proptest::prelude::*;
use tokio_util::codec::{Decoder, Encoder, LengthDelimitedCodec};
use wireview::formats::{LengthPrefixed, Shaped};
use wireview::length::{LengthField, U8, U16Be, U16Le, U24Be, U24Le, U32Be, U32Le, U64Be, U64Le};
use wireview::{Deframer, Encode, Gather, Kind};

/// What both can be told.
#[derive(Clone, Copy, Debug)]
struct Setup {
    width: usize,
    big_endian: bool,
    offset: usize,
    adjust: isize,
    counts_header: bool,
    /// The largest number that is accepted in the field.
    max_field: u64,
}

impl Setup {
    /// What is added to the field to get the payload's length.
    fn shift(&self) -> isize {
        let header = if self.counts_header { self.offset + self.width } else { 0 };
        self.adjust - header as isize
    }

    fn peer(&self) -> LengthDelimitedCodec {
        let mut builder = LengthDelimitedCodec::builder();
        builder
            .length_field_length(self.width)
            .length_field_offset(self.offset)
            .length_adjustment(self.shift())
            .max_frame_length(self.max_field as usize);
        if !self.big_endian {
            builder.little_endian();
        }
        builder.new_codec()
    }

    /// `None` if the peer refuses even the empty payload.
    fn ours<L: LengthField>(&self) -> Option<LengthPrefixed<L, Shaped>> {
        let max = u64::try_from(self.peer().max_frame_length() as i64 + self.shift() as i64).ok()?;
        let codec = LengthPrefixed::new(max).offset(self.offset).adjust(self.adjust as i64);
        Some(if self.counts_header { codec.counts_header() } else { codec })
    }

    fn field(&self, number: u64) -> Vec<u8> {
        if self.big_endian {
            number.to_be_bytes()[8 - self.width..].to_vec()
        } else {
            number.to_le_bytes()[..self.width].to_vec()
        }
    }

    /// The largest number that the field can hold.
    fn largest(&self) -> u64 {
        u64::MAX >> (64 - 8 * self.width)
    }
}

macro_rules! with_field {
    ($setup:expr, $call:ident($($argument:expr),*)) => {
        match ($setup.width, $setup.big_endian) {
            (1, _) => $call::<U8>($($argument),*),
            (2, true) => $call::<U16Be>($($argument),*),
            (2, false) => $call::<U16Le>($($argument),*),
            (3, true) => $call::<U24Be>($($argument),*),
            (3, false) => $call::<U24Le>($($argument),*),
            (4, true) => $call::<U32Be>($($argument),*),
            (4, false) => $call::<U32Le>($($argument),*),
            (_, true) => $call::<U64Be>($($argument),*),
            (_, false) => $call::<U64Le>($($argument),*),
        }
    };
}

/// The payloads, and whether the stream was refused behind them.
type Outcome = (Vec<Vec<u8>>, bool);

fn read_by_peer(setup: &Setup, reads: &[&[u8]]) -> Outcome {
    let (mut codec, mut buffer, mut payloads) = (setup.peer(), BytesMut::new(), Vec::new());
    for read in reads {
        buffer.extend_from_slice(read);
        loop {
            match codec.decode(&mut buffer) {
                Ok(Some(payload)) => payloads.push(payload.to_vec()),
                Ok(None) => break,
                Err(_) => return (payloads, true),
            }
        }
    }
    (payloads, false)
}

fn read_by_us<L: LengthField>(setup: &Setup, reads: &[&[u8]]) -> Option<Outcome> {
    let (mut deframer, mut payloads) = (Deframer::new(setup.ours::<L>()?), Vec::new());
    for read in reads {
        deframer.feed(read);
        loop {
            match deframer.next() {
                Ok(Some(frame)) => payloads.push(frame.view().expect("the payload").to_vec()),
                Ok(None) => break,
                Err(error) => {
                    assert!(matches!(error.kind(), Kind::Limit | Kind::Overflow), "{error}");
                    assert_eq!((error.field(), error.offset()), ("length", setup.offset));
                    return Some((payloads, true));
                }
            }
        }
    }
    Some((payloads, false))
}

fn written_by_us<L: LengthField>(setup: &Setup, payload: &[u8]) -> Option<Vec<u8>> {
    let mut out = Gather::new();
    out.message(|out| setup.ours::<L>().expect("a maximum").encode(payload, out)).ok()?;
    Some(out.chunks().flatten().copied().collect())
}

prop_compose! {
    fn setups()(
        width in prop::sample::select(&[1_usize, 2, 3, 4, 8][..]),
        big_endian: bool,
        offset in 0..6_usize,
        adjust in -12..12_isize,
        counts_header: bool,
        max_field in prop_oneof![0..40_u64, 200..400_u64],
    ) -> Setup {
        Setup { width, big_endian, offset, adjust, counts_header, max_field }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn the_same_frames_from_the_same_stream(
        setup in setups(),
        numbers in prop::collection::vec(prop_oneof![8 => 0..60_u64, 1 => 180..420_u64, 1 => any::<u64>()], 0..8),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
    ) {
        let mut stream = Vec::new();
        for (n, number) in numbers.iter().enumerate() {
            stream.extend(vec![0xee; setup.offset]);
            let number = number & setup.largest();
            stream.extend(setup.field(number));
            stream.extend(vec![n as u8; (number.min(1000) as usize).saturating_add_signed(setup.shift())]);
        }
        let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).chain([0, stream.len()]).collect();
        cuts.sort_unstable();
        let reads: Vec<&[u8]> = cuts.windows(2).map(|ends| &stream[ends[0]..ends[1]]).collect();
        if let Some(outcome) = with_field!(setup, read_by_us(&setup, &reads)) {
            prop_assert_eq!(outcome, read_by_peer(&setup, &reads));
        }
    }

    #[test]
    fn the_same_stream_from_the_same_payload(setup in setups(), payload in prop::collection::vec(any::<u8>(), 0..60)) {
        // The peer does not write what stands in front of the field, and does not limit what it writes to what it reads.
        let setup = Setup { offset: 0, ..setup };
        prop_assume!(setup.peer().max_frame_length() as i64 + setup.shift() as i64 >= 0);
        let ours = with_field!(setup, written_by_us(&setup, &payload));
        let mut theirs = BytesMut::new();
        let written = setup.peer().encode(&payload[..], &mut theirs).is_ok();
        if let Some(ours) = ours {
            let (payloads, refused) = read_by_peer(&setup, &[&ours]);
            prop_assert_eq!((payloads, refused), (vec![payload], false), "what we write the peer reads");
            if written {
                prop_assert_eq!(ours, &theirs[..]);
            }
        } else if written {
            prop_assert!(read_by_peer(&setup, &[&theirs]).1, "what we do not write the peer would not read");
        }
    }
}

#[test]
fn the_peer_refuses_what_it_wrote_where_we_do_not() {
    // The length counts a trailer of four bytes that is no part of the payload; payloads of eight bytes are allowed.
    let mut peer = LengthDelimitedCodec::builder();
    let mut peer = peer.length_field_length(1).length_adjustment(-4).max_frame_length(8).new_codec();
    let mut buffer = BytesMut::new();
    peer.encode(&b"8 bytes!"[..], &mut buffer).expect("written");
    assert!(peer.decode(&mut buffer).is_err(), "tokio #4815");

    let mut codec = LengthPrefixed::<U8>::new(8).adjust(-4);
    let mut out = Gather::new();
    codec.encode(&b"8 bytes!"[..], &mut out).expect("written");
    let mut deframer = Deframer::new(codec);
    out.chunks().for_each(|chunk| deframer.feed(chunk));
    let frame = deframer.next().expect("accepted").expect("whole");
    assert_eq!(frame.view(), Ok(&b"8 bytes!"[..]));
    assert!(codec.encode(&b"nine byte"[..], &mut out).is_err(), "the limit holds in both directions");
}
