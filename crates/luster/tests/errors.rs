//! Errors as a person sees them: `Display` and `render`, pinned as snapshots.

use insta::assert_snapshot;
use luster::{Class, Error, ErrorKind, Function, Lua, Result, UserData};

/// The error of a chunk with the name `game`.
#[track_caller]
fn error_of(lua: &Lua, source: &str) -> Error {
    lua.load(source).set_name("@game.lua").exec().expect_err("it should fail")
}

#[track_caller]
fn rendered(source: &str) -> String {
    error_of(&Lua::new(), source).render()
}

#[test]
fn syntax_errors() {
    assert_snapshot!(rendered("local x = = 1"), @r###"
error: game.lua:1: unexpected symbol near '='
 --> game.lua:1:11
  |
1 | local x = = 1
  |           ^
"###);
    assert_snapshot!(rendered("for i = 1 do end"), @r###"
error: game.lua:1: ',' expected near 'do'
 --> game.lua:1:11
  |
1 | for i = 1 do end
  |           ^^
"###);
    assert_snapshot!(rendered("if x then\n  print(x)\n"), @r###"
error: game.lua:3: 'end' expected (to close 'if' at line 1) near <eof>
 --> game.lua:2:12
  |
2 |   print(x)
  |           ^
"###);
    assert_snapshot!(rendered("local s = 'open\nprint(s)"), @r###"
error: game.lua:1: unfinished string near ''open'
 --> game.lua:1:11
  |
1 | local s = 'open
  |           ^^^^^
"###);
    assert_snapshot!(rendered("local s = [[open\nand on"), @r###"
error: game.lua:2: unfinished long string (starting at line 1) near <eof>
 --> game.lua:1:11
  |
1 |   local s = [[open
  |  ___________^
2 | | and on
  | |______^
"###);
    assert_snapshot!(rendered("local x <const> = 1\nx = 2"), @r###"
error: game.lua:2: attempt to assign to const variable 'x'
 --> game.lua:2:1
  |
2 | x = 2
  | ^
"###);
    assert_snapshot!(rendered("goto nowhere"), @r###"
error: game.lua:1: no visible label 'nowhere' for <goto> at line 1
 --> game.lua:1:6
  |
1 | goto nowhere
  |      ^^^^^^^
"###);
    assert_snapshot!(rendered("break"), @r###"
error: game.lua:1: break outside loop near 'break'
 --> game.lua:1:1
  |
1 | break
  | ^^^^^
"###);
    assert_snapshot!(rendered("x = 1 + @"), @r###"
error: game.lua:1: unexpected symbol near '@'
 --> game.lua:1:9
  |
1 | x = 1 + @
  |         ^
"###);
    assert_snapshot!(rendered("return 1 2"), @r###"
error: game.lua:1: <eof> expected near '2'
 --> game.lua:1:10
  |
1 | return 1 2
  |          ^
"###);
    assert_snapshot!(rendered("local s = '\\q'"), @r###"
error: game.lua:1: invalid escape sequence near ''\q'
 --> game.lua:1:12
  |
1 | local s = '\q'
  |            ^^
"###);
    assert_snapshot!(rendered("x = 3x"), @r###"
error: game.lua:1: malformed number near '3x'
 --> game.lua:1:5
  |
1 | x = 3x
  |     ^^
"###);
}

#[test]
fn kinds_of_syntax_errors() {
    let kind = |source| error_of(&Lua::new(), source).kind();
    assert_eq!(kind("if x then"), ErrorKind::Syntax { incomplete: true });
    assert_eq!(kind("x = ="), ErrorKind::Syntax { incomplete: false });
}

#[test]
fn runtime_errors() {
    assert_snapshot!(rendered("local t = {}\nlocal n = 1 + t.count\nprint(n)"), @r###"
error: game.lua:2: attempt to perform arithmetic on a nil value (field 'count')
 --> game.lua:2:13
  |
2 | local n = 1 + t.count
  |             ^
stack traceback:
	game.lua:2: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("local function f(t)\n  return t.a.b.c\nend\nf({ a = {} })"), @r###"
error: game.lua:2: attempt to index a nil value (field 'b')
 --> game.lua:2:16
  |
2 |   return t.a.b.c
  |                ^
stack traceback:
	game.lua:2: in local 'f'
	game.lua:4: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("undefined_function('x')"), @r###"
error: game.lua:1: attempt to call a nil value (global 'undefined_function')
 --> game.lua:1:19
  |
1 | undefined_function('x')
  |                   ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("local s = 'x'\ns:nothing()"), @r###"
error: game.lua:2: attempt to call a nil value (method 'nothing')
 --> game.lua:2:10
  |
2 | s:nothing()
  |          ^
stack traceback:
	game.lua:2: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("return {} < {}"), @r###"
error: game.lua:1: attempt to compare two table values
 --> game.lua:1:11
  |
1 | return {} < {}
  |           ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("return 'a' .. {}"), @r###"
error: game.lua:1: attempt to concatenate a table value
 --> game.lua:1:12
  |
1 | return 'a' .. {}
  |            ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("error('plain', 0)"), @r###"
error: plain
 --> game.lua:1:6
  |
1 | error('plain', 0)
  |      ^
stack traceback:
	[C]: in global 'error'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("error({ code = 1 })"), @r###"
error: (error object is a table value)
 --> game.lua:1:6
  |
1 | error({ code = 1 })
  |      ^
stack traceback:
	[C]: in global 'error'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("assert(false, 'it is not so')"), @r###"
error: game.lua:1: it is not so
 --> game.lua:1:7
  |
1 | assert(false, 'it is not so')
  |       ^
stack traceback:
	[C]: in global 'assert'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("string.rep()"), @r###"
error: game.lua:1: bad argument #1 to 'rep' (string expected, got no value)
 --> game.lua:1:11
  |
1 | string.rep()
  |           ^
stack traceback:
	[C]: in field 'rep'
	game.lua:1: in main chunk
	[C]: in ?
"###);
}

/// Places behind tabs and characters of several bytes and columns.
#[test]
fn tabs_and_other_characters() {
    assert_snapshot!(rendered("\t\tlocal t = nil; return t.x"), @r###"
error: game.lua:1: attempt to index a nil value (local 't')
 --> game.lua:1:27
  |
1 |         local t = nil; return t.x
  |                                 ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(rendered("local größe = 'äöü'; return größe.länge.x"), @r###"
error: game.lua:1: unexpected symbol near '<\195>'
 --> game.lua:1:9
  |
1 | local größe = 'äöü'; return größe.länge.x
  |         ^
"###);
    assert_snapshot!(rendered("local s = '日本語'; return s.x.y"), @r###"
error: game.lua:1: attempt to index a nil value (field 'x')
 --> game.lua:1:29
  |
1 | local s = '日本語'; return s.x.y
  |                                ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    let lua = Lua::new();
    let error = lua.load(&b"local s = '\xFF\xFE'; return s.x.y"[..]).set_name("=bytes").exec();
    assert_snapshot!(error.unwrap_err().render(), @r###"
error: bytes:1: attempt to index a nil value (field 'x')
 --> bytes:1:28
  |
1 | local s = '??'; return s.x.y
  |                            ^
stack traceback:
	bytes:1: in main chunk
	[C]: in ?
"###);
}

/// Several chunks that call each other, and Rust functions between them.
#[test]
fn tracebacks() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("through", lua.function(|f: Function| f.reply(())))?;
    lua.load("function check(x)\n  if x > 3 then\n    error('too big')\n  end\nend")
        .set_name("@check.lua")
        .exec()?;
    lua.load("function all(list)\n  for _, x in ipairs(list) do\n    check(x)\n  end\nend")
        .set_name("@list.lua")
        .exec()?;
    let error =
        error_of(&lua, "local function go()\n  all({ 1, 5 })\nend\nthrough(go)\nlocal x = 1");
    assert_snapshot!(error.render(), @r###"
error: check.lua:3: too big
 --> check.lua:3:10
  |
3 |     error('too big')
  |          ^
stack traceback:
	[C]: in global 'error'
	check.lua:3: in global 'check'
	list.lua:3: in global 'all'
	game.lua:2: in global 'through'
	game.lua:4: in main chunk
	[C]: in ?
"###);
    let frames: Vec<_> = error
        .traceback()
        .frames()
        .iter()
        .map(|frame| {
            (
                frame.chunk().into_owned(),
                frame.line(),
                frame.column(),
                frame.function().into_owned(),
            )
        })
        .collect();
    assert_snapshot!(format!("{frames:#?}"), @r###"
[
    (
        "[C]",
        0,
        0,
        "global 'error'",
    ),
    (
        "check.lua",
        3,
        10,
        "global 'check'",
    ),
    (
        "list.lua",
        3,
        10,
        "global 'all'",
    ),
    (
        "game.lua",
        2,
        6,
        "global 'through'",
    ),
    (
        "game.lua",
        4,
        8,
        "main chunk",
    ),
    (
        "[C]",
        0,
        0,
        "?",
    ),
]
"###);
    Ok(())
}

#[test]
fn deep_tracebacks_are_cut() {
    let error = error_of(
        &Lua::new(),
        "local function f(n)\n  if n == 0 then error('bottom') end\n  f(n - 1) return 1\nend\nf(100)",
    );
    assert_snapshot!(error.to_string(), @r###"
game.lua:2: bottom
stack traceback:
	[C]: in global 'error'
	game.lua:2: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	...	(skipping 82 levels)
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in upvalue 'f'
	game.lua:3: in local 'f'
	game.lua:5: in main chunk
	[C]: in ?
"###);
}

struct Door;

impl UserData for Door {
    fn build(class: &mut Class<Self>) {
        class.method("open", |_: &Door, key: i64| match key {
            1 => Ok(()),
            _ => Err(std::io::Error::other("the lock is stuck")),
        });
    }
}

#[test]
fn errors_of_rust_functions() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("door", Door)?;
    assert_snapshot!(error_of(&lua, "local key = 2\ndoor:open(key)").render(), @r###"
error: the lock is stuck
 --> game.lua:2:10
  |
2 | door:open(key)
  |          ^
stack traceback:
	[C]: in method 'open'
	game.lua:2: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(error_of(&lua, "door:open('x')").render(), @r###"
error: game.lua:1: bad argument #1 to 'open' (number expected, got string)
 --> game.lua:1:10
  |
1 | door:open('x')
  |          ^
stack traceback:
	[C]: in method 'open'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(error_of(&lua, "door.close()").render(), @r###"
error: game.lua:1: attempt to call a nil value (field 'close')
 --> game.lua:1:11
  |
1 | door.close()
  |           ^
stack traceback:
	game.lua:1: in main chunk
	[C]: in ?
"###);
    lua.globals().set("fail", lua.function(|| Err::<(), _>(Error::new("not now"))))?;
    assert_snapshot!(error_of(&lua, "\nfail()").render(), @r###"
error: game.lua:2: not now
 --> game.lua:2:5
  |
2 | fail()
  |     ^
stack traceback:
	[C]: in global 'fail'
	game.lua:2: in main chunk
	[C]: in ?
"###);
    let error = error_of(&lua, "door:open(3)").context("opening the door").context("level 1");
    assert_snapshot!(error.render(), @r###"
error: level 1: opening the door: the lock is stuck
 --> game.lua:1:10
  |
1 | door:open(3)
  |          ^
stack traceback:
	[C]: in method 'open'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(error.to_string(), @r###"
level 1: opening the door: the lock is stuck
stack traceback:
	[C]: in method 'open'
	game.lua:1: in main chunk
	[C]: in ?
"###);
    assert_eq!(
        format!("{error:?}"),
        "Error { kind: Callback, message: \"the lock is stuck\", \
         context: [\"opening the door\", \"level 1\"], source: Some(\"the lock is stuck\"), .. }"
    );
    Ok(())
}

/// Errors that are not about any source.
#[test]
fn errors_without_a_source() -> Result<()> {
    let lua = Lua::new();
    assert_snapshot!(Error::new("by itself").context("alone").render(), @r###"
alone: by itself
"###);
    assert_snapshot!(lua.load("1, 'x'").eval::<(i64, i64)>().unwrap_err().render(), @r###"
number expected, got string
"###);
    let f: Function = lua.load("string.rep").eval()?;
    assert_snapshot!(f.call::<()>(()).unwrap_err().render(), @r###"
bad argument #1 to 'string.rep' (string expected, got no value)
stack traceback:
	[C]: in function 'string.rep'
"###);
    let other = Lua::new();
    let forgotten: Function = other.load("function() error('x') end").set_name("=gone").eval()?;
    // Its source has been pushed out by others.
    for n in 0..3 {
        let long = format!("local x = {n} --{}", "x".repeat(1 << 20));
        other.load(&long).set_name(format!("=chunk{n}")).exec()?;
    }
    assert_snapshot!(forgotten.call::<()>(()).unwrap_err().render(), @r###"
gone:1: x
stack traceback:
	[C]: in global 'error'
	gone:1: in function <gone:1>
	[C]: in ?
"###);
    Ok(())
}

/// A chunk without a name is called by its first line, and `eval` moves no columns.
#[test]
fn names_and_columns_of_eval() {
    let lua = Lua::new();
    assert_snapshot!(lua.load("local t = nil\nreturn t.x").exec().unwrap_err().render(), @r###"
error: [string "local t = nil..."]:2: attempt to index a nil value (local 't')
 --> [string "local t = nil..."]:2:10
  |
2 | return t.x
  |          ^
stack traceback:
	[string "local t = nil..."]:2: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(lua.load("missing.x").set_name("=expression").eval::<()>().unwrap_err().render(), @r###"
error: expression:1: attempt to index a nil value (global 'missing')
 --> expression:1:9
  |
1 | missing.x
  |         ^
stack traceback:
	expression:1: in main chunk
	[C]: in ?
"###);
    assert_snapshot!(lua.load("1 +").set_name("=expression").eval::<()>().unwrap_err().render(), @r###"
error: expression:1: unexpected symbol near <eof>
 --> expression:1:4
  |
1 | 1 +
  |    ^
"###);
}
