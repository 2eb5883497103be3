//! The parser takes any bytes: it gives a tree, its tokens are the source, byte for byte, and what
//! it complains about lies inside the source.
#![no_main]

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use luster::syntax::parse;
use luster_fuzz::source::mutate;

fuzz_mutator!(|data: &mut [u8], size: usize, most: usize, seed: u32| {
    mutate(data, size, most, seed)
});

fuzz_target!(|source: &[u8]| {
    let parse = parse(source);
    let mut rebuilt = Vec::with_capacity(source.len());
    for token in parse.tokens.all().iter() {
        rebuilt.extend_from_slice(parse.tokens.text(token, source));
    }
    assert_eq!(rebuilt, source, "the tokens reproduce the source");
    for diagnostic in &parse.diagnostics {
        assert!(diagnostic.span.range().end <= source.len(), "a diagnostic is about the source");
    }
});
