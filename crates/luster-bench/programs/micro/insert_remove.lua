-- table.insert and table.remove at both ends and in the middle, and table.move.
local sum = 0
for round = 1, 10 do
  local t = {}
  for i = 1, 100000 do table.insert(t, i * round) end
  while #t > 10 do sum = sum + table.remove(t) end
end
local queue = {}
for i = 1, 30 do table.insert(queue, 1, i) end
for i = 1, 600000 do
  table.insert(queue, 1, i)
  sum = sum + table.remove(queue)
  if i % 4 == 0 then
    table.insert(queue, 15, i)
    sum = sum - table.remove(queue, 10)
  end
end
local a = {}
for i = 1, 1000 do a[i] = i end
for _ = 1, 1000 do
  table.move(a, 2, 1000, 1)
  a[1000] = a[1] + 1
end
print(sum, #queue, a[1], a[500], a[1000])
