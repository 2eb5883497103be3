-- table.unpack: a few values into variables, ranges, many into a call; and table.pack.
local unpack = table.unpack
local point = { 1, 2, 3 }
local many = {}
for i = 1, 100 do many[i] = i end
local function count(...) return select("#", ...) end
local sum = 0
for i = 1, 900000 do
  local x, y, z = unpack(point)
  sum = sum + x + y + z
  local a, b = unpack(many, 10, 11)
  sum = sum + a + b
end
for i = 1, 40000 do
  sum = sum + count(unpack(many)) + math.max(unpack(many, 1, 20))
end
for i = 1, 250000 do
  local packed = table.pack(i, "x", nil)
  sum = sum + packed.n + count(unpack(packed, 1, packed.n))
end
print(sum)
