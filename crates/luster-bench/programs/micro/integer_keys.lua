-- A table used as a map from integers that are far apart, negative, or floats with whole values.
local t = {}
local n = 30000
for i = 1, n do t[i * 1000003] = i end
local sum = 0
for round = 1, 120 do
  for i = 1, n do
    local k = i * 1000003
    sum = sum + t[k]
    t[k] = (t[k] + round) & 0xfffff
  end
end
local shifted = {}
for i = 1, 200 do shifted[i << 32] = i end
for i = -200, 0 do shifted[i] = i end
for _ = 1, 10000 do
  for i = 1, 200 do sum = sum + shifted[i << 32] + shifted[-i] end
end
for i = 1, 200000 do
  local f = (i % 200 + 1) * 1.0
  sum = sum + shifted[-f] + (shifted[f + 0.5] or 1)
end
print(sum)
