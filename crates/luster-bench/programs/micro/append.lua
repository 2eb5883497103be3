-- bench: alloc
-- Values appended with t[#t + 1], on long and short arrays, and popped again.
local sum = 0
for round = 1, 24 do
  local t = {}
  for i = 1, 200000 do t[#t + 1] = i end
  for _ = 1, 100000 do
    sum = sum + t[#t]
    t[#t] = nil
  end
  sum = sum + #t + round
end
for i = 1, 250000 do
  local t = {}
  t[#t + 1] = i
  t[#t + 1] = "two"
  t[#t + 1] = i
  sum = sum + #t
end
print(sum)
