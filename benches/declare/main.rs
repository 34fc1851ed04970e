//! Declared formats: `cargo bench --bench declare`.
//!
//! A message is read from the slice that holds it, and written behind others into a buffer that is used again. Before anything
//! is timed, each contender has read every message of its race and seen the same values, has refused the same unlawful ones (cut
//! short, a byte too many, a wrong magic, a length above its limit, text that is not UTF-8), and has written the same bytes.
//! What is left of differences is what a contender is; all read whole messages, check the same, and
//!
//! - `by hand`, `zerocopy`, `nom`, `winnow` and ours borrow text and bytes from the frame; `binrw` and `deku` read by
//!   `std::io::Read` and copy them into a `String` or a `Vec`, since they have no other way;
//! - `zerocopy` casts what is of fixed size; lengths, text and tags are read by hand behind it. Bit fields are masks by hand;
//! - `nom` and `winnow` collect a list into a `Vec` of borrowed elements, `binrw` and `deku` into one of owned ones; by hand and
//!   ours check the list once and read it again where it is walked, allocating nothing. One more row reads by hand what is checked
//!   and handed out in a single walk, so that a message may be refused whose first elements were handed out;
//! - errors of by hand and ours name the field and the offset, those of `nom` and `winnow` what is left of the input, those of
//!   `binrw` the offset, those of `deku` nothing (without its feature `descriptive-errors`);
//! - `nom` and `winnow` do not write. `binrw` and `deku` write to a `Cursor`, since they want `Seek`, the others to a `Vec`;
//!   ours to a [`Gather`](wireview::Gather), and so does one of the two by hand;
//! - a list of ours is written into a `Scratch` first, and copied from there.
//!
//! Two races more are by hand and ours alone: messages behind their lengths, found and read, and a frame with all at once.

#[path = "../support/mod.rs"]
mod support;

#[macro_use]
mod fair;

mod bits;
mod framed;
mod full;
mod head;
mod list;
mod small;
mod union;

fn main() {
    let bench = support::Bench::from_args("declare");
    let mut goals = Vec::new();
    head::race(&bench, &mut goals);
    small::race(&bench, &mut goals);
    bits::race(&bench, &mut goals);
    union::race(&bench, &mut goals);
    list::race(&bench, &mut goals);
    framed::race(&bench, &mut goals);
    full::race(&bench, &mut goals);
    support::print_goals(&goals);
}

/// What was aimed at in a race of readers, whose rows stand in this order everywhere.
fn goals(goals: &mut Vec<String>, title: &str, medians: &[f64], deku_times: f64) {
    use fair::Want::{AtLeast, AtMost};
    let &[hand, ours, _zerocopy, nom, _winnow, binrw, deku, ..] = medians else { return };
    fair::goal(goals, title, ["ours", "by hand"], ours / hand, AtMost(1.1));
    fair::goal(goals, title, ["nom", "ours"], nom / ours, AtLeast(2.5));
    fair::goal(goals, title, ["binrw", "ours"], binrw / ours, AtLeast(3.5));
    fair::goal(goals, title, ["deku", "ours"], deku / ours, AtLeast(deku_times));
}

/// The same of writers: ours beside the same by hand, both to a `Gather`.
fn written(goals: &mut Vec<String>, title: &str, medians: &[f64]) {
    let &[_vec, hand, ours, ..] = medians else { return };
    fair::goal(goals, title, ["ours", "by hand"], ours / hand, fair::Want::AtMost(1.2));
}
