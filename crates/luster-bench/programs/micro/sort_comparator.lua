-- table.sort with a comparator written in Lua: descending numbers, and records by two fields.
local seed = 99
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local t = {}
for i = 1, 80000 do t[i] = random(1000000) end
table.sort(t, function(a, b) return a > b end)
local records = {}
for i = 1, 50000 do records[i] = { group = random(100), id = i, name = "n" .. random(5000) } end
table.sort(records, function(a, b)
  if a.group ~= b.group then return a.group < b.group end
  return a.id < b.id
end)
local check = 0
for i = 1, #records do check = (check * 31 + records[i].id) & 0xffffffff end
table.sort(records, function(a, b)
  if a.name ~= b.name then return a.name < b.name end
  return a.id > b.id
end)
for i = 1, #records do check = (check * 31 + records[i].id) & 0xffffffff end
print(t[1], t[40000], t[80000], check)
