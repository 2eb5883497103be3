//! The `luster` command.
use std::process::exit;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let source = std::fs::read(&args[0]).unwrap();
    let source = if source.starts_with(b"#") { [b"--", &source[..]].concat() } else { source };
    let lua = luster::Lua::with_all_libraries();
    if let Err(e) = lua.load(&source).set_name(format!("@{}", args[0])).set_arguments(args[1..].iter().map(|s| s.as_bytes())).exec() {
        if let luster::ErrorKind::Exit(s) = e.kind() { drop(lua); exit(s) }
        drop(lua);
        eprintln!("luster: {e}");
        exit(1);
    }
}
