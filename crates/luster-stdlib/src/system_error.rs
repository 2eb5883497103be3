//! Errors of the operating system in the form in which library functions return them.

use std::ffi::OsString;
use std::io;

use luster_value::{Context, Stack, Value, quoted};

/// An error by its number on Unix systems.
pub(crate) fn by_number(number: i32, kind: io::ErrorKind) -> io::Error {
    if cfg!(unix) { io::Error::from_raw_os_error(number) } else { kind.into() }
}

/// The system's text for an error, as C's `strerror` gives it.
pub(crate) fn text(error: &io::Error) -> String {
    let mut text = error.to_string();
    if error.raw_os_error().is_some()
        && let Some(end) = text.rfind(" (os error ")
    {
        text.truncate(end);
    }
    text
}

/// What many functions of `io` and `os` return (`luaL_fileresult` in PUC-Rio's `lauxlib.c`): `true`,
/// or nil, a message that begins with the file's name, and the error's number.
pub(crate) fn file_result<'gc>(
    ctx: Context<'gc>,
    stack: &mut Stack<'_, 'gc>,
    result: io::Result<()>,
    file_name: Option<&[u8]>,
) {
    match result {
        Ok(()) => stack.replace(Value::True),
        Err(error) => {
            let mut message = Vec::new();
            if let Some(name) = file_name {
                message.extend(&*quoted(name));
                message.extend(b": ");
            }
            message.extend(text(&error).bytes());
            let number = i64::from(error.raw_os_error().unwrap_or(0));
            stack.replace3(Value::Nil, ctx.string(message), Value::Integer(number));
        }
    }
}

/// What it costs to have the system do what takes it hardly any time.
pub(crate) const SYSTEM_FUEL: usize = 50;

/// What it costs to have the system look for a file, or read or write a little of one.
pub(crate) const FILE_FUEL: usize = 100;

/// What it costs to pass a name or another text to the system, which copies it more than once.
pub(crate) fn text_fuel(text: &[u8]) -> usize {
    text.len() / 16
}

/// A string of Lua as a file's name, or that of an environment variable. Of a very long one it is the
/// beginning: no system takes names that long, whatever comes next.
pub(crate) fn os_name(bytes: &[u8]) -> OsString {
    const LONGEST: usize = 1 << 18;
    os_string(&bytes[..bytes.len().min(LONGEST)])
}

/// A string of Lua as a name that the operating system takes.
#[cfg(unix)]
pub(crate) fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStrExt;
    std::ffi::OsStr::from_bytes(bytes).to_os_string()
}

/// A string of Lua as a name that the operating system takes.
#[cfg(not(unix))]
pub(crate) fn os_string(bytes: &[u8]) -> OsString {
    String::from_utf8_lossy(bytes).into_owned().into()
}

/// A name from the operating system as bytes for Lua.
#[cfg(unix)]
pub(crate) fn os_bytes(name: OsString) -> Vec<u8> {
    use std::os::unix::ffi::OsStringExt;
    name.into_vec()
}

/// A name from the operating system as bytes for Lua.
#[cfg(not(unix))]
pub(crate) fn os_bytes(name: OsString) -> Vec<u8> {
    name.to_string_lossy().into_owned().into_bytes()
}
