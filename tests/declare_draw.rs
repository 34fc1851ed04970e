//! Declared messages that are drawn, and the laws they keep.

use wireview::Span;
use wireview::laws::Laws;

mod declared;
use declared::*;

wireview::declared_laws!(publish, Publish<Span>);
wireview::declared_laws!(numbers, Numbers);
wireview::declared_laws!(options, Options<Span>, Laws::all());
wireview::declared_laws!(bytes, Bytes<Span>);
wireview::declared_laws!(question, Question<Span>);
wireview::declared_laws!(packet, Packet<Span>);
wireview::declared_laws!(conditions_1, Conditions<Span>, given = (1,));
wireview::declared_laws!(conditions_2, Conditions<Span>, given = (2,));
wireview::declared_laws!(conditions_3, Conditions<Span>, given = (3,));
wireview::declared_laws!(conditions_6, Conditions<Span>, given = (6,));
