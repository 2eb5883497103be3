-- table.remove: from the end of a list, from its beginning and from the middle.
local sum = 0
for round = 1, 15 do
  local list = {}
  for i = 1, 100000 do list[i] = i end
  for i = 1, 100000 do sum = sum + table.remove(list) end
end
for round = 1, 40 do
  local list = {}
  for i = 1, 600 do list[i] = i end
  for i = 1, 300 do sum = sum + table.remove(list, 1) end
  for i = 1, 150 do sum = sum + table.remove(list, 150) end
end
for round = 1, 80000 do
  local queue = { round, 2, 3, 4, 5 }
  sum = sum + table.remove(queue, 1) + table.remove(queue, 2) + table.remove(queue)
end
print(sum)
