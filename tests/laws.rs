//! The laws hold for the ready-made formats.
#![cfg(feature = "testing")]

use bytes::Bytes;
use wireview::formats::{Delimited, Fixed, LengthPrefixed, Lines, Parts};
use wireview::laws::{Draw, Law, Laws};
use wireview::length::{U8, U16Be, U24Le, U32Be, Varint};
use wireview::{Limits, codec_laws};

fn canonical() -> Laws {
    Laws::all().canonical()
}

codec_laws!(one_byte_lengths, LengthPrefixed::<U8>::new(100), round_trip, [b"\x02hi\0\x01!", [100; 101]], canonical());
codec_laws!(
    two_byte_lengths,
    LengthPrefixed::<U16Be>::new(1000).counts_header(),
    round_trip,
    [b"\0\x04hi\0\x02\0\x03!"],
    canonical()
);
codec_laws!(
    varints,
    LengthPrefixed::<Varint>::new(1000),
    round_trip,
    [b"\x02hi\0\x81\x00!", [&[0x80, 0x01][..], &[7; 128]].concat()]
);
codec_laws!(
    parts,
    LengthPrefixed::<U24Le>::new(1000).offset(2).trailer(3).parts(),
    round_trip,
    [b"ab\x02\0\0hi;;;cd\0\0\0,,,"],
    canonical()
);
codec_laws!(long_lengths, LengthPrefixed::<U32Be>::new(u64::MAX), round_trip, [b"\0\0\0\x02hi"], canonical());
codec_laws!(fixed, Fixed::new(5), round_trip, [b"hellothere"], canonical());
codec_laws!(one_byte_delimiters, Delimited::new(b"|", 20), round_trip, [b"one||two|"], canonical());
codec_laws!(delimiters, Delimited::new(b"aab", 20), round_trip, [b"aaabaaaabxaab"], canonical());
codec_laws!(
    lines,
    Lines::new(20),
    round_trip,
    [b"one\r\ntwo\n\nthr\ree\nfour"],
    Laws::all().without(Law::RoundTrip, "a last line may end in CR, which is not written")
);
codec_laws!(
    oversize_frames_end_the_stream,
    LengthPrefixed::<U16Be>::new(u64::MAX),
    [b"\0\x02hi\0\x0ahello you", b"\0\x1chi"],
    Laws::all().limits(Limits::new().reads(16, 256).max_frame(13))
);

#[test]
fn what_is_made_comes_back() {
    let draw_bytes = |draw: &mut Draw<'_>| Bytes::from(draw.bytes(300));
    let made = canonical().check_generated(|| LengthPrefixed::<U8>::new(200), 200, draw_bytes);
    assert!(made.messages > 200 && made.spoiled > 200, "{made:?}");
    let made = Laws::all().check_generated(|| LengthPrefixed::<Varint>::new(1000), 200, draw_bytes);
    assert!(made.messages > 200 && made.spoiled > 200, "{made:?}");
    let made = canonical().check_generated(|| Delimited::new(b"\r\n", 100), 200, draw_bytes);
    assert!(made.messages > 100 && made.spoiled > 100, "{made:?}");
    let parts = |draw: &mut Draw<'_>| Parts {
        prefix: Bytes::from_static(b"ab"),
        payload: draw.bytes(50).into(),
        trailer: Bytes::from_static(if draw.flag() { b"one" } else { b"two" }),
    };
    let codec = || LengthPrefixed::<U16Be>::new(1000).offset(2).trailer(3).parts();
    let made = canonical().check_generated(codec, 200, parts);
    assert!(made.messages > 200 && made.spoiled > 200, "{made:?}");
    // From a fuzzer's input: any will do, also one that ends early.
    (0..200_u8).for_each(|len| canonical().check_made_from(codec, &(0..len).collect::<Vec<_>>(), parts));
}
