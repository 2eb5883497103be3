-- table.sort with a comparison function: numbers downwards, records by a field, short lists.
local seed = 42
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local check = 0
for round = 1, 4 do
  local numbers, records = {}, {}
  for i = 1, 15000 do
    numbers[i] = random(1000000)
    records[i] = { name = "n" .. random(1000000), size = random(1000000) }
  end
  table.sort(numbers, function(a, b) return a > b end)
  table.sort(records, function(a, b) return a.size < b.size end)
  check = check + numbers[100] + records[100].size
  table.sort(records, function(a, b) return a.name < b.name end)
  check = check + #records[100].name
end
local function less(a, b) return a < b end
for round = 1, 25000 do
  local list = { random(100), random(100), random(100), random(100), random(100), random(100) }
  table.sort(list, less)
  check = check + list[1] - list[6]
end
print(check)
