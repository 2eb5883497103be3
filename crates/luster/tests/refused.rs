//! What the macros refuse, and how the compiler says so: each file of `refused` beside its messages.
//! Messages of the macros' own are tested in `luster-derive`.
#![cfg(feature = "derive")]

#[test]
fn misuse_does_not_compile_and_says_why() {
    trybuild::TestCases::new().compile_fail("tests/refused/*.rs");
}
