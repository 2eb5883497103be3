-- Run-time errors name the variable and the place.

local function try(f, ...) print((select(2, pcall(f, ...)))) end
local t, s, n = {}, "text", 5
global_table = { inner = {} }

try(function() return t.x.y end) -- expect: messages.lua:7: attempt to index a nil value (field 'x')
try(function() return t.x.y.z end)
-- expect: messages.lua:8: attempt to index a nil value (field 'x')
try(function() local a; a.b = 1 end)
-- expect: messages.lua:10: attempt to index a nil value (local 'a')
try(function() undefined.field = 1 end)
-- expect: messages.lua:12: attempt to index a nil value (global 'undefined')
try(function() return undefined.field end)
-- expect: messages.lua:14: attempt to index a nil value (global 'undefined')
try(function() return global_table.none.field end)
-- expect: messages.lua:16: attempt to index a nil value (field 'none')
try(function() return global_table.inner.none.field end)
-- expect: messages.lua:18: attempt to index a nil value (field 'none')
try(function() t.x() end) -- expect: messages.lua:20: attempt to call a nil value (field 'x')
try(function() t:method() end)
-- expect: messages.lua:21: attempt to call a nil value (method 'method')
try(function() s:nomethod() end)
-- expect: messages.lua:23: attempt to call a nil value (method 'nomethod')
try(function() undefined() end)
-- expect: messages.lua:25: attempt to call a nil value (global 'undefined')
try(function() local f = 5; f() end)
-- expect: messages.lua:27: attempt to call a number value (local 'f')
try(function() n() end) -- expect: messages.lua:29: attempt to call a number value (upvalue 'n')
try(function() (function() end)()() end) -- expect: messages.lua:30: attempt to call a nil value
try(function() t[1]() end)
-- expect: messages.lua:31: attempt to call a nil value (field 'integer index')
try(function() t["a key"]() end)
-- expect: messages.lua:33: attempt to call a nil value (field 'a key')
try(function() return t + 1 end)
-- expect: messages.lua:35: attempt to perform arithmetic on a table value (upvalue 't')
try(function() return 1 + t end)
-- expect: messages.lua:37: attempt to perform arithmetic on a table value (upvalue 't')
try(function() return n + undefined end)
-- expect: messages.lua:39: attempt to perform arithmetic on a nil value (global 'undefined')
try(function() return t.x + 1 end)
-- expect: messages.lua:41: attempt to perform arithmetic on a nil value (field 'x')
try(function() return s + 1 end)
-- expect: messages.lua:43: attempt to add a 'string' with a 'number'
try(function() return s * 2 end)
-- expect: messages.lua:45: attempt to mul a 'string' with a 'number'
try(function() return {} .. "x" end)
-- expect: messages.lua:47: attempt to concatenate a table value
try(function() return s .. t end)
-- expect: messages.lua:49: attempt to concatenate a table value (upvalue 't')
try(function() return s .. undefined end)
-- expect: messages.lua:51: attempt to concatenate a nil value (global 'undefined')
try(function() return t.a .. "x" end)
-- expect: messages.lua:53: attempt to concatenate a nil value (field 'a')
try(function() return -t end)
-- expect: messages.lua:55: attempt to perform arithmetic on a table value (upvalue 't')
try(function() return -undefined end)
-- expect: messages.lua:57: attempt to perform arithmetic on a nil value (global 'undefined')
try(function() return #undefined end)
-- expect: messages.lua:59: attempt to get length of a nil value (global 'undefined')
try(function() return #n end)
-- expect: messages.lua:61: attempt to get length of a number value (upvalue 'n')
try(function() return n & 1.5 end) -- expect: messages.lua:63: number has no integer representation
try(function() return s & 1 end)
-- expect: messages.lua:64: attempt to perform bitwise operation on a string value (upvalue 's')
try(function() return t | 1 end)
-- expect: messages.lua:66: attempt to perform bitwise operation on a table value (upvalue 't')
try(function() return ~t.x end)
-- expect: messages.lua:68: attempt to perform bitwise operation on a nil value (field 'x')
try(function() return n < s end) -- expect: messages.lua:70: attempt to compare number with string
try(function() return t < t end) -- expect: messages.lua:71: attempt to compare two table values
try(function() return t < 1 end) -- expect: messages.lua:72: attempt to compare table with number
try(function() return nil < 1 end) -- expect: messages.lua:73: attempt to compare nil with number
try(function() return s <= n end) -- expect: messages.lua:74: attempt to compare string with number
try(function() return 1 // 0 end) -- expect: messages.lua:75: attempt to divide by zero
try(function() return n % 0 end) -- expect: messages.lua:76: attempt to perform 'n%0'
try(function() t[nil] = 1 end) -- expect: messages.lua:77: table index is nil
try(function() t[0 / 0] = 1 end) -- expect: messages.lua:78: table index is NaN
try(function() for i = 1, "x" do end end)
-- expect: messages.lua:79: bad 'for' limit (number expected, got string)
try(function() for i = {}, 1 do end end)
-- expect: messages.lua:81: bad 'for' initial value (number expected, got table)
try(function() for i = 1, 10, 0 do end end) -- expect: messages.lua:83: 'for' step is zero
try(function() for k in t.iterator do end end)
-- expect: messages.lua:84: attempt to call a nil value (for iterator 'for iterator')
try(function() return 2 ^ 53 | 1.5 end)
-- expect: messages.lua:86: number has no integer representation
try(function() return 1 << 2 ^ 80 end)
-- expect: messages.lua:88: number has no integer representation
try(function(a) return a.b.c end, {})
-- expect: messages.lua:90: attempt to index a nil value (field 'b')
try(function(...) return (...).x end, nil) -- expect: messages.lua:92: attempt to index a nil value
try(function() return math.none.x end)
-- expect: messages.lua:93: attempt to index a nil value (field 'none')
try(function() return math.none() end)
-- expect: messages.lua:95: attempt to call a nil value (field 'none')
try(function() string.none() end)
-- expect: messages.lua:97: attempt to call a nil value (field 'none')
try(function() local a <const> = nil; return a.x end)
-- expect: messages.lua:99: attempt to index a nil value
try(function() local k = "dynamic"; return t[k].x end)
-- expect: messages.lua:101: attempt to index a nil value (field '?')
try(function() return t[n].x end)
-- expect: messages.lua:103: attempt to index a nil value (field '?')
try(function() return ("x").y.z end)
-- expect: messages.lua:105: attempt to index a nil value (field 'y')
try(function() return (1 + 2).x.y end) -- expect: messages.lua:107: attempt to index a number value
try(function() local up = t; return (function() return up.none.x end)() end)
-- expect: messages.lua:108: attempt to index a nil value (field 'none')

-- Arguments of built-ins.
try(function() string.rep() end)
-- expect: messages.lua:112: bad argument #1 to 'rep' (string expected, got no value)
try(function() ("x"):rep({}) end)
-- expect: messages.lua:114: bad argument #1 to 'rep' (number expected, got table)
try(function() ("x"):bad() end)
-- expect: messages.lua:116: attempt to call a nil value (method 'bad')
try(function() string.rep("x", -1, {}) end)
-- expect: messages.lua:118: bad argument #3 to 'rep' (string expected, got table)
try(function() table.concat({ {} }) end)
-- expect: messages.lua:120: invalid value (table) at index 1 in table for 'concat'
try(function() table.concat({ 1, 2, nil, 4 }, ",", 1, 4) end)
-- expect: messages.lua:122: invalid value (nil) at index 3 in table for 'concat'
try(function() setmetatable(1, {}) end)
-- expect: messages.lua:124: bad argument #1 to 'setmetatable' (table expected, got number)
try(function() ipairs() end)
-- expect: messages.lua:126: bad argument #1 to 'ipairs' (value expected)
try(function() math.floor("x") end)
-- expect: messages.lua:128: bad argument #1 to 'floor' (number expected, got string)
try(function() math.floor({}) end)
-- expect: messages.lua:130: bad argument #1 to 'floor' (number expected, got table)
try(function() string.char(256) end)
-- expect: messages.lua:132: bad argument #1 to 'char' (value out of range)
try(function() string.char(-1) end)
-- expect: messages.lua:134: bad argument #1 to 'char' (value out of range)
try(function() ("x"):format(1) ; ("%d"):format("x") end)
-- expect: messages.lua:136: bad argument #1 to 'format' (number expected, got string)
try(function() tostring() end)
-- expect: messages.lua:138: bad argument #1 to 'tostring' (value expected)
try(function() table.insert({}, 5, 1) end)
-- expect: messages.lua:140: bad argument #2 to 'insert' (position out of bounds)
try(function() table.insert({}, 1, 2, 3) end)
-- expect: messages.lua:142: wrong number of arguments to 'insert'
try(function() table.insert({}) end)
-- expect: messages.lua:144: wrong number of arguments to 'insert'
try(function() select(0) end)
-- expect: messages.lua:146: bad argument #1 to 'select' (index out of range)
try(function() rawset(1, 2, 3) end)
-- expect: messages.lua:148: bad argument #1 to 'rawset' (table expected, got number)
try(function() math.random(0, -1) end)
-- expect: messages.lua:150: bad argument #1 to 'random' (interval is empty)
try(function() local f = string.rep; f() end)
-- expect: messages.lua:152: bad argument #1 to 'f' (string expected, got no value)
try(function() t.f = string.rep; t.f({}) end)
-- expect: messages.lua:154: bad argument #1 to 'f' (string expected, got table)
try(string.rep) -- expect: bad argument #1 to 'string.rep' (string expected, got no value)
try(load, {}) -- expect: bad argument #1 to 'load' (function expected, got table)

-- Of two operands that are nil alike, the left one of a concatenation is named.
try(function() local f, b; return f .. b end)
-- expect: messages.lua:160: attempt to concatenate a nil value (local 'f')
try(function() return f .. t.b end)
-- expect: messages.lua:162: attempt to concatenate a nil value (global 'f')
try(function() local f, b; return f .. b .. "x" end)
-- expect: messages.lua:164: attempt to concatenate a nil value (local 'b')
try(function() local b; return "x" .. b .. "y" end)
-- expect: messages.lua:166: attempt to concatenate a nil value (local 'b')

-- A built-in behind __call is named as what was called, in a tail call too.
local callable = setmetatable({}, { __call = math.abs })
try(function() return callable() end)
-- expect: messages.lua:171: bad extra argument #1 to 'callable' (number expected, got table)
t.callable = callable
try(function() return t.callable() end)
-- expect: messages.lua:174: bad extra argument #1 to 'callable' (number expected, got table)
t.uncallable = setmetatable({}, { __call = 5 })
try(function() return t.uncallable() end)
-- expect: messages.lua:177: attempt to call a number value (field 'uncallable')

-- A `__concat` that returned nothing: what is left is named as the operand whose place it took.
do
  local nothing = setmetatable({}, { __concat = function() return nil end })
  local number, call, text, missing = 1, print, "x", nil
  print(select(2, pcall(function() return call .. number .. nothing end)))
  -- expect: messages.lua:184: attempt to concatenate a function value (upvalue 'call')
  print(select(2, pcall(function() return text .. number .. nothing end)))
  -- expect: messages.lua:186: attempt to concatenate a nil value (upvalue 'number')
  print(select(2, pcall(function() return missing .. text .. number .. nothing end)))
  -- expect: messages.lua:188: attempt to concatenate a nil value (upvalue 'number')
  print(select(2, pcall(function() return nothing .. missing .. number .. text end)))
  -- expect: messages.lua:190: attempt to concatenate a nil value (upvalue 'missing')
end
