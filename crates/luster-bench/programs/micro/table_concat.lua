-- bench: alloc
-- Pieces gathered in a table and joined with table.concat.
local total = 0
for round = 1, 12 do
  local parts = {}
  for i = 1, 60000 do parts[i] = "piece" .. (i & 63) end
  local s = table.concat(parts, ",")
  total = total + #s + s:byte(round * 1000)
end
local numbers = {}
for i = 1, 1000 do numbers[i] = i * 3 end
for _ = 1, 500 do total = total + #table.concat(numbers, " ") end
local words = { "a", "short", "list", "of", "words" }
for i = 1, 500000 do total = total + #table.concat(words, " ", i % 4 + 1) end
print(total)
