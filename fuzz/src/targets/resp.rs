use wireview::laws::{Law, Laws, check_trace};
use wireview::{Result, View};
use wireview_codecs::resp::{Replies, Requests, Value};

use super::peer::{self, Compared};

/// What a client may send.
pub fn resp_requests(bytes: &[u8]) {
    compare_requests(bytes);
}

/// What a server may answer.
pub fn resp_replies(bytes: &[u8]) {
    compare_replies(bytes);
}

/// Requests: the laws, and what the peer says.
pub fn compare_requests(bytes: &[u8]) -> Compared {
    let laws = Laws::all().without(Law::ZeroCopyOut, "inline requests are quoted, so written anew");
    let inspect = |request: View<'_, Requests>| {
        let args: Vec<&[u8]> = request.args().collect();
        assert_eq!(args.len(), request.len());
        assert_eq!((request.arg(args.len() - 1), request.arg(args.len())), (args.last().copied(), None));
        assert!(!request.to_string().is_empty());
    };
    let outcome = laws.verify_with(Requests::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Requests::new, bytes);
    check_trace(Requests::new, bytes);
    peer::requests(bytes, &outcome)
}

/// Replies: the laws, and what the peer says.
pub fn compare_replies(bytes: &[u8]) -> Compared {
    let laws = Laws::all();
    let inspect = |reply: View<'_, Replies>| {
        reply.to_string();
        assert!(reply.iter().collect::<Result<Vec<_>>>().is_ok(), "parts were checked: {reply:?}");
        let paired = matches!(reply, Value::Map(_) | Value::Attribute(_));
        assert!(reply.pairs().all(|pair| pair.is_ok() || !paired), "pairs were checked: {reply:?}");
        assert!(reply.events().all(|event| event.is_ok()), "events were checked: {reply:?}");
    };
    let outcome = laws.verify_with(Replies::new, bytes, inspect).unwrap_or_else(|violation| panic!("{violation}"));
    laws.check_round_trip(Replies::new, bytes);
    check_trace(Replies::new, bytes);
    peer::replies(bytes, &outcome)
}
