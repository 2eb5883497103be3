//! What comes back of what goes in, of all the types that serde has.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Debug;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use luster::{Lua, SerializeOptions};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::{
    Adjacent, Blob, Config, Flat, Limits, Meters, Pair, Server, Shape, Tagged, Unit, Untagged,
    config,
};

/// Makes a Lua value of a value and that of it again.
#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: T) {
    let lua = Lua::new();
    let there = lua.to_value(&value).expect("it has a Lua value");
    let back: T = lua.from_value(&there).expect("its Lua value is of the right type");
    assert_eq!(back, value);
    let options = SerializeOptions::new().null_as_nil(false).mark_arrays(false);
    let there = lua.to_value_with(&value, options).expect("it has a Lua value");
    let back: T = lua.from_value(&there).expect("its Lua value is of the right type");
    assert_eq!(back, value);
}

#[test]
fn scalars_come_back() {
    round_trip(true);
    round_trip(false);
    round_trip('a');
    round_trip('\u{1F980}');
    round_trip(String::new());
    round_trip("zero \0 and é".to_owned());
    round_trip("long ".repeat(1000));
    round_trip((i8::MIN, i8::MAX, u8::MAX));
    round_trip((i16::MIN, i16::MAX, u16::MAX));
    round_trip((i32::MIN, i32::MAX, u32::MAX));
    round_trip((i64::MIN, i64::MAX, i64::MAX as u64));
    round_trip((i128::from(i64::MIN), i64::MAX as u128));
    round_trip((isize::MIN, i64::MAX as usize));
    round_trip((0.1f32, f32::MAX, f32::MIN_POSITIVE));
    round_trip((0.1f64, -0.0f64, f64::MAX, f64::INFINITY, f64::NEG_INFINITY));
    round_trip(());
    round_trip(Unit);
    round_trip(Meters(2.5));
    round_trip(IpAddr::from([127, 0, 0, 1]));
    round_trip(Duration::new(3, 5));
    let lua = Lua::new();
    let nan = lua.to_value(&f64::NAN).unwrap();
    assert!(lua.from_value::<f64>(nan).unwrap().is_nan());
}

#[test]
fn collections_come_back() {
    round_trip(Vec::<i32>::new());
    round_trip(vec![1, 2, 3]);
    round_trip(vec![vec![], vec![1.5], vec![2.0, f64::INFINITY]]);
    round_trip(vec![Some(1), None, Some(3), None]);
    round_trip(vec![(), ()]);
    round_trip(vec![Unit, Unit]);
    round_trip((1, "two".to_owned(), 3.5, (true, 'x')));
    round_trip((None::<i32>, Some(1), None::<i32>));
    round_trip([[1, 2], [3, 4]]);
    round_trip(Pair(-1, "x".to_owned()));
    round_trip(BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    round_trip(HashMap::from([("a b".to_owned(), 1), (String::new(), 2)]));
    round_trip(BTreeMap::from([(-1i64, "x".to_owned()), (i64::MAX, "y".to_owned())]));
    round_trip(BTreeMap::from([(true, 1), (false, 2)]));
    round_trip(BTreeMap::from([('a', None), ('b', Some(1))]));
    round_trip(BTreeMap::from([(1, BTreeMap::from([("x".to_owned(), vec![1])]))]));
    round_trip(Blob(b"\xFF\0 no text".to_vec()));
    round_trip(vec![Blob(vec![]), Blob(vec![128])]);
    round_trip(Some(vec![Some("x".to_owned())]));
}

#[test]
fn structs_and_enums_come_back() {
    round_trip(config());
    round_trip(Config::default());
    round_trip(vec![
        Shape::Empty,
        Shape::Circle(1.5),
        Shape::Segment(-1, 1),
        Shape::Box { width: 1, height: None },
        Shape::Box { width: 1, height: Some(2) },
        Shape::Maybe(None),
        Shape::Maybe(Some(1)),
        Shape::Nothing(()),
        Shape::Nested(Box::new(Shape::Nested(Box::new(Shape::Empty)))),
    ]);
    round_trip(Ok::<i32, String>(1));
    round_trip(Err::<i32, String>("x".to_owned()));
    round_trip(vec![Tagged::Jump { height: 3 }, Tagged::Stop]);
    round_trip(vec![Adjacent::Number(1), Adjacent::Pair(1, 2), Adjacent::Stop]);
    round_trip(vec![
        Untagged::Number(1),
        Untagged::Text("x".to_owned()),
        Untagged::List(vec![Untagged::Number(2), Untagged::Fields { a: 1 }]),
    ]);
    round_trip(Flat {
        id: 1,
        limits: Limits { memory: 2, seconds: 3.0 },
        rest: BTreeMap::from([("more".to_owned(), json!([1, { "x": "y" }]))]),
    });
}

#[test]
fn json_comes_back() {
    let document = json!({
        "null": null,
        "true": true,
        "integers": [0, -1, i64::MAX, i64::MIN],
        "floats": [0.5, -1e300],
        "text": "é\u{0}",
        "empty": { "list": [], "map": {}, "text": "" },
        "nested": [[], [[]], [{}, [null]], null],
        "1": "a key of digits",
    });
    let lua = Lua::new();
    let value = lua.to_value(&document).unwrap();
    assert_eq!(lua.from_value::<serde_json::Value>(value).unwrap(), document);
}

#[test]
fn long_lists_are_quick() {
    let lua = Lua::new();
    let list: Vec<Server> = (0..100_000)
        .map(|n| Server { host: format!("host {n}"), port: n as u16, connections: None })
        .collect();
    let start = Instant::now();
    let value = lua.to_value(&list).unwrap();
    assert_eq!(value.as_table().unwrap().len().unwrap(), 100_000);
    let back: Vec<Server> = lua.from_value(&value).unwrap();
    let json: serde_json::Value = lua.from_value(&value).unwrap();
    let seconds = start.elapsed().as_secs_f64();
    assert_eq!(back, list);
    assert_eq!(json[99_999]["host"], "host 99999");
    assert!(seconds < 5.0, "it took {seconds} s");
}
