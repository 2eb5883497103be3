//! Conversions between Rust and Lua, both ways, and what their errors say.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::ffi::CString;
use std::fmt::Debug;
use std::path::{Path, PathBuf};

use luster::{
    Bytes, ErrorKind, FromLua, FromLuaMulti, IntoLua, Lua, Result, Table, Value, Variadic,
};

/// Evaluates an expression as a type.
fn eval<T: FromLuaMulti>(source: &str) -> Result<T> {
    Lua::new().load(source).eval()
}

/// The message of an expression that does not convert.
#[track_caller]
fn refused<T: FromLuaMulti + Debug>(source: &str) -> String {
    let error = eval::<T>(source).expect_err("it should not convert");
    assert_eq!(error.kind(), ErrorKind::Conversion, "{error}");
    error.message().to_owned()
}

/// There and back: what a script sees of a value, and the value that comes back.
#[track_caller]
fn round_trip<T: IntoLua + FromLua + Clone + PartialEq + Debug>(value: T, check: &str) {
    let lua = Lua::new();
    lua.globals().set("x", value.clone()).expect("it converts");
    assert!(lua.load(check).eval::<bool>().expect("the check runs"), "{value:?}: {check}");
    assert_eq!(lua.globals().get::<T>("x").expect("it converts back"), value);
}

#[test]
fn integers() {
    round_trip(i8::MIN, "x == -128 and math.type(x) == 'integer'");
    round_trip(i16::MIN, "x == -32768");
    round_trip(i32::MIN, "x == -2147483648");
    round_trip(i64::MIN, "x == math.mininteger");
    round_trip(u8::MAX, "x == 255");
    round_trip(u16::MAX, "x == 65535");
    round_trip(u32::MAX, "x == 4294967295");
    round_trip(i64::MAX as u64, "x == math.maxinteger");
    round_trip(-1_isize, "x == -1");
    round_trip(7_usize, "x == 7");
    round_trip(i128::from(i64::MIN), "x == math.mininteger");
    round_trip(i64::MAX as u128, "x == math.maxinteger");
}

#[test]
fn integers_out_of_range() {
    assert_eq!(refused::<i8>("128"), "128 is out of range for i8");
    assert_eq!(refused::<u8>("-1"), "-1 is out of range for u8");
    assert_eq!(refused::<i16>("40000"), "40000 is out of range for i16");
    assert_eq!(refused::<u16>("65536"), "65536 is out of range for u16");
    assert_eq!(refused::<i32>("1 << 31"), "2147483648 is out of range for i32");
    assert_eq!(refused::<u32>("-5"), "-5 is out of range for u32");
    assert_eq!(refused::<u64>("-1"), "-1 is out of range for u64");
    assert_eq!(refused::<usize>("-1"), "-1 is out of range for usize");
    assert_eq!(refused::<u128>("-1"), "-1 is out of range for u128");
    let lua = Lua::new();
    let error = lua.globals().set("x", u64::MAX).unwrap_err();
    assert_eq!(error.message(), "18446744073709551615 is out of range for a Lua integer");
    assert_eq!(lua.globals().set("x", i128::MIN).unwrap_err().kind(), ErrorKind::Conversion);
}

#[test]
fn integers_of_floats_and_strings() -> Result<()> {
    assert_eq!(eval::<i64>("3.0")?, 3);
    assert_eq!(eval::<i64>("'0x10'")?, 16);
    assert_eq!(eval::<u8>("' 7 '")?, 7);
    assert_eq!(eval::<i64>("'3.0'")?, 3);
    assert_eq!(refused::<i64>("1.5"), "number has no integer representation");
    assert_eq!(refused::<i64>("2^63"), "number has no integer representation");
    assert_eq!(refused::<i64>("0/0"), "number has no integer representation");
    assert_eq!(refused::<i64>("1/0"), "number has no integer representation");
    assert_eq!(refused::<i64>("'x'"), "number expected, got string");
    assert_eq!(refused::<i64>("nil"), "number expected, got nil");
    assert_eq!(refused::<i64>("{}"), "number expected, got table");
    assert_eq!(refused::<i64>("print"), "number expected, got function");
    assert_eq!(refused::<i64>("coroutine.create(print)"), "number expected, got thread");
    // A metatable's `__name` is the name of the type.
    assert_eq!(
        refused::<i64>("setmetatable({}, { __name = 'Vector' })"),
        "number expected, got Vector"
    );
    Ok(())
}

#[test]
fn floats() -> Result<()> {
    round_trip(0.1_f64, "x == 0.1 and math.type(x) == 'float'");
    round_trip(1.0_f64, "math.type(x) == 'float'");
    round_trip(f64::INFINITY, "x == math.huge");
    round_trip(0.5_f32, "x == 0.5");
    assert_eq!(eval::<f64>("3")?, 3.0);
    assert_eq!(eval::<f64>("'1e3'")?, 1000.0);
    assert!(eval::<f64>("0/0")?.is_nan());
    assert_eq!(refused::<f64>("true"), "number expected, got boolean");
    Ok(())
}

#[test]
fn booleans() -> Result<()> {
    round_trip(true, "x == true");
    round_trip(false, "x == false");
    assert_eq!(refused::<bool>("nil"), "boolean expected, got nil");
    assert_eq!(refused::<bool>("1"), "boolean expected, got number");
    Ok(())
}

#[test]
fn texts() -> Result<()> {
    round_trip("héllo".to_owned(), "x == 'héllo'");
    round_trip(String::new(), "x == ''");
    round_trip('é', "x == 'é'");
    round_trip(Box::<str>::from("boxed"), "x == 'boxed'");
    round_trip(CString::new("c").expect("no zeros"), "x == 'c'");
    round_trip(PathBuf::from("a/b"), "x == 'a/b'");
    let lua = Lua::new();
    let globals = lua.globals();
    globals.set("a", "str")?;
    let owned = String::from("ref");
    globals.set("b", &owned)?;
    globals.set("c", Cow::Borrowed("cow"))?;
    globals.set("d", Path::new("path"))?;
    assert_eq!(lua.load("a .. b .. c .. d").eval::<String>()?, format!("str{owned}cowpath"));
    assert_eq!(eval::<String>("10")?, "10");
    assert_eq!(eval::<String>("1.0")?, "1.0");
    assert_eq!(eval::<char>("'x'")?, 'x');
    assert_eq!(refused::<String>("nil"), "string expected, got nil");
    assert_eq!(refused::<String>("true"), "string expected, got boolean");
    assert_eq!(refused::<String>(r"'\xFF'"), "UTF-8 string expected, got other bytes");
    assert_eq!(refused::<char>("'xy'"), "string of one character expected");
    assert_eq!(refused::<char>("''"), "string of one character expected");
    assert_eq!(refused::<CString>(r"'a\0b'"), "string without zeros expected");
    Ok(())
}

#[test]
fn bytes() -> Result<()> {
    round_trip(Bytes(vec![0, 0xFF, b'x']), r"x == '\0\xFFx'");
    assert_eq!(eval::<Bytes>("12")?.0, b"12");
    assert_eq!(refused::<Bytes>("{}"), "string expected, got table");
    Ok(())
}

#[test]
fn options() -> Result<()> {
    round_trip(Some(5), "x == 5");
    round_trip(None::<i64>, "x == nil");
    assert_eq!(eval::<Option<String>>("nil")?, None);
    assert_eq!(eval::<(Option<i64>, Option<i64>)>("1")?, (Some(1), None));
    assert_eq!(eval::<Option<bool>>("false")?, Some(false));
    assert_eq!(refused::<Option<i64>>("'x'"), "number expected, got string");
    Ok(())
}

#[test]
fn lists() -> Result<()> {
    round_trip(vec![1, 2, 3], "#x == 3 and x[3] == 3");
    round_trip(Vec::<i64>::new(), "#x == 0");
    round_trip(VecDeque::from(["a".to_owned()]), "x[1] == 'a'");
    round_trip(vec![vec![1], vec![], vec![2, 3]], "x[3][2] == 3 and #x[2] == 0");
    round_trip([1.5, 2.5], "x[2] == 2.5");
    round_trip(vec![1, 2].into_boxed_slice(), "x[2] == 2");
    let lua = Lua::new();
    lua.globals().set("x", &[1, 2, 3][..])?;
    assert_eq!(lua.load("x[1] + x[2] + x[3]").eval::<i64>()?, 6);
    assert_eq!(refused::<Vec<i64>>("5"), "table expected, got number");
    assert_eq!(refused::<[i64; 2]>("{ 1 }"), "list of 2 elements expected, got 1");
    assert_eq!(refused::<[i64; 2]>("{ 1, 2, 3 }"), "list of 2 elements expected, got 3");
    Ok(())
}

#[test]
fn maps_and_sets() -> Result<()> {
    let map = [("a".to_owned(), 1), ("b".to_owned(), 2)];
    round_trip(HashMap::from(map.clone()), "x.a == 1 and x.b == 2");
    round_trip(BTreeMap::from(map), "x.a == 1 and x.b == 2");
    round_trip(BTreeMap::from([(-1, true), (10, false)]), "x[-1] and x[10] == false");
    round_trip(BTreeMap::from([(true, 'y')]), "x[true] == 'y'");
    round_trip(HashSet::from([3, 5]), "x[3] == true and x[5] == true and x[4] == nil");
    round_trip(BTreeSet::from(["k".to_owned()]), "x.k == true");
    // A list is a set of its elements, and false members are none.
    assert_eq!(eval::<BTreeSet<String>>("{ 'a', 'b', 'a' }")?.len(), 2);
    assert_eq!(eval::<BTreeSet<String>>("{ a = true, b = false }")?.len(), 1);
    assert_eq!(eval::<BTreeMap<i64, String>>("{ 'x', 'y' }")?[&2], "y");
    let lua = Lua::new();
    let error = lua.globals().set("x", HashMap::from([(None::<i64>, 1)])).unwrap_err();
    assert_eq!((error.kind(), error.message()), (ErrorKind::Conversion, "table index is nil"));
    let error = lua.table_of([(f64::NAN, 1)]).unwrap_err();
    assert_eq!(error.message(), "table index is NaN");
    Ok(())
}

#[test]
fn errors_name_the_path() {
    type Servers = Vec<HashMap<String, i64>>;
    assert_eq!(refused::<Vec<i64>>("{ 1, 'x' }"), "[2]: number expected, got string");
    assert_eq!(
        refused::<Servers>("{ { port = 80 }, { port = 'http' } }"),
        "[2].port: number expected, got string"
    );
    assert_eq!(
        refused::<HashMap<String, Servers>>("{ servers = { { ['the port'] = {} } } }"),
        "servers[1][\"the port\"]: number expected, got table"
    );
    assert_eq!(refused::<BTreeMap<i64, u8>>("{ [-3] = 300 }"), "[-3]: 300 is out of range for u8");
    assert_eq!(refused::<BTreeMap<i64, u8>>("{ key = 1 }"), "key: number expected, got string");
    assert_eq!(refused::<Vec<[u8; 2]>>("{ { 1 } }"), "[1]: list of 2 elements expected, got 1");
    assert_eq!(refused::<BTreeSet<u8>>("{ 1, 2, 300 }"), "[3]: 300 is out of range for u8");
    assert_eq!(refused::<BTreeSet<i64>>("{ key = true }"), "key: number expected, got string");
}

/// The same in an argument of a function.
#[test]
fn errors_of_arguments_name_the_path() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("f", lua.function(|ports: HashMap<String, Vec<u16>>| ports.len()))?;
    let error = lua.load("f { http = { 80, 'x' } }").set_name("=s").exec().unwrap_err();
    assert_eq!(
        error.message(),
        "s:1: bad argument #1 to 'f' (http[2]: number expected, got string)"
    );
    Ok(())
}

#[test]
fn several_values() -> Result<()> {
    assert_eq!(eval::<(i64, String, bool)>("1, 'x', true")?, (1, "x".to_owned(), true));
    // What is missing is nil, and what is left over is dropped.
    assert_eq!(eval::<(i64, Option<i64>)>("1")?, (1, None));
    assert_eq!(eval::<i64>("1, 2, 3")?, 1);
    eval::<()>("1, 2, 3")?;
    assert_eq!(eval::<Variadic<i64>>("1, 2, 3")?.0, [1, 2, 3]);
    assert_eq!(eval::<(i64, Variadic<String>)>("1, 'a', 'b'")?.1.0, ["a", "b"]);
    assert_eq!(eval::<((i64, i64), i64)>("1, 2, 3")?, ((1, 2), 3));
    let error = eval::<(i64, String)>("1").unwrap_err();
    assert_eq!(error.message(), "string expected, got nil");
    Ok(())
}

#[test]
fn values() -> Result<()> {
    for (source, type_name) in [
        ("nil", "nil"),
        ("true", "boolean"),
        ("1", "number"),
        ("1.5", "number"),
        ("'x'", "string"),
        ("{}", "table"),
        ("print", "function"),
        ("coroutine.create(print)", "thread"),
    ] {
        let lua = Lua::new();
        let value: Value = lua.load(source).eval()?;
        assert_eq!(value.type_name(), type_name);
        lua.globals().set("again", &value)?;
        assert_eq!(lua.globals().get::<Value>("again")?, value);
    }
    assert_eq!(eval::<Value>("2^53")?.as_integer(), Some(1 << 53));
    assert_eq!(eval::<Value>("1.5")?.as_integer(), None);
    assert_eq!(eval::<Value>("3")?.as_number(), Some(3.0));
    assert!(!eval::<Value>("false")?.is_truthy() && eval::<Value>("0")?.is_truthy());
    Ok(())
}

#[test]
fn converting_without_a_script() -> Result<()> {
    let lua = Lua::new();
    assert_eq!(lua.convert::<String>(12)?, "12");
    assert_eq!(lua.convert::<i64>("12")?, 12);
    let table: Table = lua.convert(vec!["a", "b"])?;
    assert_eq!(table.get::<String>(2)?, "b");
    assert_eq!(lua.convert::<u8>(-1).unwrap_err().message(), "-1 is out of range for u8");
    Ok(())
}

/// A table whose border is far beyond what is in it cannot make the host run for ever.
#[test]
fn hostile_lists() {
    let lua = Lua::new();
    for fill in [
        "for i = 0, 62 do t[1 << i] = 1 end",
        "for i = 62, 0, -1 do t[1 << i] = 1 end",
        "for i = 0, 62 do t[1 << i] = 1 t[(1 << i) + 1] = 1 end",
        "for _, n in ipairs { 6, 5, 1, 2, 3, 4 } do for i = 59, 0, -1 do t[n << i] = 1 end end",
    ] {
        let source = format!("t = {{ [math.maxinteger] = 1 }} {fill} return t");
        let table: Table = lua.load(&source).eval().expect("a table");
        let length = table.raw_len();
        if length > 1000 {
            let expected = format!("list of {length} elements has too many holes");
            let error = lua.load("t").eval::<Vec<Option<i64>>>().unwrap_err();
            assert_eq!(error.message(), expected);
            assert_eq!(lua.load("t").eval::<BTreeSet<i64>>().unwrap_err().message(), expected);
        } else {
            assert_eq!(lua.load("t").eval::<Vec<Option<i64>>>().expect("a list").len(), length);
        }
        assert!(table.push(1).is_ok() || length == i64::MAX as usize);
    }
}
