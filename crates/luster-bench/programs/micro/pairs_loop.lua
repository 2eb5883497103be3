-- Generic for over pairs and next; sums do not depend on the order.
local map, array = {}, {}
for i = 1, 5000 do
  map["key" .. i] = i
  array[i] = i
end
local record = { x = 1, y = 2, z = 3, w = 4 }
local sum = 0
for _ = 1, 350 do
  for _, v in pairs(map) do sum = sum + v end
  for k, v in pairs(array) do sum = sum + k - v end
  local k, v = next(map)
  while k do
    sum = sum ~ v
    k, v = next(map, k)
  end
end
for _ = 1, 400000 do
  for _, v in pairs(record) do sum = sum + v end
end
local empty = 0
for _ = 1, 1000000 do
  if next(record) == nil then empty = empty + 1 end
end
print(sum, empty)
