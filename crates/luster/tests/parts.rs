//! Userdata that are parts of others: borrowed in their place, and gone with the whole.

use luster::{AnyUserData, Class, Lua, Result, UserData};

#[derive(Debug)]
struct Engine {
    power: i64,
}

impl UserData for Engine {
    fn build(class: &mut Class<Self>) {
        class
            .field("power", |this: &Engine| this.power)
            .setter("power", |this: &mut Engine, power: i64| this.power = power)
            .method("consume", |this: Engine| this.power);
    }
}

struct Car {
    engine: Engine,
    spare: Vec<Engine>,
}

impl UserData for Car {
    fn build(class: &mut Class<Self>) {
        class
            .part("engine", |car: &Car| &car.engine, |car| &mut car.engine)
            .part("first", |car: &Car| &car.spare[0], |car| &mut car.spare[0])
            .method("compare", |this: &Car, engine: &Engine| this.engine.power - engine.power)
            .method("swap", |this: &mut Car, engine: &mut Engine| {
                std::mem::swap(&mut this.engine, engine);
            });
    }
}

struct Garage {
    car: Car,
}

impl UserData for Garage {
    fn build(class: &mut Class<Self>) {
        class.part("car", |garage: &Garage| &garage.car, |garage| &mut garage.car);
    }
}

fn garage() -> Garage {
    Garage { car: Car { engine: Engine { power: 100 }, spare: vec![Engine { power: 7 }] } }
}

fn failure(lua: &Lua, script: &str) -> String {
    lua.load(script).set_name("=s").exec().expect_err(script).message().to_owned()
}

#[test]
fn parts_are_changed_in_their_place() -> Result<()> {
    let lua = Lua::new();
    let garage = lua.create_userdata(garage())?;
    lua.globals().set("garage", &garage)?;
    lua.load("garage.car.engine.power = garage.car.engine.power + garage.car.first.power")
        .exec()?;
    assert_eq!(garage.borrow::<Garage>()?.car.engine.power, 107);
    Ok(())
}

#[test]
fn a_part_keeps_the_whole() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("garage", garage())?;
    let engine: AnyUserData = lua.load("garage.car.engine").eval()?;
    lua.load("garage = nil; collectgarbage(); collectgarbage()").exec()?;
    assert_eq!(engine.borrow::<Engine>()?.power, 100);
    engine.borrow_mut::<Engine>()?.power = 5;
    assert_eq!(engine.get::<i64>("power")?, 5);
    Ok(())
}

#[test]
fn a_part_is_borrowed_with_the_whole() -> Result<()> {
    let lua = Lua::new();
    let garage = lua.create_userdata(garage())?;
    lua.globals().set("car", garage.get::<AnyUserData>("car")?)?;
    assert_eq!(lua.load("car:compare(car.first)").eval::<i64>()?, 93);
    assert_eq!(
        failure(&lua, "car:swap(car.first)"),
        "s:1: bad argument #1 to 'swap' (cannot borrow the userdata: it is being changed)"
    );
    let borrowed = garage.borrow::<Garage>()?;
    assert_eq!(
        failure(&lua, "car.engine.power = 1"),
        "s:1: cannot borrow the userdata: it is in use"
    );
    drop(borrowed);
    lua.load("car.engine.power = 1").exec()?;
    Ok(())
}

#[test]
fn a_part_cannot_be_taken() -> Result<()> {
    let lua = Lua::new();
    lua.globals().set("garage", garage())?;
    assert_eq!(
        failure(&lua, "garage.car.engine:consume()"),
        "s:1: calling 'consume' on bad self (cannot borrow the userdata: it is a part of another value)"
    );
    Ok(())
}

#[test]
fn parts_of_what_is_lent_are_gone_with_it() -> Result<()> {
    let lua = Lua::new();
    let mut garage = garage();
    lua.scope(|scope| -> Result<()> {
        lua.globals().set("garage", scope.lend_mut(&mut garage)?)?;
        lua.load("engine = garage.car.engine; engine.power = 1").exec()?;
        let engine: AnyUserData = lua.globals().get("engine")?;
        let error = engine.borrow::<Engine>().expect_err("it is lent for calls only");
        assert_eq!(error.message(), "cannot borrow the userdata: it is lent for a call only");
        Ok(())
    })?;
    assert_eq!(garage.car.engine.power, 1);
    assert_eq!(
        failure(&lua, "return engine.power"),
        "s:1: cannot borrow the userdata: it is not there any more"
    );
    // What is lent for reading has parts for reading.
    lua.scope(|scope| -> Result<()> {
        lua.globals().set("garage", scope.lend(&garage)?)?;
        assert_eq!(lua.load("garage.car.engine.power").eval::<i64>()?, 1);
        assert_eq!(
            failure(&lua, "garage.car.engine.power = 2"),
            "s:1: cannot borrow the userdata: it is lent for reading only"
        );
        Ok(())
    })
}
