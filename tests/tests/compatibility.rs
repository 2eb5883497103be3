//! `docs/compatibility.md` is complete: what a VM with all libraries has in its global tables has a
//! row there, what has a row is there, and every metamethod of the manual is named.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use luster::Lua;

/// Lists globals, the libraries' fields and the methods of files, one a line.
const LIST: &str = "
local names = {}
local function add(prefix, t)
  for name, value in next, t do
    if type(value) ~= 'table' or prefix ~= '' or name == '_G' then names[#names + 1] = prefix .. name end
  end
end
add('', _G)
for name, library in next, _G do
  if type(library) == 'table' and name ~= '_G' and name ~= 'arg' then add(name .. '.', library) end
end
add('file:', getmetatable(io.stdout).__index)
return table.concat(names, '\\n')";

const METAMETHODS: &str = "__add __sub __mul __div __mod __pow __unm __idiv __band __bor __bxor \
    __shl __shr __bnot __concat __len __eq __lt __le __index __newindex __call __close __gc __mode \
    __name __tostring __pairs __metatable";

/// What stands between backquotes in the first column of the tables whose first column is `heading`.
/// On the way, that every row of every table has a state, and a reason if it differs.
fn rows(heading: &str) -> BTreeSet<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/compatibility.md");
    let text = fs::read_to_string(path).expect("a readable document");
    let mut names = BTreeSet::new();
    let mut current = "";
    for line in text.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [first, state, reason] = cells[..] else { panic!("not three columns: {line}") };
        match state {
            "state" => current = first,
            "---" | "works" => {}
            "differs" => assert!(!reason.is_empty(), "no reason: {line}"),
            _ => panic!("unknown state: {line}"),
        }
        if current == heading {
            for name in first.split('`').skip(1).step_by(2) {
                assert!(names.insert(name.to_owned()), "{name} has two rows");
            }
        }
    }
    names
}

#[test]
fn every_function_has_a_row_and_every_row_a_function() {
    let rows = rows("function");
    let lua = Lua::with_all_libraries();
    let list: String = lua.load(LIST).eval().expect("it runs");
    let there: BTreeSet<String> = list.lines().map(str::to_owned).collect();
    let missing: Vec<_> = there.difference(&rows).collect();
    assert!(missing.is_empty(), "without a row: {missing:?}");
    let gone: Vec<_> = rows.difference(&there).collect();
    assert!(gone.is_empty(), "with a row, but not there: {gone:?}");
}

#[test]
fn every_metamethod_has_a_row() {
    let expected: BTreeSet<String> = METAMETHODS.split_whitespace().map(str::to_owned).collect();
    assert_eq!(rows("metamethod"), expected);
}
