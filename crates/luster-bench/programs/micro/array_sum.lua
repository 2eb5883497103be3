-- Arrays of integers and of floats read in order and in strides.
local n = 100000
local integers, floats = {}, {}
for i = 1, n do
  integers[i] = (i * 7919) % 1000
  floats[i] = i / 16
end
local sum, fsum = 0, 0.0
for _ = 1, 100 do
  for i = 1, n do sum = sum + integers[i] end
  for i = 1, #floats do fsum = fsum + floats[i] end
end
for stride = 1, 30 do
  for start = 1, stride do
    for i = start, n, stride do sum = sum - integers[i] end
  end
end
print(sum, string.format("%.3f", fsum))
