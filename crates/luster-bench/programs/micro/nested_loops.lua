-- Four short loops inside each other, so that starting a loop matters as much as going round.
local count, sum = 0, 0
for a = 1, 120 do
  for b = a, 120 do
    for c = 1, 40 do
      for d = c, c + 80, 2 do
        count = count + 1
        sum = sum + (a ~ d) - b
      end
    end
  end
end
local downwards = 0
for i = 5000, 1, -1 do
  for j = i, 1, -3 do downwards = downwards + j end
end
local floats = 0.0
for i = 1, 2000 do
  for x = 0.0, 1.0, 0.001 do floats = floats + x * i end
end
print(count, sum, downwards, string.format("%.4f", floats))
