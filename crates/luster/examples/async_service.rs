//! A service whose requests are handled by scripts: VMs on several threads, each with many requests
//! under way at once.
//!
//! A VM stays on its thread, and so do the calls in it: every worker thread has a pool of VMs and a
//! set of local tasks. Connections are accepted in one place and handed to the workers in turn. A
//! request has a VM for itself while it is under way, so that none suffers from what another one's
//! script does to the memory; VMs are small enough for that. The handler is plain Lua: that it waits
//! for other services and for time to pass is nothing that it has to know.
//!
//! Run it with `cargo run --release -p luster --features async --example async_service`.

#![expect(clippy::print_stdout, reason = "it tells what it does")]

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use luster::{Error, ErrorKind, Function, Lua, Table};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::{JoinSet, LocalSet};
use tokio::time::{sleep, timeout};

type Result<T, E = Box<dyn std::error::Error + Send + Sync>> = std::result::Result<T, E>;

const WORKERS: usize = 3;
const CLIENTS: usize = 30;
const REQUESTS_PER_CLIENT: usize = 12;

/// How long a handler may take; what it is in the midst of is dropped then.
const PATIENCE: Duration = Duration::from_secs(1);

/// How much memory the scripts of a VM may use.
const MEMORY: usize = 4 << 20;

/// What every VM loads: a function from a request to the response's text.
const HANDLER: &str = r#"
    local routes = {}

    function routes.hello(request)
        return "hello, " .. (request.argument or "world")
    end

    -- Waits for two services, one after the other.
    function routes.profile(request)
        local user = fetch("user/" .. request.argument)
        local ok, orders = pcall(fetch, "orders/" .. user)
        return user .. " has " .. (ok and orders or "no orders: " .. orders)
    end

    -- Waits in a comparator of a sort.
    function routes.ranking()
        local names = { "carol", "alice", "bob" }
        table.sort(names, function (a, b)
            return tonumber(fetch("score/" .. a)) > tonumber(fetch("score/" .. b))
        end)
        return table.concat(names, ",")
    end

    -- Waits in an iterator that is a coroutine.
    function routes.countdown(request)
        local ticks = coroutine.wrap(function ()
            for i = tonumber(request.argument), 1, -1 do sleep(0.001) coroutine.yield(i) end
        end)
        local text = {}
        for i in ticks do text[#text + 1] = i end
        return table.concat(text, " ")
    end

    function routes.spin() while true do end end
    function routes.hog() local t while true do t = { t } end end
    function routes.stuck() sleep(3600) end
    function routes.broken() error("this route is broken", 0) end

    return function (request)
        local route = routes[request.path] or error("no route '" .. request.path .. "'", 0)
        return route(request)
    end
"#;

/// What the scripts ask other services for, in place of a network.
async fn fetch(key: String) -> luster::Result<String> {
    sleep(Duration::from_millis(2)).await;
    let data = HashMap::from([
        ("user/1", "alice"),
        ("user/2", "bob"),
        ("orders/alice", "3 orders"),
        ("score/alice", "70"),
        ("score/bob", "50"),
        ("score/carol", "90"),
    ]);
    let found = data.get(key.as_str()).map(|text| (*text).to_owned());
    found.ok_or_else(|| Error::new(format!("no '{key}'")))
}

/// A VM, and the handler in it.
struct Vm {
    lua: Lua,
    handler: Function,
}

impl Vm {
    fn new() -> luster::Result<Self> {
        let lua = Lua::builder().memory_limit(MEMORY).build();
        lua.globals().set("fetch", lua.async_function(fetch))?;
        let sleep = lua.async_function(|seconds: f64| sleep(Duration::from_secs_f64(seconds)));
        lua.globals().set("sleep", sleep)?;
        let handler = lua.load(HANDLER).set_name("=handler").eval()?;
        Ok(Vm { lua, handler })
    }
}

/// The VMs of a thread that have no request to handle.
#[derive(Default)]
struct Pool {
    idle: RefCell<Vec<Vm>>,
    made: Cell<usize>,
}

impl Pool {
    fn take(&self) -> luster::Result<Vm> {
        let idle = self.idle.borrow_mut().pop();
        idle.map_or_else(
            || {
                self.made.set(self.made.get() + 1);
                Vm::new()
            },
            Ok,
        )
    }

    /// The response to a request, a line as `path argument`.
    async fn respond(&self, line: &str) -> luster::Result<String> {
        let vm = self.take()?;
        let mut words = line.split_whitespace();
        let request: Table = vm.lua.create_table();
        request.set("path", words.next())?;
        request.set("argument", words.next())?;
        let call = vm.handler.call_async::<String>(request);
        let response = match timeout(PATIENCE, call).await {
            Ok(Ok(text)) => format!("200 {text}"),
            // What the script has kept may be what fills the memory, so the VM is not used again.
            Ok(Err(error)) if error.kind() == ErrorKind::Memory => {
                return Ok("503 there is not enough memory".to_owned());
            }
            Ok(Err(error)) => format!("500 {}", error.message()),
            Err(_) => "504 it takes too long".to_owned(),
        };
        self.idle.borrow_mut().push(vm);
        Ok(response)
    }
}

/// Answers one line after the other, until the client is gone.
async fn serve(pool: Rc<Pool>, stream: TcpStream) -> Result<()> {
    let (reader, mut writer) = stream.into_split();
    let mut lines = BufReader::new(reader).lines();
    while let Some(line) = lines.next_line().await? {
        let response = pool.respond(&line).await?;
        writer.write_all(format!("{response}\n").as_bytes()).await?;
    }
    Ok(())
}

/// A thread that serves the connections it is given, until there will be no more. Tells how many
/// VMs it has made, and how much memory those use that are left.
fn worker(
    mut connections: mpsc::UnboundedReceiver<TcpStream>,
) -> JoinHandle<Result<(usize, usize)>> {
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let pool = Rc::new(Pool::default());
        LocalSet::new().block_on(&runtime, async {
            let mut served = JoinSet::new();
            while let Some(stream) = connections.recv().await {
                // Another runtime has accepted it, and waited for it until now.
                let stream = TcpStream::from_std(stream.into_std()?)?;
                served.spawn_local(serve(pool.clone(), stream));
            }
            served.join_all().await.into_iter().collect::<Result<()>>()
        })?;
        let vms = pool.idle.borrow();
        vms.iter().for_each(|vm| vm.lua.collect_garbage());
        Ok((pool.made.get(), vms.iter().map(|vm| vm.lua.used_memory()).sum()))
    })
}

/// What clients ask for, and what they have to get.
const REQUESTS: [(&str, &str); 8] = [
    ("hello", "200 hello, world"),
    ("hello lua", "200 hello, lua"),
    ("profile 1", "200 alice has 3 orders"),
    ("profile 2", "200 bob has no orders: no 'orders/bob'"),
    ("ranking", "200 carol,alice,bob"),
    ("countdown 5", "200 5 4 3 2 1"),
    ("broken", "500 this route is broken"),
    ("nowhere", "500 no route 'nowhere'"),
];

/// Sends requests and checks the responses. Tells how long each one took.
async fn client(port: u16, number: usize, right: Arc<AtomicUsize>) -> Result<Vec<Duration>> {
    let mut stream = BufReader::new(TcpStream::connect(("127.0.0.1", port)).await?);
    let mut times = Vec::new();
    for index in 0..REQUESTS_PER_CLIENT {
        // A few of the clients are unlucky, which must not be the others' misfortune.
        let (request, expected) = match (number, index) {
            (0, 5) => ("spin", "504 it takes too long"),
            (1, 5) => ("stuck", "504 it takes too long"),
            (2, 5) => ("hog", "503 there is not enough memory"),
            _ => REQUESTS[(number + index) % REQUESTS.len()],
        };
        let start = Instant::now();
        stream.write_all(format!("{request}\n").as_bytes()).await?;
        let mut response = String::new();
        stream.read_line(&mut response).await?;
        times.push(start.elapsed());
        if response.trim_end() == expected {
            right.fetch_add(1, Ordering::Relaxed);
        } else {
            println!("{request}: expected {expected:?}, got {response:?}");
        }
    }
    Ok(times)
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<()> {
    let start = Instant::now();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let port = listener.local_addr()?.port();
    let right = Arc::new(AtomicUsize::new(0));
    let mut clients = JoinSet::new();
    for number in 0..CLIENTS {
        clients.spawn(client(port, number, right.clone()));
    }

    let (senders, workers): (Vec<_>, Vec<_>) = (0..WORKERS)
        .map(|_| {
            let (sender, connections) = mpsc::unbounded_channel();
            (sender, worker(connections))
        })
        .unzip();
    for number in 0..CLIENTS {
        let (stream, _) = listener.accept().await?;
        senders[number % WORKERS].send(stream)?;
    }
    drop(senders);

    let mut times: Vec<Duration> =
        clients.join_all().await.into_iter().collect::<Result<Vec<_>>>()?.concat();
    times.sort_unstable();
    let total = CLIENTS * REQUESTS_PER_CLIENT;
    println!(
        "{total} requests in {:.2?}, {} as expected",
        start.elapsed(),
        right.load(Ordering::Relaxed)
    );
    println!(
        "half of them within {:.1?}, nine of ten within {:.1?}",
        times[total / 2],
        times[total * 9 / 10]
    );
    for (number, worker) in workers.into_iter().enumerate() {
        let (made, memory) = worker.join().map_err(|_| "a worker has panicked")??;
        println!("worker {number}: {made} VMs made, {} KB in use at the end", memory >> 10);
    }
    if right.load(Ordering::Relaxed) == total {
        Ok(())
    } else {
        Err("there were wrong responses".into())
    }
}
