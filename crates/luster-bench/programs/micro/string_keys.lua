-- bench: alloc
-- A table used as a map from strings that are computed, not constants.
local words = {}
for i = 1, 2000 do words[i] = "key" .. (i * 7919) % 10007 end
local counts = {}
for round = 1, 500 do
  for i = 1, #words do
    local w = words[i]
    counts[w] = (counts[w] or 0) + (i ~ round)
  end
  if round % 100 == 0 then
    for i = 1, #words, 3 do counts[words[i]] = nil end
  end
end
local sum = 0
for i = 1, #words do sum = sum + (counts[words[i]] or i) end
for round = 1, 6 do
  local t = {}
  for i = 1, 60000 do t["k" .. i] = i end
  sum = sum + t["k" .. round * 100]
end
print(sum)
