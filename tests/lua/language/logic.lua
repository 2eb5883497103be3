-- `and`, `or`, `not`: values, short circuits, and conditions of every shape.

print(1 and 2, nil and 2, false and 2, 1 or 2, nil or 2, false or nil, nil or false)
-- expect: 2 nil false 1 2 nil false
print(not nil, not 0, not "", not not 1, nil == nil and "same")
-- expect: true false false true same
print(1 and nil or "other", false == nil, 1 and 2 and 3, nil or false or 3)
-- expect: other false 3 3
print(1 < 2 and 2 < 3, not (1 < 2), not 1 == 2, not (1 == 2)) -- expect: true false false true

local log = {}
local function t(name) log[#log + 1] = name; return true end
local function f(name) log[#log + 1] = name; return false end
local function trace(...) local s = table.concat(log, " "); log = {}; return s, ... end
print(trace(t "a" and f "b" or t "c")) -- expect: a b c true
print(trace(f "a" and t "b" or f "c")) -- expect: a c false
print(trace((t "a" or t "b") and (f "c" or t "d"))) -- expect: a c d true
print(trace(not (f "a" or f "b") and t "c")) -- expect: a b c true
print(trace(f "a" or f "b" or nil)) -- expect: a b nil
if t "a" and (f "b" or t "c") then print(trace("then")) else print(trace("else")) end
-- expect: a b c then
if not (t "a" and f "b") then print(trace("then")) else print(trace("else")) end -- expect: a b then
while f "w" or (t "x" and f "y") do end
print(trace()) -- expect: w x y
local n = 0
repeat n = n + 1 until n > 3 or n == 2 and t "r"
print(n, trace()) -- expect: 2 r

local x, y = nil, 5
print(x and x.field, x == nil or x.field, y and y > 3, (x or y) + 1) -- expect: nil true true 6
local function choose(c) return c and "yes" or "no" end
print(choose(true), choose(false), choose(nil), choose(0)) -- expect: yes no no yes
local z = x or y and x or "z"
print(z) -- expect: z
print((nil and error("never")) == nil, (true or error("never"))) -- expect: true true
local value = 1 == 1
print(value, 1 == 2, "a" .. tostring(1 < 2)) -- expect: true false atrue
local r = {}
r[1], r[2] = 1 < 2, not (1 < 2)
print(r[1], r[2], ({ [true] = "t", [false] = "f" })[1 > 2]) -- expect: true false f
