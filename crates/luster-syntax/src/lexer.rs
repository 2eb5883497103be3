//! The lexer: cuts bytes into tokens, in one pass without look-back, in linear time.
//!
//! It decides where each token ends and whether a literal is well-formed; what a literal stands
//! for is in `literal`. The rules are those of the manual, section 3.1, and where that is silent
//! those of PUC-Rio's `llex.c`.

use luster_number::Number;

use crate::{
    diagnostic::{DiagnosticKind, Near},
    lines::{LineIndex, find_line_break},
    literal::{append_unescaped, numeral_value, read_escape},
    parser::DIAGNOSTICS_LIMIT,
    token::{Span, TokenId, TokenKind, TokenTable},
};

/// Cuts a source into tokens. A first line that begins with `#` and a byte order mark are trivia.
///
/// A source of 4 GiB or more gives a table with nothing but the end of the file.
pub fn lex(source: &[u8]) -> TokenTable {
    lex_with_errors(source, true).tokens
}

/// The longest source whose tokens can be told by offsets of 32 bits.
pub(crate) const SOURCE_LIMIT: usize = u32::MAX as usize - 1;

/// A token table, and why some tokens in it are errors.
pub(crate) struct Lexed {
    pub(crate) tokens: TokenTable,
    /// In the order of their tokens, at most one for each, and bounded as all diagnostics are.
    pub(crate) errors: Vec<LexError>,
}

/// Why a token is an error. It becomes a diagnostic when the parser comes to the token.
pub(crate) struct LexError {
    pub(crate) token: TokenId,
    pub(crate) kind: DiagnosticKind,
    pub(crate) span: Span,
    pub(crate) position: u32,
    pub(crate) near: Near,
}

pub(crate) fn lex_with_errors(source: &[u8], file_header: bool) -> Lexed {
    if source.len() > SOURCE_LIMIT {
        let mut tokens = TokenTable::for_source(0);
        tokens.append(&[TokenKind::EndOfFile], &[0]);
        return Lexed { tokens, errors: Vec::new() };
    }
    let tokens = TokenTable::for_source(source.len());
    let mut lexer = Lexer { source, at: 0, tokens, batch: Batch::new(), errors: Vec::new() };
    if file_header {
        lexer.file_header();
    }
    while lexer.at < source.len() {
        let start = lexer.at;
        let first = source[start];
        // Every second token is a space, and of the others every second a word: branches of their
        // own are foreseen better than the `match`.
        let class = CLASSES[first as usize];
        let kind = if class & SPACE != 0 {
            lexer.at += 1;
            lexer.skip(SPACE);
            TokenKind::Whitespace
        } else if class & LETTER != 0 {
            lexer.word()
        } else {
            lexer.token(first)
        };
        lexer.push(kind, start as u32);
    }
    lexer.push(TokenKind::EndOfFile, source.len() as u32);
    lexer.tokens.append(lexer.batch.kinds(), lexer.batch.starts());
    Lexed { tokens: lexer.tokens, errors: lexer.errors }
}

/// Tokens on their way into the table: to ask for room once for many of them, not for each, lets the
/// lexer keep its state in registers.
struct Batch {
    kinds: [TokenKind; 256],
    starts: [u32; 256],
    len: u8,
}

impl Batch {
    fn new() -> Batch {
        Batch { kinds: [TokenKind::EndOfFile; 256], starts: [0; 256], len: 0 }
    }

    fn kinds(&self) -> &[TokenKind] {
        &self.kinds[..usize::from(self.len)]
    }

    fn starts(&self) -> &[u32] {
        &self.starts[..usize::from(self.len)]
    }
}

/// Bits of [`CLASSES`].
const NAME: u8 = 1;
const SPACE: u8 = 2;
const NUMERAL: u8 = 4;
/// A byte that a string in quotes can contain and that means only itself.
const PLAIN: u8 = 8;
/// A byte that a name can begin with.
const LETTER: u8 = 16;

/// For each byte, where it can stand.
const CLASSES: [u8; 256] = {
    let mut classes = [0; 256];
    let mut index = 0;
    while index < 256 {
        let byte = index as u8;
        let mut class = 0;
        if byte.is_ascii_alphanumeric() || byte == b'_' {
            class |= NAME;
        }
        if byte.is_ascii_alphabetic() || byte == b'_' {
            class |= LETTER;
        }
        if matches!(byte, b' ' | b'\t'..=b'\r') {
            class |= SPACE;
        }
        if byte.is_ascii_hexdigit() || byte == b'.' {
            class |= NUMERAL;
        }
        if !matches!(byte, b'\\' | b'"' | b'\'' | b'\n' | b'\r') {
            class |= PLAIN;
        }
        classes[index] = class;
        index += 1;
    }
    classes
};

/// How many of 8 bytes, the lowest first, a name can have before one that it cannot.
#[inline]
fn name_bytes(bytes: u64) -> usize {
    const fn each(byte: u8) -> u64 {
        u64::from_le_bytes([byte; 8])
    }
    // The highest bit of each byte is the answer for it. Sums of 7 bits do not reach the next
    // byte, so adding 128 - n sets that bit where a byte is at least n.
    let low = bytes & each(0x7F);
    let letter = low | each(0x20);
    let is_letter = (letter + each(0x80 - b'a')) & !(letter + each(0x80 - b'z' - 1));
    let is_digit = (low + each(0x80 - b'0')) & !(low + each(0x80 - b'9' - 1));
    let is_underscore = !((low ^ each(b'_')) + each(0x7F));
    let is_name = (is_letter | is_digit | is_underscore) & !bytes & each(0x80);
    (is_name ^ each(0x80)).trailing_zeros() as usize / 8
}

struct Lexer<'s> {
    source: &'s [u8],
    /// The offset of the next byte to read.
    at: usize,
    tokens: TokenTable,
    /// What comes after those in the table.
    batch: Batch,
    errors: Vec<LexError>,
}

impl Lexer<'_> {
    #[inline]
    fn push(&mut self, kind: TokenKind, start: u32) {
        let index = usize::from(self.batch.len);
        self.batch.kinds[index] = kind;
        self.batch.starts[index] = start;
        self.batch.len = self.batch.len.wrapping_add(1);
        if self.batch.len == 0 {
            self.tokens.append(&self.batch.kinds, &self.batch.starts);
        }
    }

    /// The byte so far ahead of the next one.
    #[inline]
    fn ahead(&self, distance: usize) -> Option<u8> {
        self.source.get(self.at + distance).copied()
    }

    /// Goes past all bytes of a class.
    #[inline]
    fn skip(&mut self, class: u8) {
        while let Some(&byte) = self.source.get(self.at)
            && CLASSES[byte as usize] & class != 0
        {
            self.at += 1;
        }
    }

    /// Goes past all bytes that a name can have, eight at a time: where a name ends is seldom
    /// foreseen, and a loop over its bytes would pay for that with every name.
    #[inline]
    fn skip_name(&mut self) {
        while let Some(&bytes) = self.source[self.at..].first_chunk() {
            let len = name_bytes(u64::from_le_bytes(bytes));
            self.at += len;
            if len < 8 {
                return;
            }
        }
        self.skip(NAME);
    }

    /// Goes past everything up to the end of the line.
    fn skip_line(&mut self) {
        let rest = &self.source[self.at..];
        self.at += find_line_break(rest).unwrap_or(rest.len());
    }

    /// Takes so many bytes as a token of this kind.
    #[inline]
    fn take(&mut self, len: usize, kind: TokenKind) -> TokenKind {
        self.at += len;
        kind
    }

    fn file_header(&mut self) {
        if self.source.starts_with(b"\xEF\xBB\xBF") {
            self.at = 3;
            self.push(TokenKind::ByteOrderMark, 0);
        }
        if self.ahead(0) == Some(b'#') {
            self.push(TokenKind::Shebang, self.at as u32);
            self.skip_line();
        }
    }

    /// Takes the name or reserved word that begins here.
    #[inline]
    fn word(&mut self) -> TokenKind {
        let start = self.at;
        if let Some(&bytes) = self.source[start..].first_chunk() {
            let number = u64::from_le_bytes(bytes);
            let len = name_bytes(number);
            if len < 8 {
                self.at += len;
                return TokenKind::of_short_word(number, len);
            }
        }
        self.skip_name();
        TokenKind::of_word(&self.source[start..self.at])
    }

    /// Takes the token that begins with `first`, the next byte, which is no space and no letter.
    #[inline]
    fn token(&mut self, first: u8) -> TokenKind {
        use TokenKind::*;
        match first {
            b'0'..=b'9' => self.numeral(),
            b'"' | b'\'' => self.short_string(first),
            b'-' if self.ahead(1) == Some(b'-') => self.comment(),
            b'[' => self.left_bracket(),
            b'.' => match (self.ahead(1), self.ahead(2)) {
                (Some(b'.'), Some(b'.')) => self.take(3, Ellipsis),
                (Some(b'.'), _) => self.take(2, Concat),
                (Some(b'0'..=b'9'), _) => self.numeral(),
                _ => self.take(1, Dot),
            },
            b'=' if self.ahead(1) == Some(b'=') => self.take(2, Equal),
            b'~' if self.ahead(1) == Some(b'=') => self.take(2, NotEqual),
            b'/' if self.ahead(1) == Some(b'/') => self.take(2, DoubleSlash),
            b':' if self.ahead(1) == Some(b':') => self.take(2, DoubleColon),
            b'<' => match self.ahead(1) {
                Some(b'=') => self.take(2, LessEqual),
                Some(b'<') => self.take(2, ShiftLeft),
                _ => self.take(1, Less),
            },
            b'>' => match self.ahead(1) {
                Some(b'=') => self.take(2, GreaterEqual),
                Some(b'>') => self.take(2, ShiftRight),
                _ => self.take(1, Greater),
            },
            b'=' => self.take(1, Assign),
            b'~' => self.take(1, Tilde),
            b'/' => self.take(1, Slash),
            b':' => self.take(1, Colon),
            b',' => self.take(1, Comma),
            b'(' => self.take(1, LeftParen),
            b')' => self.take(1, RightParen),
            b'{' => self.take(1, LeftBrace),
            b'}' => self.take(1, RightBrace),
            b']' => self.take(1, RightBracket),
            b';' => self.take(1, Semicolon),
            b'+' => self.take(1, Plus),
            b'-' => self.take(1, Minus),
            b'*' => self.take(1, Star),
            b'%' => self.take(1, Percent),
            b'^' => self.take(1, Caret),
            b'#' => self.take(1, Hash),
            b'&' => self.take(1, Ampersand),
            b'|' => self.take(1, Pipe),
            _ => self.take(1, Unknown),
        }
    }

    /// A numeral, found as `read_numeral` of PUC-Rio finds it: too much is taken, and then the
    /// whole must be well-formed.
    fn numeral(&mut self) -> TokenKind {
        let start = self.at;
        // Whether it is hexadecimal is asked only after a point it may begin with.
        self.at += usize::from(self.ahead(0) == Some(b'.'));
        let mut exponent = (b'e', b'E');
        if self.ahead(0) == Some(b'0') && matches!(self.ahead(1), Some(b'x' | b'X')) {
            exponent = (b'p', b'P');
            self.at += 2;
        } else {
            self.at += 1;
        }
        while let Some(byte) = self.ahead(0) {
            if byte == exponent.0 || byte == exponent.1 {
                self.at += 1;
                if matches!(self.ahead(0), Some(b'+' | b'-')) {
                    self.at += 1;
                }
            } else if CLASSES[byte as usize] & NUMERAL != 0 {
                self.at += 1;
            } else {
                break;
            }
        }
        let touches = matches!(self.ahead(0), Some(b) if b.is_ascii_alphabetic() || b == b'_');
        if !touches {
            match numeral_value(&self.source[start..self.at]) {
                Some(Number::Integer(_)) => return TokenKind::Integer,
                Some(Number::Float(_)) => return TokenKind::Float,
                None => {}
            }
        }
        // PUC-Rio's message has the first letter that touches the numeral; the token has all.
        let shown = self.at + usize::from(touches);
        self.skip(NAME);
        let near = Near::text(self.source[start..shown].to_vec());
        self.error(DiagnosticKind::MalformedNumber, start, self.at, shown, near);
        TokenKind::Error
    }

    fn short_string(&mut self, quote: u8) -> TokenKind {
        let start = self.at;
        let mut is_good = true;
        self.at += 1;
        loop {
            self.skip(PLAIN);
            match self.ahead(0) {
                Some(b'\\') => match read_escape(self.source, self.at) {
                    Ok(escape) => self.at = escape.end,
                    Err(bad) => {
                        // One error for a string is enough, and keeps the texts of all errors
                        // together shorter than the source.
                        if is_good {
                            let mut near = self.string_so_far(start);
                            near.extend_from_slice(&self.source[self.at..bad.end]);
                            // The last byte read may be a line break, not yet counted.
                            let position = bad.end - 1;
                            self.error(bad.kind, self.at, bad.end, position, Near::text(near));
                        }
                        is_good = false;
                        self.at += 1;
                        self.skip_escaped();
                    }
                },
                Some(b'\n' | b'\r') => {
                    if is_good {
                        let near = Near::text(self.string_so_far(start));
                        let kind = DiagnosticKind::UnfinishedString;
                        self.error(kind, start, self.at, self.at, near);
                    }
                    return TokenKind::Error;
                }
                None => {
                    if is_good {
                        let kind = DiagnosticKind::UnfinishedString;
                        self.error(kind, start, self.at, self.at, Near::EndOfFile);
                    }
                    return TokenKind::Error;
                }
                Some(byte) => {
                    self.at += 1;
                    if byte == quote {
                        return if is_good { TokenKind::String } else { TokenKind::Error };
                    }
                }
            }
        }
    }

    /// After the backslash of a malformed escape: goes past the byte after it where that would
    /// otherwise be taken for the end of the string or the start of another escape.
    fn skip_escaped(&mut self) {
        if matches!(self.ahead(0), Some(b'\\' | b'"' | b'\'')) {
            self.at += 1;
        }
    }

    /// A string in quotes as PUC-Rio's lexer has it in its buffer at this point.
    fn string_so_far(&self, start: usize) -> Vec<u8> {
        let mut text = vec![self.source[start]];
        append_unescaped(&self.source[start + 1..self.at], &mut text);
        text
    }

    /// After `--`: a long comment if a long bracket follows, otherwise the rest of the line.
    fn comment(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 2;
        if let Bracket::Long(level) = self.bracket() {
            self.at += level + 2;
            if !self.long_body(level) {
                let line = LineIndex::new(&self.source[..start]).count();
                let kind = DiagnosticKind::UnfinishedLongComment { line };
                self.error(kind, start, self.at, self.at, Near::EndOfFile);
                return TokenKind::Error;
            }
            return TokenKind::LongComment;
        }
        self.skip_line();
        TokenKind::Comment
    }

    fn left_bracket(&mut self) -> TokenKind {
        let start = self.at;
        match self.bracket() {
            Bracket::Single => self.take(1, TokenKind::LeftBracket),
            Bracket::Long(level) => {
                self.at += level + 2;
                if self.long_body(level) {
                    return TokenKind::LongString;
                }
                let line = LineIndex::new(&self.source[..start]).count();
                let kind = DiagnosticKind::UnfinishedLongString { line };
                self.error(kind, start, self.at, self.at, Near::EndOfFile);
                TokenKind::Error
            }
            Bracket::Broken(level) => {
                self.at += level + 1;
                let near = Near::text(self.source[start..self.at].to_vec());
                let kind = DiagnosticKind::InvalidLongStringDelimiter;
                self.error(kind, start, self.at, self.at, near);
                TokenKind::Error
            }
        }
    }

    /// What the next bytes are, if anything, of a long bracket's opening.
    fn bracket(&self) -> Bracket {
        let rest = &self.source[self.at..];
        if rest.first() != Some(&b'[') {
            return Bracket::Single;
        }
        let level = rest[1..].iter().take_while(|&&b| b == b'=').count();
        match rest.get(level + 1) {
            Some(b'[') => Bracket::Long(level),
            _ if level == 0 => Bracket::Single,
            _ => Bracket::Broken(level),
        }
    }

    /// Goes past the text of a long string or comment and the bracket that ends it. False if
    /// the source ends first.
    fn long_body(&mut self, level: usize) -> bool {
        loop {
            let rest = &self.source[self.at..];
            let Some(found) = rest.iter().position(|&b| b == b']') else {
                self.at = self.source.len();
                return false;
            };
            let rest = &rest[found + 1..];
            let equals = rest.iter().take_while(|&&b| b == b'=').count();
            self.at += found + 1 + equals;
            if equals == level && rest.get(equals) == Some(&b']') {
                self.at += 1;
                return true;
            }
        }
    }

    /// Records why the token that will be pushed next is an error.
    #[cold]
    fn error(
        &mut self,
        kind: DiagnosticKind,
        start: usize,
        end: usize,
        position: usize,
        near: Near,
    ) {
        // Nobody can come to the errors after so many without coming to these first.
        if self.errors.len() < DIAGNOSTICS_LIMIT {
            self.errors.push(LexError {
                token: TokenId(self.tokens.len() as u32 + u32::from(self.batch.len)),
                kind,
                span: Span { start: start as u32, end: end as u32 },
                position: position as u32,
                near,
            });
        }
    }
}

/// What a `[` begins.
enum Bracket {
    /// No long bracket.
    Single,
    /// A long bracket with so many `=`.
    Long(usize),
    /// So many `=`, more than none, but no second bracket.
    Broken(usize),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(source: &[u8]) -> Vec<(TokenKind, &[u8])> {
        let tokens = lex(source);
        let all = tokens.all().iter().map(|id| (tokens.kind(id), tokens.text(id, source)));
        let all: Vec<_> = all.collect();
        assert_eq!(all.iter().flat_map(|(_, text)| text.to_vec()).collect::<Vec<u8>>(), source);
        all
    }

    fn kinds_only(source: &str) -> Vec<TokenKind> {
        let all = kinds(source.as_bytes()).into_iter().map(|(kind, _)| kind);
        all.filter(|kind| !kind.is_trivia()).collect()
    }

    #[test]
    fn every_fixed_token_is_one_token() {
        for &kind in TokenKind::ALL.iter().filter(|kind| kind.is_fixed()) {
            // Not at the start, where a `#` would begin a first line to be skipped.
            let source = format!(" {}", kind.text());
            assert_eq!(kinds_only(&source), [kind, TokenKind::EndOfFile]);
        }
    }

    #[test]
    fn bytes_of_names() {
        for byte in 0..=u8::MAX {
            let is_name = byte.is_ascii_alphanumeric() || byte == b'_';
            for at in 0..8 {
                let mut bytes = *b"aZ_09zA_";
                bytes[at] = byte;
                let expected = if is_name { 8 } else { at };
                assert_eq!(name_bytes(u64::from_le_bytes(bytes)), expected, "{bytes:?}");
            }
        }
    }

    #[test]
    fn longest_match() {
        use TokenKind::*;
        assert_eq!(kinds_only("...."), [Ellipsis, Dot, EndOfFile]);
        assert_eq!(kinds_only("::::: "), [DoubleColon, DoubleColon, Colon, EndOfFile]);
        assert_eq!(
            kinds_only("<<<=>>>=="),
            [ShiftLeft, LessEqual, ShiftRight, GreaterEqual, Assign, EndOfFile]
        );
        assert_eq!(kinds_only("a--b\n-c"), [Name, Minus, Name, EndOfFile]);
        assert_eq!(kinds_only("a.b..c"), [Name, Dot, Name, Concat, Name, EndOfFile]);
    }

    #[test]
    fn numerals() {
        use TokenKind::*;
        for text in ["0", "345", "0xff", "0xBEBADA", "0XA", "08"] {
            assert_eq!(kinds_only(text), [Integer, EndOfFile], "{text}");
        }
        for text in [
            "3.0",
            ".5",
            "3.",
            "314.16e-2",
            "0.31416E1",
            "34e1",
            "0x0.1E",
            "0xA23p-4",
            "0X1.921FB54442D18P+1",
            "9223372036854775808",
            "0x.8",
        ] {
            assert_eq!(kinds_only(text), [Float, EndOfFile], "{text}");
        }
        for text in ["3x", "0x", "1e", "1e+", "1..2", "0xp1", "3_", "0x1p", "1.2.3", "3abcg"] {
            assert_eq!(kinds_only(text), [Error, EndOfFile], "{text}");
        }
        assert_eq!(kinds_only("3-4"), [Integer, Minus, Integer, EndOfFile]);
        assert_eq!(kinds_only("0xe+1"), [Integer, Plus, Integer, EndOfFile]);
    }

    #[test]
    fn comments_and_headers() {
        use TokenKind::*;
        assert_eq!(
            kinds(b"\xEF\xBB\xBF#!/bin/lua\r\nx"),
            [
                (ByteOrderMark, &b"\xEF\xBB\xBF"[..]),
                (Shebang, b"#!/bin/lua"),
                (Whitespace, b"\r\n"),
                (Name, b"x"),
                (EndOfFile, b""),
            ]
        );
        assert_eq!(
            kinds(b"--[==[ ]] ]=]\n]==]--[=x\n--"),
            [
                (LongComment, &b"--[==[ ]] ]=]\n]==]"[..]),
                (Comment, b"--[=x"),
                (Whitespace, b"\n"),
                (Comment, b"--"),
                (EndOfFile, b""),
            ]
        );
        assert_eq!(kinds(b"--[[x"), [(Error, &b"--[[x"[..]), (EndOfFile, b"")]);
    }

    #[test]
    fn strings() {
        use TokenKind::*;
        for text in ["'a\"b'", "\"\\\"\"", "'\\z \n x'", "'\\\r\n'", "'\\u{7fffffff}'"] {
            assert_eq!(kinds_only(text), [String, EndOfFile], "{text}");
        }
        for text in ["[[]]", "[=[]]]=]", "[==[\n]=]]==]"] {
            assert_eq!(kinds_only(text), [LongString, EndOfFile], "{text}");
        }
        for text in ["'a", "[[]", "[=", "[==[]=]", "'\\q'", "'\\400\\q'", "'\\xg\\''"] {
            assert_eq!(kinds_only(text), [Error, EndOfFile], "{text}");
        }
        assert_eq!(kinds_only("'a\nb"), [Error, Name, EndOfFile]);
    }

    #[test]
    fn line_breaks_end_short_comments() {
        assert_eq!(kinds_only("--a\rb"), [TokenKind::Name, TokenKind::EndOfFile]);
    }
}
