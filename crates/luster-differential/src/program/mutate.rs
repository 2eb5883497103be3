//! Programs with something wrong in their text, for the messages of the compiler. They are compiled
//! and not run, since what is left of a loop may not end.

use crate::random::Random;

/// What is put somewhere into a text.
const PIECES: &[&str] = &[
    "end",
    "=",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    "local",
    "function",
    "if",
    "then",
    "else",
    "elseif",
    "for",
    "in",
    "do",
    "while",
    "repeat",
    "until",
    "return",
    "break",
    "goto",
    "goto nowhere",
    "::x::",
    "::x:: ::x::",
    "not",
    "and",
    "or",
    "nil",
    "...",
    "..",
    ".",
    ":",
    "::",
    ";",
    ",",
    "#",
    "~",
    "~=",
    "//",
    "<<",
    "<const>",
    "<close>",
    "<foo>",
    "global",
    "global x",
    "global *",
    "global <const> *",
    "global function f() end",
    "1",
    "0x",
    "1e",
    "3..2",
    "'open",
    "\"open",
    "'\\q'",
    "'\\400'",
    "'\\u{110000000}'",
    "'\\xZZ'",
    "'\\u{12'",
    "'\\z  x'",
    "[[open",
    "[==[ open ]=]",
    "--[[ open",
    "-- comment",
    "@",
    "$",
    "!",
    "?",
    "`",
    "\\",
    "\u{7f}",
    "é",
    "x",
    "x y",
    "x = 1",
    "f()",
    "f{}",
    "f''",
    "a.b.c",
    "a:b()",
    "a:b",
    "local x <const> = 1; x = 2",
    "local a <close>, b <close> = 1",
];

/// The text with a few pieces put into it, taken out of it, or changed.
pub(super) fn mutate(text: &str, random: &mut Random) -> String {
    let mut words: Vec<&str> = text.split_inclusive([' ', '\n', '(', ')', ',']).collect();
    // What is behind the first fault is not looked at: a short text is as good as a long one.
    let start = random.below(words.len());
    words.drain(..start.min(words.len().saturating_sub(40)));
    words.truncate(60);
    for _ in 0..=random.below(2) {
        let at = random.below(words.len());
        match random.below(4) {
            0 => {
                words.remove(at);
            }
            1 => words.insert(at, words[random.below(words.len())]),
            _ => words.insert(at, *random.pick(PIECES)),
        }
        words.insert((at + 1).min(words.len()), " ");
    }
    words.concat().replace("]=====]", "")
}
