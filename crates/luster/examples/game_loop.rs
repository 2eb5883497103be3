//! A game loop: the world belongs to the host, and scripts borrow it for the length of a frame.
//!
//! Run it with `cargo run -p luster --example game_loop`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use luster::{Class, Function, Lua, Result, UserData};

const SCRIPT: &str = r#"
local time = 0

function update(world, dt)
    time = time + dt
    for i = 1, world.count do
        local x, y = world:position(i)
        world:move(i, x + dt * i, y + math.sin(time) * dt)
    end
    if time > 0.1 and world.count < 5 then
        world:spawn(0, 0)
    end
end
"#;

/// The host's world, which never moves into the VM.
#[derive(Default)]
struct World {
    positions: Vec<(f64, f64)>,
}

impl World {
    fn at(&mut self, index: usize) -> Result<&mut (f64, f64)> {
        let missing = || luster::Error::new(format!("there is no entity {index}"));
        index.checked_sub(1).and_then(|i| self.positions.get_mut(i)).ok_or_else(missing)
    }
}

impl UserData for World {
    fn build(class: &mut Class<Self>) {
        class
            .field("count", |this: &World| this.positions.len())
            .method("position", |this: &mut World, index: usize| this.at(index).map(|at| *at))
            .method("move", |this: &mut World, index: usize, x: f64, y: f64| -> Result<()> {
                *this.at(index)? = (x, y);
                Ok(())
            })
            .method("spawn", |this: &mut World, x: f64, y: f64| this.positions.push((x, y)));
    }
}

fn main() -> Result<()> {
    let lua = Lua::new();
    lua.load(SCRIPT).set_name("@game.lua").exec()?;
    let update: Function = lua.globals().get("update")?;
    let mut world = World { positions: vec![(0.0, 0.0), (10.0, 0.0)] };
    for frame in 0..10 {
        lua.scope(|scope| update.call::<()>((scope.lend_mut(&mut world)?, 0.016)))?;
        println!(
            "frame {frame}: {} entities, the first at {:?}",
            world.positions.len(),
            world.positions[0]
        );
    }
    Ok(())
}
