-- __eq, __lt, __le: when they are asked, with what, and what becomes of their results.

-- Collects a line in pieces.
local line = ""
local function write(...) line = line .. table.concat({ ... }) end
local function written() local text = line; line = ""; return text end

local mt = {}
mt.__eq = function(a, b) write("eq "); return a.v == b.v end
mt.__lt = function(a, b)
  write("lt ")
  return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b)
end
mt.__le = function(a, b)
  write("le ")
  return (type(a) == "table" and a.v or a) <= (type(b) == "table" and b.v or b)
end
local function new(v) return setmetatable({ v = v }, mt) end
local one, other, two = new(1), new(1), new(2)

print(one == other, one ~= other, one == two, one == one, written())
-- expect: true false false true eq eq eq
print(one < two, one <= two, one > two, one >= two, one <= other, written())
-- expect: true true false false true lt le lt le le
print(one < 5, 5 < one, one <= 1, 1 >= one, one > 0.5, written())
-- expect: true false true true true lt lt le le lt
print(one == 1, one == "1", rawequal(one, other), written()) -- expect: false false false
if one == other then print("then", written()) end -- expect: then eq
if one < two and not (two < one) then print("and", written()) end -- expect: and lt lt
while two < one do end
print("done", written()) -- expect: done lt
print(pcall(function() return one < "x" end))
-- expect: false comparison.lua:12: attempt to compare number with string

-- Results become booleans.
local odd = setmetatable({}, { __lt = function() return nil end, __le = function() return "yes" end, __eq = function() return 0 end })
print(odd < odd, odd <= odd, odd == setmetatable({}, getmetatable(odd)), written())
-- expect: false true true lt
print(odd < 1, 1 <= odd, not (odd < 1), written()) -- expect: false true true

-- Different metamethods: the first operand's is taken.
local a = setmetatable({}, { __eq = function() return true end, __lt = function() return true end })
local b = setmetatable({}, { __eq = function() return false end, __lt = function() return false end })
print(a == b, b == a, a < b, b < a, a ~= b, written()) -- expect: true false true false false
print(a == {}, {} == a, {} == b, written()) -- expect: true true false
print(pcall(function() return a <= b end))
-- expect: false comparison.lua:46: attempt to compare two table values
print(pcall(function() return {} < setmetatable({}, {}) end))
-- expect: false comparison.lua:48: attempt to compare two table values

-- Sorting with them.
local list = { new(3), new(1), new(2) }
mt.__lt = function(x, y) return x.v < y.v end
table.sort(list)
print(list[1].v, list[2].v, list[3].v) -- expect: 1 2 3
