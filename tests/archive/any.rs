//! Archives whose types are not known, and what is told of those that are.

use wireview::archive::{AnyArchive, Archive, HEAD};
use wireview::laws::{Laws, check_trace, mutants};
use wireview::trace::{Field, Hook, Name, Trace};
use wireview::{Codec, Deframer, Encode, Error, Gather, codec_laws};

use super::{Record, codec, head, record, stream};

codec_laws!(
    of_any_type,
    AnyArchive::new(1 << 20),
    [
        stream(&[record(0), record(1), record(2)]),
        [&head(3)[..], b"abc", &[0; 13]].concat(),
        [&head(3)[..], b"abc", &[1; 13]].concat(),
        head(0)
    ],
    Laws::all()
);

#[test]
fn archives_of_several_types_in_one_stream() {
    let mut out = Gather::new();
    codec().encode(&record(8), &mut out).expect("an archive");
    Archive::<String>::new(100).encode(&String::from("a text that is not short"), &mut out).expect("an archive");
    let mut deframer = Deframer::new(AnyArchive::new(1 << 20));
    out.chunks().for_each(|chunk| deframer.feed(chunk));
    let mut told = Vec::new();
    while let Some(lent) = deframer.next().expect("archives") {
        assert_eq!(lent.bytes()[HEAD..HEAD + lent.view().expect("padded").len()], *lent.view().expect("padded"));
        told.push(AnyArchive::fingerprint(lent.bytes()).expect("a head"));
    }
    assert_eq!(told, [Archive::<Record>::fingerprint().get(), Archive::<String>::fingerprint().get()]);
}

#[test]
fn what_is_told_agrees_with_what_is_read() {
    let padded = [&head(3)[..], b"abc", &[0; 13], &head(0)].concat();
    assert_eq!(check_trace(codec, &padded), check_trace(|| AnyArchive::new(1 << 20), &padded));
    let seeds = [stream(&[record(8), record(5)]), stream(&[record(11)]), padded];
    let seeds: Vec<&[u8]> = seeds.iter().map(Vec::as_slice).collect();
    let (mut known, mut any) = (0, 0);
    for mutant in mutants(&seeds, 4000) {
        known += check_trace(codec, &mutant);
        any += check_trace(|| AnyArchive::new(1 << 20), &mutant);
    }
    assert!(known > 10_000 && any > known, "{known} and {any} fields");
}

/// The names of the fields that are told.
#[derive(Default)]
struct Names(Vec<String>);

impl Hook for Names {
    fn enter(&mut self, _: Name, _: &'static str, _: usize) {}

    fn field(&mut self, field: Field<'_>) {
        self.0.push(field.name.to_string());
    }

    fn leave(&mut self, _: usize) {}
}

#[test]
fn of_a_head_that_is_refused_what_is_in_front_is_told() {
    let told = |head: &[u8]| {
        let error = codec().delimit(head).expect_err("it is refused");
        let mut names = Names::default();
        codec().trace_refused(head, error, &mut names);
        (error, names.0)
    };
    let mut foreign = stream(&[record(0)]);
    foreign[5] = !foreign[5];
    let (error, names) = told(&foreign);
    assert_eq!(error, Error::unsupported(&"archive format fingerprint", 4));
    assert_eq!(names, ["magic", "flags"]);
    let (error, names) = told(&head(u64::MAX));
    assert_eq!(error, Error::limit(&"archive length", 8));
    assert_eq!(names, ["magic", "flags", "fingerprint"]);
    assert!(AnyArchive::new(1 << 20).delimit(&foreign).is_ok(), "another type is no fault there");
}
