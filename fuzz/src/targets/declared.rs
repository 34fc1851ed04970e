use wireview::Span;
use wireview::laws::Laws;

// What `tests/declare_draw.rs` tries.
#[allow(unreachable_pub, dead_code)]
#[path = "../../../tests/declared/mod.rs"]
mod messages;
use messages::{Bytes, Command, Conditions, Numbers, Options, Packet, Publish, Question};

/// The first byte chooses the declaration, the second whether the rest is a stream or the choices from which messages are drawn.
pub fn declared(input: &[u8]) {
    let Some((&choice, input)) = input.split_first() else { return };
    let laws = Laws::all();
    match choice % 10 {
        0 => laws.check_declared_from::<Publish<Span>>((), input),
        1 => laws.check_declared_from::<Numbers>((), input),
        2 => laws.check_declared_from::<Options<Span>>((), input),
        3 => laws.check_declared_from::<Bytes<Span>>((), input),
        4 => laws.check_declared_from::<Conditions<Span>>((1,), input),
        5 => laws.check_declared_from::<Conditions<Span>>((3,), input),
        6 => laws.check_declared_from::<Conditions<Span>>((6,), input),
        7 => laws.check_declared_from::<Question<Span>>((), input),
        8 => laws.check_declared_from::<Packet<Span>>((), input),
        _ => laws.check_declared_from::<Command<Span>>((), input),
    }
}
