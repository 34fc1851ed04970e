//! Wrong declarations: each is refused at the word that is wrong, with what to write instead.

#[test]
fn wrong_declarations_are_refused() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
