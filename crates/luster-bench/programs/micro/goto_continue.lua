-- Control flow: goto continue, nested breaks, goto out of loops, and state machines made of gotos.
local kept = 0
for i = 1, 8000000 do
  if i % 3 == 0 then goto continue end
  if i & 7 == 5 then goto continue end
  kept = kept + i
  ::continue::
end
local found = 0
for a = 1, 400 do
  for b = a, 400 do
    local c2 = a * a + b * b
    for c = b, b + 50 do
      local d = c * c
      if d == c2 then found = found + 1; goto next end
      if d > c2 then break end
    end
    ::next::
  end
end
local n, ups, downs = 0, 0, 0
do
  ::up::
  n = n + 3
  ups = ups + 1
  if n & 1023 > 1000 then goto down end
  if n < 6000000 then goto up end
  goto done
  ::down::
  n = n - 1
  downs = downs + 1
  if n & 1023 > 990 then goto down end
  n = n + 64
  goto up
  ::done::
end
print(kept, found, n, ups, downs)
