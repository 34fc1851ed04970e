//! Files as bytes, and as streams of frames.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::sync::Arc;

use wireview::formats::LengthPrefixed;
use wireview::kernel::{FileSource, Mapped};
use wireview::length::U32Be;
use wireview::recv::{frames_in, views_in};
use wireview::{Deframer, Encode, FileRegion, Gather, Outgoing};

use crate::support::{IN_KERNEL, codec, file, pattern, region};

type Prefixed = LengthPrefixed<U32Be>;

/// Frames of all lengths, as they stand in a file.
fn frames() -> (Vec<Vec<u8>>, Vec<u8>) {
    let frames: Vec<Vec<u8>> = (0..300).map(|turn| pattern(turn, (turn as usize * 37) % 20_011)).collect();
    let mut stream = Gather::new();
    for frame in &frames {
        codec().encode(&frame[..], &mut stream).expect("within the limit");
    }
    (frames, stream.chunks().collect::<Vec<_>>().concat())
}

#[test]
fn a_region_that_is_copied_aside_is_decoded_where_it_is() {
    let (expected, stream) = frames();
    let mut file = tempfile::tempfile().expect("a temporary file");
    file.write_all(&[b"in front", &stream[..], b"behind"].concat()).expect("room");
    let file = Arc::new(file);
    let mapped = Mapped::copy(&region(&file, 8, stream.len() as u64)).expect("memory");
    // Whatever happens to the file.
    file.set_len(0).expect("cut");
    let mut codec = codec();
    let views: Vec<&[u8]> = views_in(&mut codec, mapped.bytes()).collect::<Result<_, _>>().expect("sound");
    assert!(views == expected);
    let range = mapped.bytes().as_ptr_range();
    assert!(views.iter().filter(|view| !view.is_empty()).all(|view| range.contains(&view.as_ptr())));
    // Owned frames keep the mapping.
    let owned: Vec<_> = frames_in(&mut codec, mapped.bytes()).collect::<Result<_, _>>().expect("sound");
    let part = mapped.slice(4..4 + 37);
    drop(mapped);
    assert!(owned.iter().map(wireview::Frame::view).eq(expected.iter().map(|frame| &frame[..])));
    drop(part);
}

#[test]
fn what_may_change_is_not_mapped() {
    let plain = file(5000);
    Mapped::map(&plain).expect_err("anybody may cut it off");
    let empty = tempfile::tempfile().expect("a temporary file");
    assert!(Mapped::map(&empty).expect("nothing can be cut off").bytes().is_empty());
    let short = Mapped::copy(&FileRegion::known(plain, 0, 6000)).expect_err("it is shorter");
    assert_eq!(short.kind(), ErrorKind::UnexpectedEof);
    assert!(Mapped::copy(&FileRegion::known(file(10), 3, 0)).expect("nothing").bytes().is_empty());
}

#[cfg(all(target_os = "linux", not(wireview_portable)))]
#[test]
fn what_was_sealed_is_mapped() {
    use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

    let memory: File = memfd_create("test", MemfdFlags::ALLOW_SEALING).expect("memory").into();
    (&memory).write_all(&pattern(0, 9000)).expect("room");
    Mapped::map(&memory).expect_err("not sealed");
    fcntl_add_seals(&memory, SealFlags::WRITE | SealFlags::SHRINK).expect("sealed");
    let mapped = Mapped::map(&memory).expect("it cannot change");
    assert!(mapped.bytes()[..] == pattern(0, 9000));
}

#[test]
fn what_is_mapped_is_sent_from_where_it_is() {
    let mapped = Mapped::copy(&FileRegion::whole(file(10_000)).expect("its length")).expect("memory");
    let mut out = Gather::new();
    assert_eq!(mapped.size(), 10_000);
    codec().encode(mapped.clone(), &mut out).expect("within the limit");
    mapped.slice(0..100).put(&mut out);
    let chunks: Vec<&[u8]> = out.chunks().collect();
    assert_eq!(chunks[1].as_ptr(), mapped.bytes().as_ptr());
    assert_eq!(chunks[2].len(), 100, "copied: it is not worth a reference");
    let mut seen = 0;
    assert!(mapped.look(&mut |piece| seen += piece.len()));
    assert_eq!(seen, 10_000);
    let mut sent = Vec::new();
    out.write_to(&mut sent).expect("written");
    assert_eq!((out.ledger().mapped_out, out.ledger().copied_out), (10_000, 104));
    assert!(sent[4..10_004] == pattern(0, 10_000));
}

/// All frames that `source` has.
fn read(mut source: FileSource) -> std::io::Result<Vec<Vec<u8>>> {
    let mut deframer = Deframer::new(Prefixed::new(1 << 30));
    let mut frames = Vec::new();
    while source.feed(&mut deframer)? {
        while let Some(lent) = deframer.next().expect("sound") {
            frames.push(lent.view().expect("sound").to_vec());
        }
    }
    assert!(deframer.is_finished() && source.left() == 0);
    assert!(!source.feed(&mut deframer)?);
    Ok(frames)
}

#[test]
fn a_file_is_read_in_blocks() {
    let (expected, stream) = frames();
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("capture");
    std::fs::write(&path, &stream).expect("room");
    let file = Arc::new(File::open(&path).expect("it is there"));
    assert!(read(FileSource::new(FileRegion::whole(file.clone()).expect("its length"))).expect("read") == expected);
    let source = FileSource::direct(&path).expect("opened");
    if !source.is_direct() {
        eprintln!("no O_DIRECT here: the page cache was asked, and its pages dropped");
    }
    assert!(!source.is_direct() || IN_KERNEL);
    assert!(read(source).expect("read") == expected);

    let mut source = FileSource::new(FileRegion::known(file, 0, stream.len() as u64 + 1));
    let mut deframer = Deframer::new(Prefixed::new(1 << 30));
    let error = loop {
        match source.feed(&mut deframer) {
            Ok(more) => assert!(more),
            Err(error) => break error,
        }
    };
    assert_eq!(error.kind(), ErrorKind::UnexpectedEof);
}

/// A file system without `O_DIRECT`, or with: what is read is the same.
#[cfg(target_os = "linux")]
#[test]
fn a_file_in_memory_is_read_directly_or_not() {
    let (expected, stream) = frames();
    let Ok(mut file) = tempfile::Builder::new().tempfile_in("/dev/shm") else {
        eprintln!("skipped: no /dev/shm");
        return;
    };
    file.write_all(&stream).expect("room");
    assert!(read(FileSource::direct(file.path()).expect("opened")).expect("read") == expected);
    let mut back = Vec::new();
    file.reopen().expect("it is there").read_to_end(&mut back).expect("read");
    assert!(back == stream);
}
