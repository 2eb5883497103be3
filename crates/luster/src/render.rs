//! Showing an error as a person wants to see it: with the line of the source and a mark under it.

use std::fmt;
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::Error;

/// The source of a chunk, kept for as long as errors may have to be shown.
#[derive(Clone)]
pub(crate) struct SourceText {
    /// The chunk as messages name it.
    pub(crate) chunk: Arc<str>,
    pub(crate) source: Arc<[u8]>,
    /// The bytes of the source that are to blame, when the error knows them itself.
    pub(crate) span: Option<(usize, usize)>,
}

impl fmt::Debug for SourceText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chunk.fmt(f)
    }
}

impl SourceText {
    /// The text, with one character for every byte that is no UTF-8, so that places stay the same.
    fn text(&self) -> String {
        match std::str::from_utf8(&self.source) {
            Ok(text) => text.to_owned(),
            Err(_) => {
                self.source.iter().map(|&b| if b.is_ascii() { b as char } else { '?' }).collect()
            }
        }
    }
}

/// Where a column of a line is in a text, and the end of the name or number that begins there.
fn span_of(text: &str, line: u32, column: u32) -> Option<(usize, usize)> {
    let line_start = match line.checked_sub(2) {
        None => 0,
        Some(breaks) => text.match_indices('\n').nth(breaks as usize)?.0 + 1,
    };
    let start = line_start + column.checked_sub(1)? as usize;
    let rest = text.get(start..)?;
    let word = rest.bytes().take_while(|b| b.is_ascii_alphanumeric() || *b == b'_').count();
    Some((start, start + word.max(1).min(rest.len())))
}

impl Error {
    /// The error with the line of the source that it came from and a mark under the place, in plain
    /// text: for terminals and logs. Without a source that is known, it is what
    /// [`Display`](fmt::Display) shows.
    ///
    /// ```
    /// let lua = luster::Lua::new();
    /// let error = lua.load("local t = {}\nreturn t.x.y").set_name("=game").exec().unwrap_err();
    /// assert_eq!(error.render(), "\
    /// error: game:2: attempt to index a nil value (field 'x')
    ///  --> game:2:12
    ///   |
    /// 2 | return t.x.y
    ///   |            ^
    /// stack traceback:
    /// \tgame:2: in main chunk
    /// \t[C]: in ?");
    /// ```
    pub fn render(&self) -> String {
        let Some(text) = self.text() else { return self.to_string() };
        let source = text.text();
        let span = text.span.or_else(|| {
            let (line, column) = self.place()?;
            span_of(&source, line, column)
        });
        let Some((start, end)) = span else { return self.to_string() };
        // A byte that Lua does not know may be a part of a character.
        let start = source.floor_char_boundary(start);
        let end = source.ceil_char_boundary(end.max(start));
        let title = self.title();
        let snippet = Snippet::source(&source)
            .path(&*text.chunk)
            .annotation(AnnotationKind::Primary.span(start..end));
        let group = [Level::ERROR.primary_title(&title).element(snippet)];
        let mut shown = Renderer::plain().render(&group);
        if !self.traceback().is_empty() {
            shown.push('\n');
            shown.push_str(&self.traceback().to_string());
        }
        shown
    }
}
