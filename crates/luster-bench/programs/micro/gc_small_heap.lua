-- bench: alloc
-- Garbage of many kinds while very little lives: what a collector is best at.
local sum = 0
local keep
for i = 1, 500000 do
  local node = { value = i, next = { value = i + 1 } }
  local name = "n" .. i
  local f = function() return node.value end
  if i % 100 == 0 then keep = node end
  sum = sum + f() + #name
end
for i = 1, 12000 do
  local buffer = {}
  for j = 1, 64 do buffer[j] = j end
  sum = sum + #buffer
end
for i = 1, 6000 do sum = sum + #(("z"):rep(4000 + i % 7)) end
print(sum, keep.value)
