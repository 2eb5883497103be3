-- bench: alloc
-- Garbage while a hundred thousand objects live, some of which are replaced all the time.
local live = {}
for i = 1, 100000 do live[i] = { id = i, links = { i } } end
local sum, seed = 0, 1
for i = 1, 500000 do
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  local at = (seed >> 8) % 100000 + 1
  local old = live[at]
  local temporary = { a = old, b = i }
  if i % 4 == 0 then live[at] = { id = at, links = { i, old.id } } end
  sum = sum + temporary.a.id
end
for i = 1, #live do sum = sum + #live[i].links end
print(sum)
