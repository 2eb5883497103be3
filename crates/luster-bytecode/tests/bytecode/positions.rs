//! Lines and columns of instructions.

use luster_bytecode::Source;

use crate::samples::tour;

#[test]
fn instructions_know_their_place() {
    let tour = tour();
    assert_eq!((tour.line(0), tour.column(0)), (1, 1));
    assert_eq!((tour.line(36), tour.column(36)), (7, 1));
    let nested = &tour.prototypes[0];
    assert_eq!((nested.line(1), nested.column(1)), (3, 27));
    assert_eq!((tour.line(37), tour.column(37)), (0, 0));
}

#[test]
fn impossible_lines_do_no_harm() {
    for line_starts in [vec![], vec![0], vec![5], vec![9, 3, 7, 1, 8, 0], vec![u32::MAX; 3]] {
        let source = Source { name: std::sync::Arc::from(b"=x".as_slice()), line_starts };
        for offset in [0, 1, 4, 9, u32::MAX] {
            assert!(source.line(offset) as usize <= source.line_starts.len());
            source.column(offset);
        }
    }
}
