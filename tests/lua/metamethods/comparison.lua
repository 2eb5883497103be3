-- __eq, __lt, __le: when they are asked, with what, and what becomes of their results.

local mt = {}
mt.__eq = function(a, b) io.write("eq "); return a.v == b.v end
mt.__lt = function(a, b)
  io.write("lt ")
  return (type(a) == "table" and a.v or a) < (type(b) == "table" and b.v or b)
end
mt.__le = function(a, b)
  io.write("le ")
  return (type(a) == "table" and a.v or a) <= (type(b) == "table" and b.v or b)
end
local function new(v) return setmetatable({ v = v }, mt) end
local one, other, two = new(1), new(1), new(2)

print(one == other, one ~= other, one == two, one == one) -- expect: eq eq eq true false false true
print(one < two, one <= two, one > two, one >= two, one <= other)
-- expect: lt le lt le le true true false false true
print(one < 5, 5 < one, one <= 1, 1 >= one, one > 0.5)
-- expect: lt lt le le lt true false true true true
print(one == 1, one == "1", rawequal(one, other)) -- expect: false false false
if one == other then print("then") end -- expect: eq then
if one < two and not (two < one) then print("and") end -- expect: lt lt and
while two < one do end
print("done") -- expect: lt done
print(pcall(function() return one < "x" end))
-- expect: lt false comparison.lua:7: attempt to compare number with string

-- Results become booleans.
local odd = setmetatable({}, { __lt = function() return nil end, __le = function() return "yes" end, __eq = function() return 0 end })
print(odd < odd, odd <= odd, odd == setmetatable({}, getmetatable(odd))) -- expect: false true true
print(odd < 1, 1 <= odd, not (odd < 1)) -- expect: false true true

-- Different metamethods: the first operand's is taken.
local a = setmetatable({}, { __eq = function() return true end, __lt = function() return true end })
local b = setmetatable({}, { __eq = function() return false end, __lt = function() return false end })
print(a == b, b == a, a < b, b < a, a ~= b) -- expect: true false true false false
print(a == {}, {} == a, {} == b) -- expect: true true false
print(pcall(function() return a <= b end))
-- expect: false comparison.lua:39: attempt to compare two table values
print(pcall(function() return {} < setmetatable({}, {}) end))
-- expect: false comparison.lua:41: attempt to compare two table values

-- Sorting with them.
local list = { new(3), new(1), new(2) }
mt.__lt = function(x, y) return x.v < y.v end
table.sort(list)
print(list[1].v, list[2].v, list[3].v) -- expect: 1 2 3
