-- Closures: shared and separate variables, in loops, recursion, and after their block has ended.

local function counter()
  local n = 0
  return function() n = n + 1; return n end, function() return n end, function(v) n = v end
end
local up, get, set = counter()
print(up(), up(), get()) -- expect: 1 2 2
set(10)
print(up(), get()) -- expect: 11 11
local other = counter()
print(other(), get()) -- expect: 1 11

-- Loops.
local fs = {}
for i = 1, 3 do
  local j = i
  fs[#fs + 1] = function() j = j + 1; return i, j end
end
print(fs[1](), fs[1]()) -- expect: 1 1 3
print(fs[2](), fs[3]()) -- expect: 2 3 4
local i = 1
while i <= 2 do
  local k = i
  fs[i] = function() k = k * 2; return k end
  i = i + 1
end
print(fs[1](), fs[1](), fs[2](), i) -- expect: 2 4 4 3

-- A variable assigned after capture, and one captured twice.
local value = "before"
local function read() return value end
value = "after"
print(read()) -- expect: after
local a, b
do
  local shared = 0
  a = function() shared = shared + 1; return shared end
  b = function() shared = shared * 10; return shared end
end
print(a(), b(), a()) -- expect: 1 10 11

-- Through several levels.
local function outer(x)
  return function(y)
    return function(z)
      x = x + 1
      return x + y + z
    end
  end
end
local add = outer(1)(10)
print(add(100), add(100)) -- expect: 112 113

-- Recursion: `local function` sees itself, `local f = function` does not.
local function factorial(n) return n <= 1 and 1 or n * factorial(n - 1) end
print(factorial(20), factorial(21)) -- expect: 2432902008176640000 -4249290049419214848
local lone = function() return lone end
print(lone()) -- expect: nil

-- Parameters and varargs captured.
local function keep(p, ...)
  local rest = { ... }
  return function() p = p .. "!"; return p, table.unpack(rest) end
end
local kept = keep("a", 1, 2)
print(kept()) -- expect: a! 1 2
print(kept()) -- expect: a!! 1 2

-- Closures are equal to themselves only.
local function make() return function() end end
print(make() == make(), a == a) -- expect: false true

-- Upvalues of loaded chunks: only _ENV.
local x = "local"
print(load("return x")(), load("return _ENV")() == _G) -- expect: nil true
local env = { y = 5 }
print(load("return y", "chunk", "t", env)()) -- expect: 5
