-- table.sort without a comparator: random integers, floats and strings, and sorted input.
local seed = 7
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed % n
end
local check = 0
for round = 1, 9 do
  local t = {}
  for i = 1, 50000 do t[i] = random(1000000) end
  table.sort(t)
  for i = 2, #t do assert(t[i - 1] <= t[i]) end
  check = check + t[100] * round + t[25000]
  table.sort(t)
  check = check + t[1]
end
local f = {}
for i = 1, 50000 do f[i] = random(1000000) / 8 end
table.sort(f)
local s = {}
for i = 1, 30000 do s[i] = "name" .. random(100000) end
table.sort(s)
print(check, f[777], s[1], s[7500], s[30000])
