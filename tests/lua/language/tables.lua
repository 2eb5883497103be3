-- Constructors, length, fields and integer keys.

local t = { 1, 2, x = "x", 3, [10] = "ten", ["key with spaces"] = true; "last" }
print(#t, t[4], t.x, t[10], t["key with spaces"]) -- expect: 4 last x ten true
print(#{}, #{ nil }, #{ 1, nil }, #{ n = 1 }, #"abc", #"") -- expect: 0 0 1 0 3 0
print(({ 1, 2, 3, [2] = "explicit" })[2], ({ [1] = "a", "b" })[1]) -- expect: 2 b
local function many() return 1, 2, 3 end
print(#{ many() }, #{ many(), many() }, #{ many(), nil }, #{ (many()) }) -- expect: 3 4 1 1
local big = {}
for i = 1, 300 do big[i] = i end
print(#big, #{ table.unpack(big) }, ({ table.unpack(big) })[300]) -- expect: 300 300 300

-- Numbers as keys.
local keys = {}
keys[1] = "one"; keys[1.0] = "one again"; keys["1"] = "string"; keys[2 ^ 53] = "big"
print(keys[1], keys["1"], keys[1 << 53], #keys) -- expect: one again string big 1
keys[-1] = "minus"; keys[0] = "zero"; keys[1.5] = "half"
print(keys[-1], keys[0], keys[-0.0], keys[1.5]) -- expect: minus zero zero half
keys[true] = "t"; keys[keys] = "self"; keys[print] = "function"
print(keys[true], keys[keys], keys[print], keys[false]) -- expect: t self function nil

-- Growing, shrinking, holes.
local list = {}
for i = 1, 10 do list[#list + 1] = i end
for _ = 1, 5 do list[#list] = nil end
print(#list, list[5], list[6]) -- expect: 5 5 nil
for i = 10, 1, -1 do list[i] = i end
print(#list) -- expect: 10
local reversed = {}
for i = 5, 1, -1 do reversed[i] = i end
print(#reversed) -- expect: 5

-- Nesting, and methods.
local tree = { left = { value = 1 }, right = { value = 2, right = { value = 3 } } }
print(tree.right.right.value, tree.left.value, tree["right"]["value"]) -- expect: 3 1 2
local object = { n = 1 }
function object:add(k) self.n = self.n + k; return self end
function object.new(n) return { n = n } end
print(object:add(2):add(3).n, object.new(7).n) -- expect: 6 7
function tree.left.f(...) return select("#", ...) end
function tree.left:g(...) return self == tree.left, select("#", ...) end
print(tree.left.f(1, 2), tree.left:g(1, 2)) -- expect: 2 true 2
print(("x"):rep(3), #("abc"):upper(), ("%d"):format(5)) -- expect: xxx 3 5

-- next, rawlen, rawequal, rawget, rawset.
local proxy = setmetatable({}, { __index = function() return "indexed" end, __len = function() return 42 end, __newindex = error, __eq = function() return true end })
print(#proxy, rawlen(proxy), proxy.x, rawget(proxy, "x")) -- expect: 42 0 indexed nil
print(rawset(proxy, "x", 1) == proxy, proxy.x, rawequal(proxy, {}), proxy == setmetatable({}, getmetatable(proxy)))
-- expect: true 1 false true
print(next({}), next({ 5 }), rawlen("abc"), pcall(rawlen, 5))
-- expect: nil 1 3 false bad argument #1 to 'rawlen' (table or string expected, got number)
