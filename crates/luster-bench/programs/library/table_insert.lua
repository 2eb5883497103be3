-- table.insert: at the end of a list, at its beginning and in the middle.
local sum = 0
for round = 1, 20 do
  local list = {}
  for i = 1, 100000 do table.insert(list, i) end
  sum = sum + #list
end
for round = 1, 40 do
  local list = {}
  for i = 1, 300 do table.insert(list, 1, i) end
  for i = 1, 300 do table.insert(list, 150, i) end
  sum = sum + list[1] + list[150]
end
for round = 1, 60000 do
  local queue = {}
  table.insert(queue, 1, "a")
  table.insert(queue, 1, "b")
  table.insert(queue, 2, "c")
  table.insert(queue, "d")
  sum = sum + #queue
end
print(sum)
