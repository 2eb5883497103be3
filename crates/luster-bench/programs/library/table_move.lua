-- table.move: copies of lists, within a list both ways, short and long.
local move = table.move
local list = {}
for i = 1, 1000 do list[i] = i end
local sum = 0
for i = 1, 3000 do
  local copy = move(list, 1, 1000, 1, {})
  sum = sum + #copy
  move(copy, 1, 500, 250)
  move(copy, 300, 900, 100)
  sum = sum + copy[260] + copy[101]
end
local short = { 1, 2, 3, 4, 5 }
for i = 1, 250000 do
  move(short, 2, 5, 1)
  short[5] = i
  move(short, 1, 4, 2)
  sum = sum + short[3] + #move(short, 1, 3, 1, {})
end
print(sum)
