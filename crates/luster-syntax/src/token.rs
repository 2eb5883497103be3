//! Tokens: their kinds, and the table that cuts a source into them without losing a byte.
//!
//! How the cutting is done lives in `lexer`; what a literal's token stands for in `literal`.

use std::ops::Range;

/// A stretch of the source, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Span {
    /// The offset of the first byte.
    pub start: u32,
    /// The offset after the last byte.
    pub end: u32,
}

impl Span {
    /// The span as a range to slice the source with.
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// How many bytes it covers.
    pub fn len(self) -> usize {
        (self.end - self.start) as usize
    }

    /// Whether it covers no byte at all.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }
}

/// A token of a [`TokenTable`]: its position in the table, trivia counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TokenId(pub(crate) u32);

impl TokenId {
    /// The token's position in its table.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A run of consecutive tokens, possibly empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TokenRange {
    pub(crate) start: TokenId,
    pub(crate) end: TokenId,
}

impl TokenRange {
    /// The first token; for an empty range the token it would stand before.
    pub fn start(self) -> TokenId {
        self.start
    }

    /// The token after the last one.
    pub fn end(self) -> TokenId {
        self.end
    }

    /// The last token of a range that has one.
    pub fn last(self) -> Option<TokenId> {
        (!self.is_empty()).then(|| TokenId(self.end.0 - 1))
    }

    /// Whether the range has no tokens.
    pub fn is_empty(self) -> bool {
        self.start == self.end
    }

    /// How many tokens the range has, trivia counted.
    pub fn len(self) -> usize {
        (self.end.0 - self.start.0) as usize
    }

    /// The tokens in their order, trivia included.
    pub fn iter(self) -> impl DoubleEndedIterator<Item = TokenId> + ExactSizeIterator {
        (self.start.0..self.end.0).map(TokenId)
    }
}

/// The one table of token kinds: from it come the enum, the texts and the keyword lookup.
macro_rules! token_kinds {
    (
        keywords { $($keyword:ident $keyword_text:literal)* }
        symbols { $($(#[$symbol_doc:meta])* $symbol:ident $symbol_text:literal)* }
        open { $($(#[$open_doc:meta])* $open:ident $open_text:literal)* }
        trivia { $($(#[$trivia_doc:meta])* $trivia:ident $trivia_text:literal)* }
    ) => {
        /// What a token is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum TokenKind {
            $(#[doc = concat!("The reserved word `", $keyword_text, "`.")] $keyword,)*
            $(#[doc = concat!("`", $symbol_text, "`")] $(#[$symbol_doc])* $symbol,)*
            $($(#[$open_doc])* $open,)*
            $($(#[$trivia_doc])* $trivia,)*
        }

        impl TokenKind {
            /// Every kind there is.
            pub const ALL: &[TokenKind] = &[
                $(TokenKind::$keyword,)*
                $(TokenKind::$symbol,)*
                $(TokenKind::$open,)*
                $(TokenKind::$trivia,)*
            ];

            /// The text of a reserved word or symbol, which is always the same, or the name of
            /// any other kind as messages write it (`<name>`).
            pub const fn text(self) -> &'static str {
                match self {
                    $(TokenKind::$keyword => $keyword_text,)*
                    $(TokenKind::$symbol => $symbol_text,)*
                    $(TokenKind::$open => $open_text,)*
                    $(TokenKind::$trivia => $trivia_text,)*
                }
            }

            /// Whether this is a reserved word.
            pub const fn is_keyword(self) -> bool {
                matches!(self, $(TokenKind::$keyword)|*)
            }

            /// Whether tokens of this kind all have the same text: reserved words and symbols.
            pub const fn is_fixed(self) -> bool {
                self.is_keyword() || matches!(self, $(TokenKind::$symbol)|*)
            }

            /// Whether the grammar does not see tokens of this kind.
            pub const fn is_trivia(self) -> bool {
                matches!(self, $(TokenKind::$trivia)|*)
            }
        }

        const KEYWORDS: &[TokenKind] = &[$(TokenKind::$keyword),*];
    };
}

token_kinds! {
    keywords {
        And "and"
        Break "break"
        Do "do"
        Else "else"
        ElseIf "elseif"
        End "end"
        False "false"
        For "for"
        Function "function"
        Goto "goto"
        If "if"
        In "in"
        Local "local"
        Nil "nil"
        Not "not"
        Or "or"
        Repeat "repeat"
        Return "return"
        Then "then"
        True "true"
        Until "until"
        While "while"
    }
    symbols {
        Plus "+"
        Minus "-"
        Star "*"
        Slash "/"
        DoubleSlash "//"
        Percent "%"
        Caret "^"
        Hash "#"
        Ampersand "&"
        Tilde "~"
        Pipe "|"
        ShiftLeft "<<"
        ShiftRight ">>"
        Equal "=="
        NotEqual "~="
        LessEqual "<="
        GreaterEqual ">="
        Less "<"
        Greater ">"
        Assign "="
        LeftParen "("
        RightParen ")"
        LeftBrace "{"
        RightBrace "}"
        LeftBracket "["
        RightBracket "]"
        DoubleColon "::"
        Semicolon ";"
        Colon ":"
        Comma ","
        Dot "."
        Concat ".."
        Ellipsis "..."
    }
    open {
        /// An identifier. `global` is one too: it is no reserved word.
        Name "<name>"
        /// A numeral whose value is an integer.
        Integer "<integer>"
        /// A numeral whose value is a float, which some without a point are: `1e2`, or a decimal
        /// too large for an integer.
        Float "<number>"
        /// A string in quotes.
        String "<string>"
        /// A string in long brackets.
        LongString "<string>"
        /// A byte that begins no token.
        Unknown "<unknown>"
        /// A malformed numeral or string, or one without an end. The lexer says why.
        Error "<error>"
        /// The end of the file, after all bytes. Every table ends with one.
        EndOfFile "<eof>"
    }
    trivia {
        /// A run of blanks and line breaks.
        Whitespace "<whitespace>"
        /// `--` to the end of the line, which itself is not part of it.
        Comment "<comment>"
        /// A comment in long brackets. One without an end is an `Error`.
        LongComment "<comment>"
        /// A first line that begins with `#`, without the end of the line.
        Shebang "<shebang>"
        /// A UTF-8 byte order mark at the start.
        ByteOrderMark "<bom>"
    }
}

/// A perfect hash of the reserved words: none of them shares its slot with another. Each is
/// there as the number that its bytes make, so that finding one compares no strings.
const KEYWORD_SLOTS: [(u64, TokenKind); 64] = {
    let mut slots = [(0, TokenKind::Name); 64];
    let mut index = 0;
    while index < KEYWORDS.len() {
        let word = KEYWORDS[index].text().as_bytes();
        let slot = keyword_slot(word[0], word[word.len() - 1], word.len());
        assert!(slots[slot].0 == 0, "two reserved words share a slot");
        slots[slot] = (packed(word), KEYWORDS[index]);
        index += 1;
    }
    slots
};

const fn keyword_slot(first: u8, last: u8, len: usize) -> usize {
    (first as usize + last as usize + len * 8) % 64
}

/// Up to 8 bytes as a number, the first byte the lowest. No reserved word is longer.
const fn packed(word: &[u8]) -> u64 {
    let mut number = 0;
    let mut index = word.len();
    while index > 0 {
        index -= 1;
        number = number << 8 | word[index] as u64;
    }
    number
}

impl TokenKind {
    /// The kind of a word that is not empty: that of a reserved word, or `Name`.
    pub(crate) fn of_word(text: &[u8]) -> TokenKind {
        match text.len() {
            len @ 1..=8 => TokenKind::of_short_word(packed(text), len),
            _ => TokenKind::Name,
        }
    }

    /// The same for a word of `len` bytes, from 1 to 8, that are the lowest of a number.
    #[inline]
    pub(crate) fn of_short_word(number: u64, len: usize) -> TokenKind {
        let number = number & (u64::MAX >> (64 - 8 * len));
        let last = (number >> (8 * (len - 1))) as u8;
        let (keyword, kind) = KEYWORD_SLOTS[keyword_slot(number as u8, last, len)];
        if keyword == number { kind } else { TokenKind::Name }
    }
}

/// The tokens of a source, trivia included: together with the source's bytes, the whole file.
///
/// Token `i` reaches from its start to the start of token `i + 1`. The last token is always the
/// one [`TokenKind::EndOfFile`], which is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenTable {
    kinds: Vec<TokenKind>,
    starts: Vec<u32>,
}

impl TokenTable {
    /// An empty table for a source of about this many bytes, to be filled by `append`.
    pub(crate) fn for_source(len: usize) -> TokenTable {
        // Dense source has a token, spaces counted, for every three bytes. To copy a table that
        // grows costs more than room that is not used.
        let tokens = len / 5 * 2 + 1;
        TokenTable { kinds: Vec::with_capacity(tokens), starts: Vec::with_capacity(tokens) }
    }

    /// Adds tokens: for each its kind and its start.
    pub(crate) fn append(&mut self, kinds: &[TokenKind], starts: &[u32]) {
        debug_assert_eq!(kinds.len(), starts.len());
        self.kinds.extend_from_slice(kinds);
        self.starts.extend_from_slice(starts);
    }

    /// How many tokens there are, trivia and the end of the file counted; never 0.
    #[expect(clippy::len_without_is_empty, reason = "a table is never empty")]
    pub fn len(&self) -> usize {
        self.kinds.len()
    }

    /// The token at this position, if there are so many.
    pub fn get(&self, index: usize) -> Option<TokenId> {
        (index < self.kinds.len()).then_some(TokenId(index as u32))
    }

    /// All tokens.
    pub fn all(&self) -> TokenRange {
        TokenRange { start: TokenId(0), end: TokenId(self.kinds.len() as u32) }
    }

    /// What a token is.
    #[inline]
    pub fn kind(&self, id: TokenId) -> TokenKind {
        self.kinds[id.index()]
    }

    /// The offset of a token's first byte.
    #[inline]
    pub fn start(&self, id: TokenId) -> u32 {
        self.starts[id.index()]
    }

    /// Where a token stands.
    #[inline]
    pub fn span(&self, id: TokenId) -> Span {
        let start = self.starts[id.index()];
        let end = self.starts.get(id.index() + 1).copied().unwrap_or(start);
        Span { start, end }
    }

    /// Where a run of tokens stands, from the start of its first to the end of its last.
    pub fn range_span(&self, range: TokenRange) -> Span {
        let start = self.starts[range.start.index()];
        let end = self.starts.get(range.end.index()).or(self.starts.last()).copied();
        Span { start, end: end.unwrap_or(start).max(start) }
    }

    /// A token's bytes. The source must be the one the table was made from.
    #[inline]
    pub fn text<'s>(&self, id: TokenId, source: &'s [u8]) -> &'s [u8] {
        source.get(self.span(id).range()).unwrap_or_default()
    }

    /// The token that holds the byte at this offset; past the end, the end of the file.
    pub fn at_offset(&self, offset: u32) -> TokenId {
        // The first of several tokens at one start is empty only at the end of the file.
        let after = self.starts.partition_point(|&start| start <= offset);
        TokenId(after.saturating_sub(1) as u32)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_and_nothing_else() {
        for &kind in TokenKind::ALL {
            let expected = if kind.is_keyword() { kind } else { TokenKind::Name };
            let text = kind.text();
            assert_eq!(TokenKind::of_word(text.as_bytes()), expected);
            // What comes after it means nothing.
            let more = format!("{text} and more");
            let number = packed(&more.as_bytes()[..8]);
            assert_eq!(TokenKind::of_short_word(number, text.len().min(8)), expected);
        }
        for word in ["global", "a", "ends", "nd", "End", "wHile", "function_"] {
            assert_eq!(TokenKind::of_word(word.as_bytes()), TokenKind::Name);
        }
    }

    #[test]
    fn kinds_are_bytes() {
        assert_eq!(size_of::<TokenKind>(), 1);
        assert_eq!(size_of::<Option<TokenKind>>(), 1);
    }
}
