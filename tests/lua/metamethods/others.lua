-- __call, __tostring, __name, __metatable, __pairs, __len, __concat: what each is asked for.

-- Collects a line in pieces.
local line = ""
local function write(...) line = line .. table.concat({ ... }) end
local function written() local text = line; line = ""; return text end

local callable = setmetatable({}, { __call = function(self, ...) return self ~= nil, select("#", ...), ... end })
print(callable(), callable(nil), callable("a", "b")) -- expect: true true true 2 a b
print(pcall(callable, 1)) -- expect: true true 1 1
local nested = setmetatable({}, { __call = callable })
print(nested("x") == true, select("#", nested("x"))) -- expect: true 4
local long = function() return "reached" end
for _ = 1, 14 do long = setmetatable({}, { __call = long }) end
print(long()) -- expect: reached
for _ = 1, 10 do long = setmetatable({}, { __call = long }) end
print((select(2, pcall(long)):gsub(" %(.*", ""))) -- expect: '__call' chain too long
print(pcall(setmetatable({}, { __call = 5 }))) -- expect: false attempt to call a number value
print(coroutine.wrap(function() return callable("in a coroutine") end)())
-- expect: true 1 in a coroutine
print(table.concat({ pcall(string.gsub, "abc", "b", setmetatable({}, { __index = function(_, k) return k:upper() end })) }, " ", 2))
-- expect: aBc 1

print(tostring(setmetatable({}, { __tostring = function() return "shown" end }))) -- expect: shown
print(pcall(tostring, setmetatable({}, { __tostring = function() return 5 end }))) -- expect: true 5
print((tostring(setmetatable({}, { __name = "Named" })):gsub("0x%x+", "address")))
-- expect: Named: address
print(pcall(function() return setmetatable({}, { __name = "Named" }) + 1 end))
-- expect: false others.lua:28: attempt to perform arithmetic on a Named value
print(pcall(string.rep, setmetatable({}, { __name = "Named" })))
-- expect: false bad argument #1 to 'string.rep' (string expected, got Named)
print(string.format("%s", setmetatable({}, { __tostring = function() return "formatted" end })))
-- expect: formatted

local protected = setmetatable({}, { __metatable = "locked" })
print(getmetatable(protected), pcall(setmetatable, protected, {}))
-- expect: locked false cannot change a protected metatable
print(getmetatable("").__index == string, getmetatable({}), getmetatable(5)) -- expect: true nil nil
print(pcall(setmetatable, {}, 5))
-- expect: false bad argument #2 to 'setmetatable' (nil or table expected, got number)
print(pcall(setmetatable, {}))
-- expect: false bad argument #2 to 'setmetatable' (nil or table expected, got no value)
print(pcall(setmetatable, 5, {}))
-- expect: false bad argument #1 to 'setmetatable' (table expected, got number)

local paired = setmetatable({}, { __pairs = function(t) return function(_, k) k = (k or 0) + 1; if k <= 3 then return k, k * k end end, t, nil end })
for k, v in pairs(paired) do write(k, "=", v, " ") end
print(written()) -- expect: 1=1 2=4 3=9
local indexed = setmetatable({}, { __index = function(_, i) if i <= 3 then return "item" .. i end end })
for i, v in ipairs(indexed) do write(i, v, " ") end
print(written()) -- expect: 1item1 2item2 3item3

local sized = setmetatable({ 1, 2 }, { __len = function() return 10 end })
print(#sized, rawlen(sized), table.unpack(sized, 1, 2)) -- expect: 10 2 1 2
print(pcall(table.concat, sized))
-- expect: false invalid value (nil) at index 3 in table for 'concat'
print(pcall(table.insert, setmetatable({}, { __len = function() return "x" end }), 1))
-- expect: false object length is not an integer
print(#setmetatable({}, { __len = function() return "any", 2 end })) -- expect: any

print(table.concat(setmetatable({}, { __index = function(_, i) return i * 2 end, __len = function() return 4 end }), ","))
-- expect: 2,4,6,8
local sorted = setmetatable({}, { __len = function() return 3 end, __index = function(_, i) return rawget({ 3, 1, 2 }, i) end, __newindex = function(t, k, v) rawset(t, k, v) end })
table.sort(sorted)
print(sorted[1], sorted[2], sorted[3]) -- expect: 1 2 3
table.move({ 1, 2, 3 }, 1, 3, 2, sorted)
print(sorted[1], sorted[2], sorted[3], sorted[4]) -- expect: 1 1 2 3
