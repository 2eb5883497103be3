//! A configuration file in Lua: the script fills its own environment, and what it wrote is read from
//! there. Mistakes in it are shown with the line that they are in.
//!
//! Run it with `cargo run -p luster --example config`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::collections::BTreeMap;

use luster::{Lua, Result, Table};

const CONFIG: &str = r#"
name = "demo"
workers = cores * 2
servers = {
    { host = "localhost", port = 8080 },
    { host = "example.org", port = 443 },
}
limits = { cpu = 0.5, memory = 64 * MB }
"#;

const MISTAKE: &str = r#"
name = "demo"
workers = core * 2
"#;

/// A server as the configuration describes it.
#[derive(Debug)]
struct Server {
    host: String,
    port: u16,
}

/// What the program wants to know.
#[derive(Debug)]
struct Config {
    name: String,
    workers: usize,
    servers: Vec<Server>,
    limits: BTreeMap<String, f64>,
}

/// Runs a configuration with nothing in reach but what it needs.
fn read(source: &str) -> Result<Config> {
    let lua = Lua::builder().libraries([]).memory_limit(1 << 20).build();
    let environment = lua.table_of([("cores", 4), ("MB", 1 << 20)])?;
    lua.load(source).set_name("@config.lua").environment(&environment).exec()?;
    let mut servers = Vec::new();
    for server in environment.get::<Table>("servers")?.sequence::<Table>() {
        let server = server?;
        servers.push(Server { host: server.get("host")?, port: server.get("port")? });
    }
    Ok(Config {
        name: environment.get("name")?,
        workers: environment.get("workers")?,
        servers,
        limits: environment.get("limits")?,
    })
}

fn main() -> Result<()> {
    let config = read(CONFIG)?;
    println!("{} with {} workers and {:?}", config.name, config.workers, config.limits);
    for server in &config.servers {
        println!("- {}:{}", server.host, server.port);
    }
    match read(MISTAKE) {
        Ok(_) => println!("there was no mistake"),
        Err(error) => println!("{}", error.render()),
    }
    Ok(())
}
