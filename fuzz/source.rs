//! Changes to Lua source that know its tokens: most of what bytes changed at random make of a program is
//! refused by the parser, while most of these compile, and so reach the VM.

use luster::syntax::{TokenKind, parse};

/// What is put somewhere between two tokens. An underscore stands for a name that the source has.
const PIECES: &[&str] = &[
    "local _ = _",
    "local _ <close> = setmetatable({}, { __close = function(...) _ = ... end })",
    "local _ <const> = 1",
    "local function _(_, ...) return _(...) end",
    "global _; ",
    "global *; ",
    "_ = function(...) local _ = ...; return _, ... end",
    "_ = coroutine.wrap(function(...) _ = coroutine.yield(...) return _ end)",
    "_ = setmetatable({}, { __index = function(_, _) return _ end, __newindex = _, __call = _ })",
    "_ = setmetatable({}, { __gc = function(_) _ = _ end, __mode = 'k' })",
    "_ = setmetatable({ _ }, { __add = _, __concat = _, __eq = _, __lt = _, __len = _, __unm = _ })",
    "for _ = 1, 3 do _ = _ end",
    "for _ = 3, 1, -1 do local _ = function() return _ end end",
    "for _, _ in pairs(_) do _[_] = nil end",
    "for _, _ in _, _, _, _ do break end",
    "while _ do _ = nil end",
    "repeat local _ = _ until _",
    "if _ then _ = _ elseif _ == _ then return _ else goto _ end",
    "do local _ = _ goto _ end ::_::",
    "pcall(_, _)",
    "xpcall(_, function(...) return _, ... end, _)",
    "error(_)",
    "select('#', _, ...)",
    "table.sort(_, function(_, _) return _ < _ end)",
    "string.gsub(_, '.', function(...) return _(...) end)",
    "coroutine.yield(_)",
    "coroutine.close(_)",
    "collectgarbage(_)",
    "string.dump(_)",
    "load(string.dump(function() return _ end), '_', 'b')",
    "debug.sethook(function(...) _(...) end, 'crl', 1)",
    "{ _, _ = _, [_] = _, ... }",
    "_._",
    "_:_(_)",
    "_[_]",
    "_(...)",
    "(_)",
    "(...)",
    " .. _",
    " and _ or _",
    "not _",
    "-_",
    "~_",
    "#_",
    "0x7fffffffffffffff",
    "1e308",
    "nil",
    "return _(_)",
    "return",
    "break",
];

/// The operators that stand between two operands.
const OPERATORS: &[&str] = &[
    "+", "-", "*", "/", "//", "%", "^", "&", "|", "~", "<<", ">>", "..", "==", "~=", "<", ">",
    "<=", ">=", "and", "or",
];

const NUMERALS: &[&str] = &[
    "0",
    "1",
    "2",
    "-1",
    "127",
    "128",
    "255",
    "256",
    "1.5",
    "0.0",
    "1e15",
    "2^53",
    "1e308",
    "0x7fffffffffffffff",
    "math.mininteger",
    "(0/0)",
    "32767",
    "65536",
];

/// Choices that follow from a seed: SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    fn pick<'a, T: ?Sized>(&mut self, choices: &[&'a T]) -> &'a T {
        choices[self.below(choices.len())]
    }
}

/// Changes a source of `size` bytes in `data`, and gives its new size, which is at most `most`: every third
/// time as libFuzzer does, and otherwise by tokens. Its parameters are those of `fuzz_mutator!`.
pub fn mutate(data: &mut [u8], size: usize, most: usize, seed: u32) -> usize {
    let random = &mut Random(seed.into());
    // Those by tokens would not do much for long sources, and take long.
    if size == 0 || size > 20_000 || random.below(3) == 0 {
        return libfuzzer_sys::fuzzer_mutate(data, size, most);
    }
    let mut source = data[..size].to_vec();
    for _ in 0..=random.below(3) {
        source = changed(&source, random);
    }
    let size = source.len().min(most);
    data[..size].copy_from_slice(&source[..size]);
    size
}

/// A source with one change.
fn changed(source: &[u8], random: &mut Random) -> Vec<u8> {
    let table = parse(source).tokens;
    let tokens: Vec<(TokenKind, &[u8])> = table
        .all()
        .iter()
        .map(|token| (table.kind(token), table.text(token, source)))
        .filter(|(kind, text)| !kind.is_trivia() && !text.is_empty())
        .collect();
    let names: Vec<&[u8]> = of_kind(&tokens, |kind| kind == TokenKind::Name);
    if tokens.is_empty() {
        return random.pick(PIECES).as_bytes().to_vec();
    }
    let mut texts: Vec<Vec<u8>> = tokens.iter().map(|(_, text)| text.to_vec()).collect();
    let at = random.below(tokens.len());
    let some = 1 + random.below(8).min(random.below(24));
    let end = (at + some).min(tokens.len());
    match random.below(10) {
        0 => drop(texts.drain(at..end)),
        // What stands here goes there as well.
        1 | 2 => {
            let place = random.below(tokens.len() + 1);
            let part = texts[at..end].to_vec();
            texts.splice(place..place, part);
        }
        // Statements begin on lines of their own, and so whole ones are taken.
        3 => {
            let lines: Vec<&[u8]> = source.split(|&byte| byte == b'\n').collect();
            let mut lines: Vec<Vec<u8>> = lines.iter().map(|line| line.to_vec()).collect();
            let (from, count) = (random.below(lines.len()), 1 + random.below(4));
            let part = lines[from..(from + count).min(lines.len())].to_vec();
            let place = random.below(lines.len() + 1);
            lines.splice(place..place, part);
            return lines.join(&b'\n');
        }
        4..=6 => texts[at] = replacement(&tokens, at, &names, random),
        _ => {
            let mut piece = Vec::new();
            for byte in random.pick(PIECES).bytes() {
                match byte {
                    b'_' if !names.is_empty() => piece.extend(random.pick(&names)),
                    _ => piece.push(byte),
                }
            }
            texts.insert(at, piece);
        }
    }
    lay_out(&texts)
}

/// The texts of the tokens of some kinds.
fn of_kind<'a>(
    tokens: &[(TokenKind, &'a [u8])],
    is_it: impl Fn(TokenKind) -> bool,
) -> Vec<&'a [u8]> {
    tokens.iter().filter(|(kind, _)| is_it(*kind)).map(|(_, text)| *text).collect()
}

/// Something that may stand where a token stands.
fn replacement(
    tokens: &[(TokenKind, &[u8])],
    at: usize,
    names: &[&[u8]],
    random: &mut Random,
) -> Vec<u8> {
    let (kind, text) = tokens[at];
    match kind {
        TokenKind::Name => random.pick(names).to_vec(),
        TokenKind::Integer | TokenKind::Float => random.pick(NUMERALS).into(),
        TokenKind::String | TokenKind::LongString => {
            let strings = of_kind(tokens, |other| other == kind);
            match random.below(3) {
                0 if !names.is_empty() => random.pick(names).to_vec(),
                1 => random.pick(NUMERALS).into(),
                _ => random.pick(&strings).to_vec(),
            }
        }
        TokenKind::Nil | TokenKind::True | TokenKind::False | TokenKind::Ellipsis => {
            random.pick(&["nil", "true", "false", "...", "{}"]).into()
        }
        _ if OPERATORS.iter().any(|operator| operator.as_bytes() == text) => {
            random.pick(OPERATORS).into()
        }
        _ => random.pick(&of_kind(tokens, |_| true)).to_vec(),
    }
}

/// Tokens as source: each statement on a line of its own, nearly, since hooks and messages see lines.
fn lay_out(texts: &[Vec<u8>]) -> Vec<u8> {
    const FIRST: &[&[u8]] = &[b"local", b"for", b"if", b"while", b"repeat", b"return", b"end"];
    let mut source = Vec::new();
    for text in texts {
        if !source.is_empty() {
            source.push(if FIRST.contains(&text.as_slice()) { b'\n' } else { b' ' });
        }
        source.extend(text);
    }
    source
}
