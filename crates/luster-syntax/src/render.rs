//! Diagnostics for people: the message, the line of the source it is about, and a caret.
//!
//! The message itself is made in `diagnostic`.

use std::fmt::Write as _;

use crate::{diagnostic::Diagnostic, lines::LineIndex, token::Span};

/// How many columns of a line are shown.
const WIDTH: usize = 100;
/// How many columns to the left of the caret are shown of a line that is cut.
const BEFORE: usize = 60;
/// To which multiples of columns a tab goes.
const TAB: usize = 4;

pub(crate) fn render(diagnostic: &Diagnostic, source: &[u8], chunk_name: &str) -> String {
    let lines = LineIndex::new(source);
    let mut blamed = diagnostic.span;
    if diagnostic.is_at_end() && blamed.is_empty() {
        // The end of the last line that has something on it says more than an empty line.
        let used = source.trim_ascii_end().len() as u32;
        blamed = Span { start: used, end: used };
    }
    let line = lines.line(blamed.start);
    let line_span = lines.line_span(line, source);
    let picture = Picture::new(&source[line_span.range()], line_span.start, blamed);

    let mut out = format!("{chunk_name}:{}: {diagnostic}", diagnostic.line(&lines));
    let number = line.to_string();
    let gutter = " ".repeat(number.len());
    // Writing to a string cannot fail.
    let _ = write!(out, "\n {gutter} |\n {number} | {}", picture.text);
    let _ = write!(out, "\n {gutter} | {}{}", " ".repeat(picture.caret), "^".repeat(picture.len));
    out
}

/// A line as it is shown, and where in it the caret goes, in columns.
struct Picture {
    text: String,
    caret: usize,
    len: usize,
}

impl Picture {
    /// Draws a line that starts at an offset, with what is blamed marked as far as it is in it.
    fn new(line: &[u8], start: u32, blamed: Span) -> Picture {
        let from = ((blamed.start - start) as usize).min(line.len());
        let to = from.max((blamed.end.saturating_sub(start) as usize).min(line.len()));
        // A byte is at least as wide as a third of a column, so that this much is enough; the
        // rest of a line of megabytes need not be looked at.
        let cut_start = from.saturating_sub(BEFORE * 4);
        let cut_end = line.len().min(from + WIDTH * 4);
        let mut columns = Vec::new();
        let mut marks = (0, 0);
        let mut at = cut_start;
        for chunk in line[cut_start..cut_end].utf8_chunks() {
            for c in chunk.valid().chars() {
                mark(&mut marks, at, (from, to), columns.len());
                at += c.len_utf8();
                push_column(&mut columns, c);
            }
            if !chunk.invalid().is_empty() {
                mark(&mut marks, at, (from, to), columns.len());
                at += chunk.invalid().len();
                columns.push(char::REPLACEMENT_CHARACTER);
            }
        }
        mark(&mut marks, at, (from, to.min(at)), columns.len());

        let (caret, end) = marks;
        let first =
            if columns.len() <= WIDTH && cut_start == 0 { 0 } else { caret.saturating_sub(BEFORE) };
        let last = columns.len().min(first + WIDTH);
        let mut text = String::new();
        let mut shift = 0;
        if first > 0 || cut_start > 0 {
            text.push_str("...");
            shift = 3;
        }
        text.extend(&columns[first..last]);
        if last < columns.len() || cut_end < line.len() {
            text.push_str("...");
        }
        text.truncate(text.trim_end().len());
        Picture { text, caret: caret - first + shift, len: end.min(last).max(caret + 1) - caret }
    }
}

/// Notes the column at which what is blamed starts and ends, once `at` has come there.
fn mark(marks: &mut (usize, usize), at: usize, (from, to): (usize, usize), column: usize) {
    if at <= from {
        marks.0 = column;
    }
    if at <= to {
        marks.1 = column;
    }
}

fn push_column(columns: &mut Vec<char>, c: char) {
    match c {
        '\t' => {
            let width = TAB - columns.len() % TAB;
            columns.extend(std::iter::repeat_n(' ', width));
        }
        c if c.is_control() => columns.push(char::REPLACEMENT_CHARACTER),
        c => columns.push(c),
    }
}
