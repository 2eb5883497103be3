

-- What the VM does in one step for two instructions: the same as one by one, whatever the values are,

-- where jumps land between the two, when the first or the second calls a metamethod, fails, or is hooked.

local log = {}
local function note(...) log[#log + 1] = table.concat({ ... }, " ") end
local object = setmetatable({}, {
  __index = function(_, key) note("index", key) return 7 end,
  __newindex = function(_, key, value) note("newindex", key, value) end,
  __add = function(a, b) note("add") return 10 end,
  __sub = function(a, b) note("sub") return 20 end,
  __mul = function(a, b) note("mul") return 30 end,
})
local function done(...)
  local values = { ... }
  for i = 1, select("#", ...) do values[i] = tostring(values[i]) end
  print(table.concat(values, " ") .. (#log > 0 and "  after " .. table.concat(log, ", ") or ""))
  log = {}
end

-- Arithmetic: integers, floats, mixed, strings, metamethods in either.
local function mul_add(a, b, c) return a * b + c end
local function mul_sub(a, b, c) return a * b - c end
local function mul_mul(a, b, c) return a * b * c end
for _, f in ipairs { mul_add, mul_sub, mul_mul } do
  done(f(2, 3, 4))
  done(f(2.0, 3.0, 4.0))
  done(f(2, 3, 4.5))
  done(f(2.5, 3, 4))
  done(f("2", 3, "4"))
  done(f(object, 3, 4))
  done(f(2, 3, object))
  done(f(math.maxinteger, 2, 1))
end
-- expect: 10
-- expect: 10.0
-- expect: 10.5
-- expect: 11.5
-- expect: 10
-- expect: 34  after mul
-- expect: 10  after add
-- expect: -1
-- expect: 2
-- expect: 2.0
-- expect: 1.5
-- expect: 3.5
-- expect: 2
-- expect: 26  after mul
-- expect: 20  after sub
-- expect: -3
-- expect: 24
-- expect: 24.0
-- expect: 27.0
-- expect: 30.0
-- expect: 24
-- expect: 120  after mul
-- expect: 30  after mul
-- expect: -2

-- Elements: of the array part, of the hash part, absent, inherited, of no table at all.
local function two(t, u, i, j) local x, y = t[i], u[j] return x, y end
local function plus(t, i, x) return x + t[i], t[i] + x end
local function times(t, i, x) return x * t[i], t[i] * x end
local function next_one(t, i) return t[i + 1], t[i - 1] end
local list, sparse = { 1, 2, 3 }, { [1000] = 4, x = 5 }
for _ = 1, 2 do
  done(two(list, list, 1, 3))
  done(two(list, sparse, 2, 1000))
  done(two(sparse, list, "x", 4))
  done(two(object, list, 1, 1))
  done(two(list, object, 1, 1))
  done(plus(list, 2, 0.5))
  done(plus(object, 2, 1))
  done(times(list, 3, 2))
  done(times(list, 3, object))
  done(next_one(list, 2))
  done(next_one(sparse, 999))
  done(next_one(object, 1.5))
end
-- expect: 1 3
-- expect: 2 4
-- expect: 5 nil
-- expect: 7 1  after index 1
-- expect: 1 7  after index 1
-- expect: 2.5 2.5
-- expect: 8 8  after index 2, index 2
-- expect: 6 6
-- expect: 30 30  after mul, mul
-- expect: 3 1
-- expect: 4 nil
-- expect: 7 7  after index 2.5, index 0.5
-- expect: 1 3
-- expect: 2 4
-- expect: 5 nil
-- expect: 7 1  after index 1
-- expect: 1 7  after index 1
-- expect: 2.5 2.5
-- expect: 8 8  after index 2, index 2
-- expect: 6 6
-- expect: 30 30  after mul, mul
-- expect: 3 1
-- expect: 4 nil
-- expect: 7 7  after index 2.5, index 0.5

-- Fields, through one and two tables, upvalues and globals.
local a = { b = { c = 1, list = { 8, 9 } }, x = 3, y = 4 }
local function fields(t) return t.b.c, t.b.list[2], t.x * t.y end
for _ = 1, 2 do
  done(fields(a))
  done(fields(setmetatable({ b = a.b }, { __index = a })))
  done(fields { b = setmetatable({ list = object }, getmetatable(object)), x = object, y = 1 })
end
thing = a
local function global() return thing.b, thing.x end
done(select("#", global()), select(2, global()))
thing = object
done(global())
local function from_upvalue(x) return select("#", a, x, x) end
done(from_upvalue(1))
-- expect: 1 9 12
-- expect: 1 9 12
-- expect: 7 7 30  after index c, index 2, mul
-- expect: 1 9 12
-- expect: 1 9 12
-- expect: 7 7 30  after index c, index 2, mul
-- expect: 2 3
-- expect: 7 7  after index b, index x
-- expect: 3

-- Loops that end in a sum or an assignment.
local function sum(n, step) local s = 0 for i = 1, n, step do s = s + i end return s end
done(sum(10, 1), sum(2, 0.5), sum(0, 1), sum(1, 1))
local function gather(o, n) local s = o for i = 1, n do s = s + i end return s end
done(gather(object, 3))
local function fill(t, n) for i = 1, n do t[i] = i end return #t end
done(fill({}, 5), fill({ 9, 9, 9 }, 2), fill({}, 0))
local function fill_constant(t, n) for i = 1, n do t[i] = true end return #t end
done(fill_constant({}, 5), fill_constant({ 9, 9, 9 }, 2))
fill(object, 2)
fill_constant(setmetatable({}, { __newindex = function(_, key) note("set", key) end }), 2)
done("filled")
-- expect: 55 4.5 0 1
-- expect: 15  after add
-- expect: 5 3 0
-- expect: 5 3
-- expect: filled  after newindex 1 1, newindex 2 2, set 1, set 2

-- A jump lands between the two.
local function between(flag, x, y)
  local r = flag and x or y
  local s = flag and x * y or r
  return s + x
end
done(between(true, 2, 3), between(false, 2, 3))
-- expect: 8 5

-- Errors are where they are, and name what they are about.
local function fails(f, ...) print((select(2, pcall(f, ...)):gsub("^.-:%d+: ", ""))) end
fails(mul_add, {}, 2, 3)
fails(mul_add, 2, 3, {})
fails(two, list, nil, 1, 1)
fails(two, nil, list, 1, 1)
fails(fields, {})
fails(fields, { b = {}, x = 1, y = 2 })
fails(function() return thing_that_is_not.x end)
fails(sum, 1, "x")
fails(fill, 1, 1)
local where = select(2, pcall(load("local t, u = ...\nreturn t.a\n  .b.c", "=chunk"), { a = {} }))
print(where)
-- expect: attempt to perform arithmetic on a table value (local 'a')
-- expect: attempt to perform arithmetic on a table value (local 'c')
-- expect: attempt to index a nil value (local 'u')
-- expect: attempt to index a nil value (local 't')
-- expect: attempt to index a nil value (field 'b')
-- expect: attempt to index a nil value (field 'list')
-- expect: attempt to index a nil value (global 'thing_that_is_not')
-- expect: bad 'for' step (number expected, got string)
-- expect: attempt to index a number value (local 't')
-- expect: chunk:3: attempt to index a nil value (field 'b')

-- The hook is told of each.
local count = 0
debug.sethook(function() count = count + 1 end, "", 1)
local product = mul_add(2, 3, 4)
debug.sethook()
print(product, count) -- expect: 10 11
local lines = {}
local function told(f, ...)
  debug.sethook(function(_, line) lines[#lines + 1] = debug.getinfo(2, "S").source == "=lines" and line or nil end, "l")
  local _ = f(...)
  debug.sethook()
  print(table.concat(lines, " "))
  lines, log = {}, {}
end
local f = load("local a, b, c = ...\nlocal d = a\nlocal e = b\nlocal f = a\n  * b\n  + c\nreturn f", "=lines")
told(f, 1, 2, 3)
told(f, object, 2, 3)
told(f, 1.5, 2, object)
f = load("local t, u = ...\nfor i = 1, 2 do u[i] = t[i\n  + 1] end\nreturn t\n  .x\n  .y", "=lines")
told(f, { x = {} }, {})
told(f, setmetatable({}, { __index = function() return {} end }), setmetatable({}, { __newindex = function() end }))
-- expect: 1 2 3 5 6 7
-- expect: 1 2 3 5 6 7
-- expect: 1 2 3 5 6 7
-- expect: 1 2 3 2 3 2 5 6
-- expect: 1 2 3 2 3 2 5 6
