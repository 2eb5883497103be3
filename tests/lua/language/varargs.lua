-- Extra arguments: `...`, named ones, select, table.pack, and the adjusting of lists.

local function count(...) return select("#", ...) end
print(count(), count(nil), count(nil, nil), count(1, nil, 3)) -- expect: 0 1 2 3
print(select(2, "a", "b", "c")) -- expect: b c
print(select(-1, "a", "b", "c")) -- expect: c
print(select(-2, "a", "b", "c")) -- expect: b c
print(pcall(select, 0, 1)) -- expect: false bad argument #1 to 'select' (index out of range)
print(pcall(select, -5, 1)) -- expect: false bad argument #1 to 'select' (index out of range)
print((select(2, "a", "b", "c"))) -- expect: b

local function pass(...) return ... end
print(pass(1, 2, 3), pass(4, 5)) -- expect: 1 4 5
print((pass(1, 2, 3))) -- expect: 1
print(pass(), (pass())) -- expect: nil nil
print(({ pass(1, 2), pass(3, 4) })[3], #{ pass(1, 2), pass(3, 4) }, #{ (pass(1, 2)) })
-- expect: 4 3 1
local a, b, c, d = pass(1, 2), 10
print(a, b, c, d) -- expect: 1 10 nil nil
a, b, c, d = 10, pass(1, 2)
print(a, b, c, d) -- expect: 10 1 2 nil

local function few(x, y, ...) return x, y, select("#", ...) end
print(few(1)) -- expect: 1 nil 0
print(few(1, 2)) -- expect: 1 2 0
print(few(1, 2, 3, nil)) -- expect: 1 2 2

-- Named: a table that holds them and their number.
local function named(first, ...rest)
  return first, rest.n, rest[1], rest[2], #rest
end
print(named("a")) -- expect: a 0 nil nil 0
print(named("a", "b", "c")) -- expect: a 2 b c 2
local function changed(...rest)
  rest[1] = "changed"
  rest.n = 2
  return ...
end
print(changed(1, 2, 3)) -- expect: changed 2
local function both(...rest) return select("#", ...), rest.n, ... end
print(both(nil, nil)) -- expect: 2 2 nil nil
local function escapes(...rest) return function() return rest.n, rest[1] end end
print(escapes("x", "y")()) -- expect: 2 x
print(pcall(function(...rest) rest.n = "many"; return ... end, 1))
-- expect: false varargs.lua:44: vararg table has no proper 'n'
print(load("local function f(...rest) rest = 1 end"))
-- expect: nil [string "local function f(...rest) rest = 1 end"]:1: attempt to assign to const variable 'rest'

-- The main chunk has them too.
print(load("return select('#', ...), ...")("p", "q")) -- expect: 2 p q
print(load("local function f() return ... end"))
-- expect: nil [string "local function f() return ... end"]:1: cannot use '...' outside a vararg function near '...'

-- Many.
local t = {}
for i = 1, 250 do t[i] = i end
print(count(table.unpack(t)), select(250, table.unpack(t))) -- expect: 250 250
print(select("#", table.unpack({}, 1, 1000))) -- expect: 1000
print(pcall(table.unpack, {}, 1, 1e8)) -- expect: false too many results to unpack
local packed = table.pack(nil, 2, nil)
print(packed.n, packed[1], packed[2], packed[3]) -- expect: 3 nil 2 nil
print(math.max(table.unpack(t)), string.char(table.unpack({ 76, 117, 97 }))) -- expect: 250 Lua

-- In the middle of a list a call gives one value, a tail call all.
local function tail(...) return pass(...) end
print(pass(1, 2), tail(3, 4, 5)) -- expect: 1 3 4 5
print(#table.pack(tail(table.unpack(t)))) -- expect: 250
