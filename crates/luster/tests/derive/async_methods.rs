//! `#[methods]`: functions that are asynchronous.

use std::future::poll_fn;
use std::task::Poll;

use luster::{Error, Lua, Result, UserData, Variadic};

/// Lets others come first, once.
async fn breathe() {
    let mut is_done = false;
    poll_fn(|cx| {
        if std::mem::replace(&mut is_done, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

#[derive(UserData)]
struct Client {
    host: String,
    requests: i64,
}

#[luster::methods]
impl Client {
    pub async fn connect(host: &str, _port: Option<u16>) -> Result<Self> {
        breathe().await;
        if host.is_empty() {
            return Err(Error::new("no host"));
        }
        Ok(Client { host: host.to_owned(), requests: 0 })
    }

    pub async fn get(&self, path: &str) -> String {
        breathe().await;
        format!("{}{path}", self.host)
    }

    pub async fn post(&mut self, body: &[u8], more: Variadic<i64>) -> i64 {
        breathe().await;
        self.requests += 1;
        self.requests + body.len() as i64 + more.iter().sum::<i64>()
    }

    pub async fn host(&self) -> &str {
        breathe().await;
        &self.host
    }

    pub async fn first(&self, other: &Client, third: &mut Client) -> Option<&str> {
        breathe().await;
        third.requests = 10;
        (self.host <= other.host).then_some(&self.host)
    }

    #[lua(rename = "finish")]
    pub async fn close(self) -> i64 {
        breathe().await;
        self.requests
    }

    pub async fn counted(lua: Lua, mut n: i64) -> Result<i64> {
        breathe().await;
        n += 1;
        lua.globals().raw_set("count", n)?;
        Ok(n)
    }

    pub fn requests(&self) -> i64 {
        self.requests
    }
}

fn run<T: luster::FromLuaMulti>(lua: &Lua, source: &str) -> Result<T> {
    pollster::block_on(lua.load(source).set_name("=test").eval_async())
}

#[test]
fn asynchronous_functions_and_methods_are_awaited() {
    let lua = Lua::new();
    lua.register::<Client>().unwrap();
    run::<()>(&lua, "a, b = Client.connect('a.org', 80), Client.connect('b.org')").unwrap();
    assert_eq!(run::<String>(&lua, "return a:get('/x')").unwrap(), "a.org/x");
    assert_eq!(run::<i64>(&lua, "return a:post('abc', 10, 20)").unwrap(), 34);
    assert_eq!(run::<String>(&lua, "return a:host()").unwrap(), "a.org");
    assert_eq!(run::<Option<String>>(&lua, "return b:first(b, a)").unwrap(), Some("b.org".into()));
    assert_eq!(
        run::<Option<String>>(&lua, "c = Client.connect('c'); return c:first(b, a)").unwrap(),
        None
    );
    assert_eq!(run::<i64>(&lua, "return a:requests()").unwrap(), 10);
    assert_eq!(run::<(i64, i64)>(&lua, "return Client.counted(4), count").unwrap(), (5, 5));
    assert_eq!(run::<i64>(&lua, "return a:finish()").unwrap(), 10);
    let error = run::<()>(&lua, "a:requests()").unwrap_err();
    assert!(error.message().ends_with("it is not there any more)"), "{error}");
}

#[test]
fn errors_are_those_of_any_function() {
    let lua = Lua::new();
    lua.register::<Client>().unwrap();
    let error = |source| run::<()>(&lua, source).unwrap_err().message().to_owned();
    assert_eq!(error("Client.connect('')"), "test:1: no host");
    assert_eq!(
        error("Client.connect({})"),
        "test:1: bad argument #1 to 'connect' (string expected, got table)"
    );
    assert_eq!(
        error("local c = Client.connect('c'); c:first(1, c)"),
        "test:1: bad argument #1 to 'first' (Client expected, got number)"
    );
}
