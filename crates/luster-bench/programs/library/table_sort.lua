-- table.sort without a comparison function: integers, floats and strings, long and short lists.
local seed = 42
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local check = 0
for round = 1, 7 do
  local integers, floats, strings = {}, {}, {}
  for i = 1, 20000 do
    integers[i] = random(1000000)
    floats[i] = random(1000000) / 8
    strings[i] = "name" .. random(100000)
  end
  table.sort(integers)
  table.sort(floats)
  table.sort(strings)
  check = check + integers[100] + floats[100] + #strings[100]
end
for round = 1, 40000 do
  local list = { random(100), random(100), random(100), random(100), random(100), random(100) }
  table.sort(list)
  check = check + list[1] - list[6]
end
print(check)
