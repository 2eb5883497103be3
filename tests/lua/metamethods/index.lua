-- __index and __newindex: functions, tables, chains, and what stays untouched.

local base = { greeting = "hello", deep = { x = 1 } }
local derived = setmetatable({ own = "own" }, { __index = base })
print(derived.own, derived.greeting, derived.deep.x, derived.none) -- expect: own hello 1 nil
print(rawget(derived, "greeting"), rawget(derived, "own")) -- expect: nil own

local asked = setmetatable({}, { __index = function(t, k) return k, "dropped" end })
print(asked.x, asked[1], asked[true], (asked[nil])) -- expect: x 1 true nil
print(select("#", asked.x)) -- expect: 1

local chain = {}
for i = 1, 50 do chain = setmetatable({ ["k" .. i] = i }, { __index = chain }) end
print(chain.k1, chain.k25, chain.k50, chain.k51) -- expect: 1 25 50 nil
local looped = {}
setmetatable(looped, { __index = looped })
print(select(2, pcall(function() return looped.x end)):match("chain too long"))
-- expect: chain too long

-- Writing.
local log = {}
local watched = setmetatable({ there = 1 }, { __newindex = function(t, k, v) rawset(t, k, v * 10) end })
watched.there = 2
watched.new = 2
watched.new = 3
print(watched.there, watched.new) -- expect: 2 3
local store = {}
local redirected = setmetatable({}, { __newindex = store })
redirected.x = 5
print(rawget(redirected, "x"), store.x) -- expect: nil 5
local readonly = setmetatable({}, { __newindex = function(_, k) error("no field " .. k, 2) end })
print(pcall(function() readonly.y = 1 end)) -- expect: false index.lua:32: no field y
print(pcall(function() readonly[1], readonly[2] = 1, 2 end))
-- expect: false index.lua:33: no field 2

-- On strings, and on what has no metatable.
string.shout = function(s) return s:upper() .. "!" end
print(("abc"):shout(), ("abc").shout == string.shout, ("x").none) -- expect: ABC! true nil
string.shout = nil
print(pcall(function() return (5).x end))
-- expect: false index.lua:40: attempt to index a number value
print(pcall(function() return (nil).x end))
-- expect: false index.lua:42: attempt to index a nil value
print(pcall(function() local s = "x"; s.field = 1 end))
-- expect: false index.lua:44: attempt to index a string value (local 's')
print(pcall(function() return ({}).a.b end))
-- expect: false index.lua:46: attempt to index a nil value (field 'a')
debug.setmetatable(5, { __index = { double = function(n) return n * 2 end }, __call = function(n, m) return n + m end })
print((21):double(), (2)(3)) -- expect: 42 5
debug.setmetatable(5, nil)
debug.setmetatable(nil, { __index = function(_, k) return "nil." .. k end })
print((nil).x, undefined_global.field) -- expect: nil.x nil.field
debug.setmetatable(nil, nil)

-- Global access goes through _G's metatable.
setmetatable(_G, { __index = function(_, k) return "global " .. k end, __newindex = function(_, k, v) rawset(_G, k, v .. "!") end })
print(some_global) -- expect: global some_global
some_global = "set"
print(some_global) -- expect: set!
setmetatable(_G, nil)
print(other_global) -- expect: nil

-- A metatable changed after the first access, as inline caches must notice.
local class1, class2 = { f = function() return "class1" end }, { f = function() return "class2" end }
local object = setmetatable({}, { __index = class1 })
local function call() return object:f() end
print(call(), call()) -- expect: class1 class1
getmetatable(object).__index = class2
print(call()) -- expect: class2
class2.f = function() return "changed" end
print(call()) -- expect: changed
object.f = function() return "own" end
print(call()) -- expect: own
object.f = nil
print(call()) -- expect: changed
setmetatable(object, nil)
print(pcall(call)) -- expect: false index.lua:66: attempt to call a nil value (method 'f')
