//! A host of plugins: each is a script with an environment of its own, which works on a document of
//! the host's through userdata, keeps state, and is called again and again.
//!
//! Run it with `cargo run -p luster --example plugins`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]
#![expect(unreachable_pub, reason = "what is public is what scripts see")]

use luster::{AnyUserData, Function, Lua, Result, Table, UserData};

/// A text that plugins may look at and change.
#[derive(UserData)]
struct Document {
    #[lua(readonly)]
    pub name: String,
    lines: Vec<String>,
}

#[luster::methods]
impl Document {
    pub fn line(&self, number: usize) -> Option<String> {
        self.lines.get(number.checked_sub(1)?).cloned()
    }

    pub fn replace(&mut self, number: usize, text: String) -> Result<()> {
        let missing = || luster::Error::new(format!("there is no line {number}"));
        let line = number.checked_sub(1).and_then(|index| self.lines.get_mut(index));
        *line.ok_or_else(missing)? = text;
        Ok(())
    }

    #[lua(meta)]
    pub fn len(&self) -> usize {
        self.lines.len()
    }
}

/// A script that has been loaded.
struct Plugin {
    name: &'static str,
    on_save: Function,
}

impl Plugin {
    /// Runs a script in an environment that sees the global functions, but keeps its own names to
    /// itself.
    fn load(lua: &Lua, name: &'static str, source: &str) -> Result<Plugin> {
        let environment = lua.create_table();
        environment.set_metatable(Some(&lua.table_of([("__index", lua.globals())])?))?;
        lua.load(source).set_name(format!("={name}")).environment(&environment).exec()?;
        let hooks: Table = environment.get("hooks")?;
        Ok(Plugin { name, on_save: hooks.get("on_save")? })
    }
}

const PLUGINS: &[(&str, &str)] = &[
    (
        "trim",
        "hooks = {}
        function hooks.on_save(document)
            for i = 1, #document do
                document:replace(i, (document:line(i):gsub('%s+$', '')))
            end
        end",
    ),
    (
        "count",
        "hooks, saves = {}, 0
        function hooks.on_save(document)
            saves = saves + 1
            log(document.name .. ' has ' .. #document .. ' lines, saved ' .. saves .. ' times')
        end",
    ),
    (
        "broken",
        "hooks = {}
        function hooks.on_save(document)
            document:replace(#document + 1, 'one more')
        end",
    ),
];

fn main() -> Result<()> {
    let lua = Lua::builder().memory_limit(8 << 20).build();
    lua.globals().set("log", lua.function(|text: &str| println!("log: {text}")))?;
    let plugins = PLUGINS
        .iter()
        .map(|(name, source)| Plugin::load(&lua, name, source))
        .collect::<Result<Vec<Plugin>>>()?;

    let lines = ["one  ", "two", "three\t"].map(str::to_owned).to_vec();
    let document: AnyUserData =
        lua.create_userdata(Document { name: "notes.txt".to_owned(), lines })?;
    for _ in 0..2 {
        for plugin in &plugins {
            if let Err(error) = plugin.on_save.call::<()>(&document) {
                println!("plugin '{}' failed: {}", plugin.name, error.message());
            }
        }
    }
    println!("{:?}", document.borrow::<Document>()?.lines);
    Ok(())
}
