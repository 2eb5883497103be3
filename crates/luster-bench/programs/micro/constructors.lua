-- bench: alloc
-- Small tables made by constructors and dropped at once: records, lists, mixed and nested ones.
local sum = 0
for i = 1, 450000 do
  local record = { x = i, y = i + 1, name = "point" }
  local list = { i, i + 1, i + 2, i + 3 }
  local nested = { { i }, { i, kind = "b" }, n = 2 }
  sum = sum + record.y - record.x + list[4] + #nested + nested[2][1] + #{}
end
print(sum)
