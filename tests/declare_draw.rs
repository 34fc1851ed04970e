//! Declared messages that are drawn, and the laws they keep.

use wireview::Span;
use wireview::laws::Laws;

mod declared;
use declared::*;

wireview::declared_laws!(publish, Publish<Span>);
wireview::declared_laws!(numbers, Numbers);
wireview::declared_laws!(options, Options<Span>, Laws::all());
