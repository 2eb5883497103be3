-- Declarations of globals, as Lua 5.5 has them.

print(load("global x; x = 1; return x")()) -- expect: 1
print(load("global x; y = 1"))
-- expect: nil [string "global x; y = 1"]:1: variable 'y' not declared
print(load("global x <const>; x = 1"))
-- expect: nil [string "global x <const>; x = 1"]:1: attempt to assign to const variable 'x'
print(load("global <const> *; x = 1"))
-- expect: nil [string "global <const> *; x = 1"]:1: attempt to assign to const variable 'x'
print(load("global *; x = 1; return x")()) -- expect: 1
print(load("global <const> print, y; y = 1"))
-- expect: nil [string "global <const> print, y; y = 1"]:1: attempt to assign to const variable 'y'
print(load("do global a end; b = 1; return b")()) -- expect: 1
print(load("global function f() return 'f' end; return f()")()) -- expect: f
print(load("global a, b; a, b = 1, 2; return a, b")()) -- expect: 1 2
print(pcall(load("x = 1; global x = 2")))
-- expect: false [string "x = 1; global x = 2"]:1: global 'x' already defined
print(pcall(load("global a = 1; global a = 2")))
-- expect: false [string "global a = 1; global a = 2"]:1: global 'a' already defined
print(load("global none; local function f() return other end"))
-- expect: nil [string "global none; local function f() return other ..."]:1: variable 'other' not declared
print(load("global none; local x = 5; do local y = x; return y end")()) -- expect: 5
print(load("local x; global x; x = 7; return _ENV.x")()) -- expect: 7
print(load("global x <close>"))
-- expect: nil [string "global x <close>"]:1: global variables cannot be to-be-closed
print(load("global x <other>"))
-- expect: nil [string "global x <other>"]:1: unknown attribute 'other'

-- As a name it is not reserved, unless it begins a declaration.
local global = 5
print(global, load("global = 3; return global")()) -- expect: 5 3
print(load("local t = { global = 1 }; return t.global")()) -- expect: 1

-- _ENV as a local, a parameter, an upvalue.
do
  local print = print
  local _ENV = { x = "mine" }
  print(x, _ENV.x, y)
end
-- expect: mine mine nil
local function with(_ENV) return a + b end
print(with { a = 1, b = 2 }) -- expect: 3
local function sandbox()
  local _ENV <const> = { tostring = tostring }
  function f() return tostring(1) end
  return _ENV
end
print(sandbox().f()) -- expect: 1
print(pcall(function() local _ENV = nil; return x end))
-- expect: false globals.lua:49: attempt to index a nil value (local '_ENV')
print(pcall(function() local _ENV = 5; x = 1 end))
-- expect: false globals.lua:51: attempt to index a number value (local '_ENV')
print(pcall(function() local _ENV = setmetatable({}, { __index = function(_, k) return k .. "?" end }); return x end))
-- expect: true x?
print(rawequal(_G, _ENV), _G._G == _G, _VERSION) -- expect: true true Lua 5.5
