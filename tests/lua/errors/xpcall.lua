-- xpcall: handlers that see the stack, fail, fail for ever, and yield results.

print(xpcall(function(...) return ... end, print, 1, 2, 3)) -- expect: true 1 2 3
print(xpcall(error, function(m) return "handled " .. m, "dropped" end, "x", 0))
-- expect: false handled x
print(xpcall(function() error({ 1 }) end, type)) -- expect: false table
print(xpcall(function() local x; x() end, function(m) return m:gsub("^.-: ", "") end))
-- expect: false attempt to call a nil value (local 'x')
print(pcall(xpcall)) -- expect: false bad argument #2 to 'xpcall' (function expected, got no value)
print(pcall(xpcall, print))
-- expect: false bad argument #2 to 'xpcall' (function expected, got no value)

-- The handler runs where the error happened.
local function failing() local secret = "seen"; error("oops") end
print(xpcall(failing, function()
  local name, value = debug.getlocal(3, 1)
  return name, value
end))
-- expect: false secret
print((xpcall(failing, debug.traceback))) -- expect: false
local _, trace = xpcall(failing, debug.traceback)
print(trace:match("^[^\n]*"), trace:match("in upvalue 'failing'") or trace:match("in function <[^>]*>"))
-- expect: xpcall.lua:14: oops in function <xpcall.lua:14>

-- A handler that fails is called with its own error, in the end there is a fixed message.
local calls = 0
local ok, message = xpcall(error, function(m)
  calls = calls + 1
  if calls < 4 then error("again " .. calls, 0) end
  return "gave in: " .. tostring(m)
end, "start")
print(ok, message, calls) -- expect: false gave in: again 3 4
local bad = 0
ok, message = xpcall(error, function() bad = bad + 1; error("always") end, "start")
print(ok, bad > 5) -- expect: false true
print(pcall(xpcall, error, 5, "not callable"))
-- expect: false bad argument #2 to 'xpcall' (function expected, got number)

-- Nested.
print(xpcall(function()
  local ok1, m1 = xpcall(error, function(m) return m .. " inner" end, "a", 0)
  error(m1, 0)
end, function(m) return m .. " outer" end))
-- expect: false a inner outer
print(xpcall(function() return pcall(error, "caught below", 0) end, function() return "not called" end))
-- expect: true false caught below
print(xpcall(function()
  local c <close> = setmetatable({}, { __close = function(_, e) print("closing", e) end })
  error("with a variable to close", 0)
end, function(m) print("handler", m); return "handled" end))
-- expect: handler with a variable to close
-- expect: closing handled
-- expect: false handled

-- Syntax errors, and errors in metamethods called by the library.
print(xpcall(function() assert(load("x x")) end, function(m) return "syntax: " .. m end))
-- expect: false syntax: xpcall.lua:56: [string "x x"]:1: syntax error near 'x'
print(xpcall(tostring, function(m) return "handled: " .. m end, setmetatable({}, { __tostring = function() error("in tostring", 0) end })))
-- expect: false handled: in tostring
print(xpcall(table.sort, function(m) return "handled: " .. m end, { 3, 2, 1, "x" }))
-- expect: false handled: attempt to compare string with number

-- As the first function of a coroutine, it has its handler called too.
print(coroutine.wrap(xpcall)(nil, function(m) return "handled: " .. m end))
-- expect: false handled: attempt to call a nil value
