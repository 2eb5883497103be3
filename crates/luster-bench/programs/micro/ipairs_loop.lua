-- Generic for over ipairs: long arrays, many short ones, and one that stops at a hole.
local long = {}
for i = 1, 100000 do long[i] = i % 100 end
local sum = 0
for _ = 1, 60 do
  for i, v in ipairs(long) do sum = sum + i * v end
end
local short = { 5, 6, 7, nil, 9 }
for _ = 1, 700000 do
  for i, v in ipairs(short) do sum = sum + v - i end
end
print(sum)
