//! Declared messages that are drawn.

use wireview::declare::{Declare, Declared};
use wireview::laws::{Draw, Laws};
use wireview::Span;

mod declared;
use declared::*;

#[test]
fn publish() {
    let made = Laws::all().check_generated(Declared::<Publish<Span>>::new, 300, |draw| Publish::<Span>::draw(draw, ()).expect("drawn"));
    println!("{made:?}");
}
#[test]
fn numbers() {
    let made = Laws::all().check_generated(Declared::<Numbers>::new, 300, |draw| Numbers::draw(draw, ()).expect("drawn"));
    println!("{made:?}");
}
#[test]
fn options() {
    let made = Laws::all().check_generated(Declared::<Options<Span>>::new, 300, |draw| Options::<Span>::draw(draw, ()).expect("drawn"));
    println!("{made:?}");
    println!("{:?}", Options::<Span>::draw(&mut Draw::new(4), ()));
}
