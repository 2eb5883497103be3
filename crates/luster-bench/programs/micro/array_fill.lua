-- bench: alloc
-- Arrays that grow from nothing by one index after the other, and one that is made in its full size.
local sum = 0
for round = 1, 16 do
  local t = {}
  for i = 1, 500000 do t[i] = i + round end
  sum = sum + #t + t[round * 1000]
end
local t = table.create(1000000)
for round = 1, 4 do
  for i = 1, 1000000 do t[i] = round end
end
for i = 1, 1000000, 1000 do sum = sum + t[i] end
for round = 1, 100000 do
  local small = {}
  for i = 1, 10 do small[i] = round end
  sum = sum + #small
end
print(sum)
