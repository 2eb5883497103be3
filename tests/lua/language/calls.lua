-- Calls: arguments, results, methods, tail calls, recursion.

local function f(a, b, c) return a, b, c end
print(f(1), f(1, 2, 3, 4)) -- expect: 1 1 2 3
print((f(1, 2))) -- expect: 1
print(f(f(1, 2, 3))) -- expect: 1 2 3
print(type(f), type(f()), select("#", f())) -- expect: function nil 3
print(("s"):len(), #"s", f"string", f[[long]], type(f{})) -- expect: 1 1 string long table
local t = { f = f, g = function(self, x) return self == _G, x end }
print(t.f(1), t["f"](2), t.g(_G, 3), t:g(4)) -- expect: 1 2 true false 4

-- A tail call needs no stack.
local function loop(n, acc) if n == 0 then return acc end return loop(n - 1, acc + n) end
print(loop(100000, 0)) -- expect: 5000050000
local function even(n) if n == 0 then return true end return odd(n - 1) end
function odd(n) if n == 0 then return false end return even(n - 1) end
print(even(10001)) -- expect: false
local callable = setmetatable({}, { __call = function(self, n) if n == 0 then return "called" end return self(n - 1) end })
print(callable(50000)) -- expect: called

-- Recursion that is no tail call.
local function sum(n) if n == 0 then return 0 end return n + sum(n - 1) end
print(sum(10000)) -- expect: 50005000
local function ackermann(m, n)
  if m == 0 then return n + 1 end
  if n == 0 then return ackermann(m - 1, 1) end
  return ackermann(m - 1, ackermann(m, n - 1))
end
print(ackermann(2, 3)) -- expect: 9

-- Many parameters, many arguments, many locals.
local names, values = {}, {}
for i = 1, 200 do names[i] = "a" .. i; values[i] = i end
local big = assert(load("local " .. table.concat(names, ", ") .. " = ...; return a1 + a200, select('#', ...)"))
print(big(table.unpack(values))) -- expect: 201 200
print(load("local " .. table.concat(names, ", ") .. ", one_more = ..."))
-- expect: nil [string "local a1, a2, a3, a4, a5, a6, a7, a8, a9, a10..."]:1: too many local variables (limit is 200) in main function near <eof>
local wide = assert(load("return (" .. ("function(a, b, ...) return select('#', ...) end"):rep(1) .. ")(...)"))
print(wide(table.unpack(values))) -- expect: 198

-- What is called must be a function.
print(pcall(function() local x = 5; x() end))
-- expect: false calls.lua:42: attempt to call a number value (local 'x')
print(pcall(function() t.none() end))
-- expect: false calls.lua:44: attempt to call a nil value (field 'none')
print(pcall(function() t:none() end))
-- expect: false calls.lua:46: attempt to call a nil value (method 'none')
print(pcall(function() undefined_function() end))
-- expect: false calls.lua:48: attempt to call a nil value (global 'undefined_function')
print(pcall(function() ("x")() end))
-- expect: false calls.lua:50: attempt to call a string value (constant 'x')
print(pcall(nil)) -- expect: false attempt to call a nil value
print(pcall(function() return t.a.b.c end))
-- expect: false calls.lua:53: attempt to index a nil value (field 'a')

-- Chunks and their arguments.
print(load("return ...")(1, 2)) -- expect: 1 2
print(select("#", load("")())) -- expect: 0
local pieces = { "return ", "1 ", "+ 2", nil }
local index = 0
print(load(function() index = index + 1; return pieces[index] end)()) -- expect: 3
print(pcall(load, function() error("reader", 0) end)) -- expect: true nil reader
print(pcall(load, function() return {} end))
-- expect: true nil reader function must return a string
print(load("return 1", "chunk", "b")) -- expect: nil attempt to load a text chunk (mode is 'b')
print(load("x =")) -- expect: nil [string "x ="]:1: unexpected symbol near <eof>
print(load("x = = 2", "=name")) -- expect: nil name:1: unexpected symbol near '='
print(load("x = }", "@file.lua")) -- expect: nil file.lua:1: unexpected symbol near '}'
print(load("for", "a chunk given as its source"))
-- expect: nil [string "a chunk given as its source"]:1: <name> expected near <eof>
print(load("\n\nreturn return", "two\nlines"))
-- expect: nil [string "two..."]:3: unexpected symbol near 'return'
