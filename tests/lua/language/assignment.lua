-- Multiple assignment: everything is evaluated before anything is assigned.

local a, b = 1, 2
a, b = b, a
print(a, b) -- expect: 2 1

local i, t = 1, {}
i, t[i] = i + 1, "old i"
print(i, t[1], t[2]) -- expect: 2 old i nil

t = { 1, 2, 3 }
t[1], t[2], t[3] = t[3], t[1], t[2]
print(t[1], t[2], t[3]) -- expect: 3 1 2

local x, y, z = (function() return 1, 2, 3 end)()
print(x, y, z) -- expect: 1 2 3
x, y, z = 0, (function() return 1, 2, 3 end)()
print(x, y, z) -- expect: 0 1 2
x, y, z = (function() return 1, 2, 3 end)(), 10
print(x, y, z) -- expect: 1 10 nil
x, y = 1
print(x, y) -- expect: 1 nil
x, y = 1, 2, print("still evaluated") -- expect: still evaluated

-- The order in which expressions are evaluated.
local log = {}
local function note(name, value) log[#log + 1] = name; return value end
local target = setmetatable({}, { __newindex = function(_, k, v) log[#log + 1] = k .. "=" .. v end })
note("prefix", target)[note("key", "k")], note("prefix2", target)[note("key2", "l")] = note("v1", 1), note("v2", 2)
print(table.concat(log, " ")) -- expect: prefix key prefix2 key2 v1 v2 l=2 k=1

-- The same local on both sides, and as table and key.
local tt = { n = 1 }
tt, tt.n = nil, 5
print(tt) -- expect: nil
local s = { "a" }
s[1], s = "b", { "c" }
print(s[1]) -- expect: c
local function f() local p = { 1 }; local q = p; q[1], q = q[1] + 1, nil; return p[1], q end
print(f()) -- expect: 2 nil

-- Swaps through upvalues and globals.
g1, g2 = "g1", "g2"
g1, g2 = g2, g1
print(g1, g2) -- expect: g2 g1
local u, v = "u", "v"
local function swap() u, v = v, u end
swap()
print(u, v) -- expect: v u

-- Attributes.
local constant <const> = 5
print(constant + 1, load("local c <const> = 1; c = 2"))
-- expect: 6 nil [string "local c <const> = 1; c = 2"]:1: attempt to assign to const variable 'c'
print(load("local c <const> = 1; function f() c = 2 end"))
-- expect: nil [string "local c <const> = 1; function f() c = 2 end"]:1: attempt to assign to const variable 'c'
print(load("local c <close> = nil; c = 2"))
-- expect: nil [string "local c <close> = nil; c = 2"]:1: attempt to assign to const variable 'c'
print(load("local c <other> = 1"))
-- expect: nil [string "local c <other> = 1"]:1: unknown attribute 'other'
print(load("local a <close>, b <close> = nil, nil"))
-- expect: nil [string "local a <close>, b <close> = nil, nil"]:1: multiple to-be-closed variables in local list
local <const> p, q = 1, 2
print(p, q, load("local <const> p, q = 1, 2; q = 3"))
-- expect: 1 2 nil [string "local <const> p, q = 1, 2; q = 3"]:1: attempt to assign to const variable 'q'
