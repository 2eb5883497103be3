-- bench: alloc
-- Functions of any number of arguments: select, {...}, table.pack, table.unpack, passing ... on.
local function count(...) return select("#", ...) end
local function sum(...)
  local total = 0
  for i = 1, select("#", ...) do total = total + (select(i, ...)) end
  return total
end
local function collect(...)
  local t = { ... }
  return #t + t[1]
end
local function packed(...)
  local t = table.pack(...)
  return t.n
end
local function pass(...) return ... end
local five = { 1, 2, 3, 4, 5 }
local total = 0
for i = 1, 350000 do
  total = total + count(i, nil, i) + sum(i, 2, 3, 4)
  total = total + collect(i, 2, 3) + packed(1, nil, nil)
  total = total + count(table.unpack(five)) + count(pass(1, 2, pass(i, 4)))
  local a, b = pass(i, i + 1, i + 2)
  total = total + b - a
end
print(total)
