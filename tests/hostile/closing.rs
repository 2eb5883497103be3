//! Games with variables to be closed, protected calls and handlers around limits: nothing may hold on
//! to a host's limit, nor hold a host off.

use super::Topic;

pub(super) fn add(topic: &mut Topic) {
    let closable = "local function c(f) return setmetatable({}, { __close = f }) end ";
    for (name, body) in [
        ("pcall in a loop", "while true do pcall(function() while true do end end) end"),
        ("pcall of pcall", "local function f() return pcall(f) end while true do f() end"),
        ("pcall of itself", "local p = pcall while true do p(p, p, p, p, p, p, p, p) end"),
        ("xpcall whose handler loops", "xpcall(error, function() while true do end end)"),
        (
            "xpcall whose handler fails",
            "while true do xpcall(error, function() error('x') end) end",
        ),
        ("xpcall whose handler is xpcall", "while true do xpcall(error, xpcall, error) end"),
        (
            "xpcall whose handler calls itself",
            "local function h(m) return h(m) end xpcall(error, h)",
        ),
        ("__close that loops", "do local x <close> = c(function() while true do end end) end"),
        (
            "__close that loops after an error",
            "pcall(function() local x <close> = c(function() while true do end end) error('x') end)",
        ),
        (
            "__close that closes another",
            "local function f() local x <close> = c(f) end while true do pcall(f) end",
        ),
        (
            "__close that fails",
            "while true do pcall(function() local x <close> = c(function(_, e) error(e) end) error('x') end) end",
        ),
        ("100 variables to be closed", "while true do pcall(function() ".to_owned().leak()),
    ] {
        let mut body = body.to_owned();
        if name.starts_with("100") {
            body += &"local x <close> = c(function() error('x') end) ".repeat(100);
            body += "error('y') end) end";
        }
        topic.endless(name, format!("{closable}{body}"));
        topic.endless(format!("{name}, in a coroutine"),
            format!("{closable} local function body() {body} end while true do coroutine.wrap(function() pcall(body) end)() end"));
    }
    topic.hungry("__close that allocates", format!(
        "{closable} local t = {{}} local x <close> = c(function() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end)")).fuel = 100_000_000;
    topic.whatever("__close that allocates after there is no memory", format!(
        "{closable} local t = {{}} local function more() while true do t[#t + 1] = ('x'):rep(1000) .. #t end end \
        local x <close> = c(more) more()")).fuel = 100_000_000;
    topic.endless(
        "pcall holds on to a refusal",
        "local t = {} while true do pcall(function() t[#t + 1] = ('x'):rep(1 << 20) .. #t end) end",
    );
    topic.endless("a handler holds on to a refusal",
        "local s = ('x'):rep(1 << 20) local function h() return xpcall(string.rep, h, s, 1 << 20) end while true do h() end");
    topic.returns(
        "a refusal is an ordinary error",
        "return pcall(string.rep, 'x', 1 << 40)",
        "false not enough memory",
    );
    topic.returns("a refusal closes variables",
        format!("{closable} local log = 'no' pcall(function() local x <close> = c(function(_, e) log = e end) \
        return ('x'):rep(1 << 40), 1 end) return log"), "not enough memory");
    topic.fails(
        "an error in the handler's handler",
        "local function f() return xpcall(f, f) end error((select(2, f())))",
        "",
    );
    topic
        .returns(
            "C stack overflow",
            "local function f() return pcall(f) end local n, r = 0, table.pack(f()) return r[#r]",
            "overflow",
        )
        .expect = super::Expect::Control;
    topic.fails("pcall 300 deep", "local function f(n) if n == 0 then error('end', 0) end local ok, e = pcall(f, n - 1) error(e, 0) end f(300)", "overflow");
    topic.returns("pcall 150 deep", "local function f(n) if n == 0 then return 'end' end return select(2, pcall(f, n - 1)) end return f(150)", "end");
    topic.returns("errors of every type", "local n = 0 for _, v in ipairs({ 1, 'x', {}, print, true, 1.5 }) do local ok, e = pcall(error, v) \
        if e == v then n = n + 1 end end return n", "6");
    topic.returns("error nil", "return pcall(error)", "false");
    topic
        .fails(
            "an error that cannot be shown",
            "error(setmetatable({}, { __tostring = function() error('x') end }))",
            "",
        )
        .expect = super::Expect::Control;
    topic.endless(
        "an error whose __tostring loops, shown",
        "print(setmetatable({}, { __tostring = function() while true do end end }))",
    );
    topic
        .fails("stack overflow", "local function f() return 1 + f() end f()", "stack overflow")
        .memory = 128 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 20_000_000;
    topic
        .returns(
            "stack overflow that is caught",
            "local function f() return 1 + f() end local ok, e = pcall(f) return e",
            "stack overflow",
        )
        .memory = 128 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 20_000_000;
    topic
        .endless(
            "stack overflow for ever",
            "local function f() return 1 + f() end while true do pcall(f) end",
        )
        .memory = 128 << 20;
    topic.returns("stack overflow in a handler",
        "local function f() return 1 + f() end return select('#', xpcall(f, function(m) return f() end))", "2").memory = 128 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 20_000_000;
    topic.returns("stack overflow in __close", format!(
        "{closable} local function f() return 1 + f() end return select('#', pcall(function() local x <close> = c(f) end))"), "2").memory = 128 << 20;
    topic.cases.last_mut().expect("one has been added").fuel = 20_000_000;
    topic.whatever("closing at the stack's end", format!(
        "{closable} local n = 0 local function f() local x <close> = c(function() n = n + 1 end) return 1 + f() end \
        return pcall(f), n > 1000")).memory = 256 << 20;
    topic.fails("a variable that cannot be closed", "local x <close> = {}", "non-closable");
    topic.fails(
        "a variable that loses its metamethod",
        "local m = { __close = print } local x <close> = setmetatable({}, m) m.__close = nil",
        "metamethod 'close'",
    );
    topic.returns("goto out of scopes to be closed", format!(
        "{closable} local n = 0 for i = 1, 100 do do local x <close> = c(function() n = n + 1 end) goto on end ::on:: end return n"), "100");
    topic.returns("a loop's value to be closed", format!(
        "{closable} local n = 0 for i in function(_, i) i = (i or 0) + 1 if i < 5 then return i end end, nil, nil, c(function() n = n + 1 end) do end return n"), "1");
    topic.returns("break out of a loop to be closed", format!(
        "{closable} local n = 0 for i in function() return 1 end, nil, nil, c(function() n = n + 1 end) do break end return n"), "1");
    topic.returns("__close that yields in an error", format!(
        "{closable} local f = coroutine.wrap(function() pcall(function() local x <close> = c(function() coroutine.yield(1) end) error('x') end) return 2 end) \
        return f() + f()"), "3");
    topic.endless("tail calls without end", "local function f() return f() end f()");
    topic.endless(
        "error and catch without end",
        "local function f() error('x') end while true do pcall(f) end",
    );
    topic.whatever("os.exit", "pcall(os.exit, 1) while true do end");
    topic.whatever(
        "os.exit with closing",
        format!(
            "{closable} local x <close> = c(function() while true do end end) os.exit(1, true)"
        ),
    );
    topic.whatever("os.exit in a coroutine", "coroutine.wrap(function() os.exit(2) end)()");
    topic.whatever(
        "os.exit in a finalizer",
        "setmetatable({}, { __gc = function() os.exit(3) end }) collectgarbage() return 1",
    );
}
