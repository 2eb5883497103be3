-- error, assert: levels, values of any type, and positions.

local function level1() error("one", 1) end
local function level2() error("two", 2) end
local function level0() error("zero", 0) end
print(pcall(level1)) -- expect: false levels.lua:3: one
print(pcall(function() level1() end)) -- expect: false levels.lua:3: one
print(pcall(function() level2() end)) -- expect: false levels.lua:8: two
print(pcall(level0)) -- expect: false zero
print(pcall(error, "called by pcall")) -- expect: false called by pcall
print(pcall(error, "called by pcall", 2)) -- expect: false levels.lua:11: called by pcall
print(pcall(function() error(5) end)) -- expect: false 5
print(pcall(function() error(5.5, 2) end)) -- expect: false 5.5
print(pcall(function() error(true) end)) -- expect: false true
print(select("#", pcall(error))) -- expect: 2
local object = setmetatable({}, { __tostring = function() return "object" end })
print(select(2, pcall(error, object)) == object, tostring(select(2, pcall(error, object))))
-- expect: true object
local function thrower() error({ code = 42 }) end
local ok, e = pcall(thrower)
print(ok, type(e), e.code) -- expect: false table 42

print(pcall(assert, false)) -- expect: false assertion failed!
print(pcall(assert, nil, "message")) -- expect: false message
print(pcall(assert, false, object) == false, select(2, pcall(assert, false, { 1 }))[1])
-- expect: true 1
print(pcall(assert)) -- expect: false bad argument #1 to 'assert' (value expected)
print(assert(1, 2, 3)) -- expect: 1 2 3
print(pcall(function() assert(1 == 2, "not equal") end)) -- expect: false levels.lua:29: not equal
print(pcall(function() assert(nil) end)) -- expect: false levels.lua:30: assertion failed!

-- Nested protection; errors in error handlers' callers.
print(pcall(pcall, error, "x")) -- expect: true false x
print(pcall(function()
  local ok1, e1 = pcall(error, "inner", 0)
  error("outer of " .. e1, 0)
end))
-- expect: false outer of inner
local function rethrow() local _, e = pcall(error, "first", 0); error(e, 0) end
print(pcall(rethrow)) -- expect: false first

-- Level 2 through a tail call, a method, a coroutine.
local check = {}
function check.positive(n) if n <= 0 then error("not positive", 2) end return n end
print(pcall(function() return 1 + check.positive(-1) end))
-- expect: false levels.lua:45: not positive
print(pcall(function()
  check.positive(
    -1
  )
end))
-- expect: false levels.lua:48: not positive
print(coroutine.resume(coroutine.create(function() check.positive(0) end)))
-- expect: false levels.lua:53: not positive
print(coroutine.resume(coroutine.create(check.positive), 0)) -- expect: false not positive

-- Lines: of operators, of arguments over several lines.
print(pcall(function()
  local x = 1
    + {}
end))
-- expect: false levels.lua:60: attempt to perform arithmetic on a table value
print(pcall(function()
  return (nil)
    .field
end))
-- expect: false levels.lua:65: attempt to index a nil value
print(pcall(load("\n\n\nerror('line four')", "=chunk"))) -- expect: false chunk:4: line four
print(pcall(load("error('a source as name')")))
-- expect: false [string "error('a source as name')"]:1: a source as name
print(pcall(load("local x = nil\nreturn x.y", "@some/file.lua")))
-- expect: false some/file.lua:2: attempt to index a nil value (local 'x')
print(pcall(load("error('x')", "a very long chunk name that has to be cut somewhere because it does not fit at all")))
-- expect: false [string "a very long chunk name that has to be cut som..."]:1: x
print(pcall(load("error('x')", "@" .. ("d/"):rep(50) .. "file.lua")))
-- expect: false ...d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/d/file.lua:1: x
