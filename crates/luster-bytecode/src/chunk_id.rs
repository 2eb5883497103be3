//! How messages name a chunk.
//!
//! The rules are those of `luaO_chunkid` in PUC-Rio's `lobject.c`, since scripts see the result
//! in error messages and as `short_src` of `debug.getinfo`.

use std::ffi::CStr;

/// The longest id, PUC-Rio's `LUA_IDSIZE` without the zero byte at the end.
const MAX_LEN: usize = 59;

/// The name of a chunk as messages show it: `=name` and `@file` without their first byte, any
/// other name as `[string "its first line"]`, at most 59 bytes.
///
/// ```
/// use luster_bytecode::chunk_id;
///
/// assert_eq!(chunk_id(b"@dir/file.lua"), b"dir/file.lua");
/// assert_eq!(chunk_id(b"=stdin"), b"stdin");
/// assert_eq!(chunk_id(b"x = 1\ny = 2"), b"[string \"x = 1...\"]");
/// ```
pub fn chunk_id(name: &[u8]) -> Vec<u8> {
    const DOTS: &[u8] = b"...";
    const OPEN: &[u8] = b"[string \"";
    const CLOSE: &[u8] = b"\"]";
    // To PUC-Rio a name is a C string. It may have megabytes, of which no more is looked at than is shown.
    let name = match name {
        [b'@', ..] => CStr::from_bytes_until_nul(name).map_or(name, CStr::to_bytes),
        _ => {
            let beginning = &name[..name.len().min(MAX_LEN + 2)];
            CStr::from_bytes_until_nul(beginning).map_or(beginning, CStr::to_bytes)
        }
    };
    match name {
        [b'=', rest @ ..] => rest[..rest.len().min(MAX_LEN)].to_vec(),
        [b'@', rest @ ..] if rest.len() <= MAX_LEN => rest.to_vec(),
        [b'@', rest @ ..] => [DOTS, &rest[rest.len() - (MAX_LEN - DOTS.len())..]].concat(),
        _ => {
            let room = MAX_LEN - OPEN.len() - DOTS.len() - CLOSE.len();
            let line_end = name.iter().position(|&byte| byte == b'\n');
            if line_end.is_none() && name.len() < room {
                return [OPEN, name, CLOSE].concat();
            }
            let line = &name[..line_end.unwrap_or(name.len()).min(room)];
            [OPEN, line, DOTS, CLOSE].concat()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> String {
        String::from_utf8(chunk_id(name.as_bytes())).unwrap()
    }

    #[test]
    fn literal_names_are_cut_at_the_end() {
        assert_eq!(id("="), "");
        assert_eq!(id(&format!("={}", "x".repeat(59))), "x".repeat(59));
        assert_eq!(id(&format!("={}", "x".repeat(500))), "x".repeat(59));
    }

    #[test]
    fn file_names_are_cut_at_the_start() {
        assert_eq!(id(&format!("@{}", "p".repeat(59))), "p".repeat(59));
        assert_eq!(id(&format!("@{}t", "p".repeat(100))), format!("...{}t", "p".repeat(55)));
    }

    #[test]
    fn names_end_at_a_zero_wherever_it_is() {
        let long = "y".repeat(1000);
        assert_eq!(id(&format!("@{}\0z", "p".repeat(200))), format!("...{}", "p".repeat(56)));
        assert_eq!(id(&format!("=a\0{long}")), "a");
        assert_eq!(
            id(&format!("{}\0{long}", "x".repeat(44))),
            format!("[string \"{}\"]", "x".repeat(44))
        );
        assert_eq!(
            id(&format!("{}\0", "x".repeat(60))),
            format!("[string \"{}...\"]", "x".repeat(45))
        );
    }

    #[test]
    fn sources_show_their_first_line() {
        assert_eq!(id(""), "[string \"\"]");
        assert_eq!(id("\nx"), "[string \"...\"]");
        assert_eq!(id(&"x".repeat(44)), format!("[string \"{}\"]", "x".repeat(44)));
        assert_eq!(id(&"x".repeat(45)), format!("[string \"{}...\"]", "x".repeat(45)));
        assert_eq!(id(&"x".repeat(99)), format!("[string \"{}...\"]", "x".repeat(45)));
    }
}
