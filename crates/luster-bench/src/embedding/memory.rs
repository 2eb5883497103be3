//! The memory of a VM: what a host has less of for it, counted where it is allocated.

use super::Fallible;
use crate::counting::bytes_of;

/// What is made, and the script that then runs in it, if one does.
pub(super) const ROWS: &[(&str, Option<&str>)] = &[
    ("bytes of a fresh VM with all libraries", None),
    ("bytes after an empty chunk", Some("")),
    ("bytes after a first global", Some("local t = type(1)")),
    ("bytes after functions of three libraries", Some(THREE)),
    ("bytes after all libraries are in use", Some(ALL)),
];

/// A script as they are short.
const THREE: &str = "local t = {} for i = 1, 3 do table.insert(t, math.floor(i)) end \
                     return ('%d'):rep(3):format(t[1], t[2], t[3])";

/// A script that touches every library that both have.
const ALL: &str = "local t = { coroutine.wrap, table.insert, math.floor, os.time, utf8.char, io.write, \
                   package.path, string.rep, require, ('x'):rep(2) }";

/// The bytes of luster and of mlua. Of the first VM in a process more may be kept than of others.
pub(super) fn measure(script: Option<&str>) -> Fallible<(usize, usize)> {
    let luster = || bytes_of(|| luster_vm(script));
    let mlua = || bytes_of(|| mlua_vm(script));
    luster().0?;
    mlua().0?;
    let ((luster, luster_bytes), (mlua, mlua_bytes)) = (luster(), mlua());
    luster?;
    mlua?;
    Ok((luster_bytes, mlua_bytes))
}

fn luster_vm(script: Option<&str>) -> Fallible<luster::Lua> {
    let lua = luster::Lua::with_all_libraries();
    if let Some(script) = script {
        lua.load(script).exec()?;
    }
    Ok(lua)
}

/// mlua's has all but `debug`.
fn mlua_vm(script: Option<&str>) -> Fallible<mlua::Lua> {
    let lua = mlua::Lua::new();
    if let Some(script) = script {
        lua.load(script).exec()?;
    }
    Ok(lua)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_vm_takes_less_than_half_of_the_memory() {
        for &(name, script) in &ROWS[..2] {
            let (luster, mlua) = measure(script).expect("both run it");
            assert!(luster * 2 < mlua, "{name}: {luster} of {mlua}");
        }
    }

    #[test]
    fn all_scripts_run_on_both() {
        for (name, script) in ROWS {
            let (luster, mlua) = measure(*script).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(luster > 1000 && mlua > 1000, "{name}: {luster}, {mlua}");
        }
    }
}
