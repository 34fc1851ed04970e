//! What two declarations expand to, to be read. `BLESS=1 cargo test -p wireview-derive snapshots` writes it anew.

use std::fs;
use std::path::Path;

use crate::{expand, model};

fn check(name: &str, declaration: &str) {
    let input = syn::parse_str::<syn::DeriveInput>(declaration).expect("Rust");
    let declaration = model::Declaration::read(&input).expect("a declaration");
    let file = syn::parse2::<syn::File>(expand::expand(&declaration)).expect("items");
    let expansion = prettyplease::unparse(&file);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expansions").join(name).with_extension("rs");
    if std::env::var_os("BLESS").is_some() {
        fs::write(&path, &expansion).expect("written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    if kept != expansion {
        let differ = kept.lines().zip(expansion.lines()).position(|(kept, new)| kept != new);
        let at = differ.unwrap_or(kept.lines().count().min(expansion.lines().count()));
        let line = |text: &str| text.lines().nth(at).unwrap_or("(the end)").to_owned();
        panic!(
            "{name} expands to something else from line {}:\n-{}\n+{}\nif that is meant: BLESS=1 cargo test -p wireview-derive snapshots",
            at + 1,
            line(&kept),
            line(&expansion)
        );
    }
}

/// A struct with a frame, bits, a length, an optional field and a checksum.
#[test]
fn publish() {
    check(
        "publish",
        r#"
        /// A message for all who subscribed.
        #[wire(frame(length = u32, counts = after, max = 1 << 20), magic = 0xCAFE_u16)]
        pub struct Publish<B> {
            #[wire(bits = 4)]
            pub version: u8,
            #[wire(bits = 4)]
            pub flags: u8,
            /// Where it belongs.
            pub stream: u32,
            #[wire(len = u8)]
            pub topic: Text<B>,
            #[wire(if = flags & 1 != 0)]
            pub deadline: Option<u64>,
            #[wire(len = varint, max = 1 << 20)]
            pub payload: B,
            #[wire(check(version..=payload))]
            pub checksum: Check<Crc32c>,
        }
        "#,
    );
}

/// An enum of TLVs of which some are not known.
#[test]
fn option() {
    check(
        "option",
        r#"
        #[wire(tag = u8, len = u16, max = 1000)]
        pub enum Option<B> {
            #[wire(tag = 1)]
            Name {
                #[wire(rest)]
                name: Text<B>,
            },
            #[wire(tag = 2)]
            Size(u32),
            #[wire(tag = 3)]
            Nothing,
            #[wire(unknown)]
            Other {
                #[wire(tag)]
                kind: u8,
                #[wire(rest)]
                value: B,
            },
        }
        "#,
    );
}
