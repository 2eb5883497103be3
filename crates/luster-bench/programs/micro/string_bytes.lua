-- Strings taken apart with sub and byte and put together with char.
local text = ("The quick brown fox jumps over the lazy dog. "):rep(100)
local sum = 0
for _ = 1, 250 do
  for i = 1, #text do sum = sum + text:byte(i) * (i & 3) end
end
local spaces = 0
for _ = 1, 120 do
  for i = 1, #text do
    if text:sub(i, i) == " " then spaces = spaces + 1 end
  end
end
local rotated = {}
for round = 1, 30 do
  for i = 1, #text do rotated[i] = string.char((text:byte(i) + round) % 96 + 32) end
end
local a, b, c = 0, 0, 0
for i = 1, 700000 do
  local x, y, z = text:byte(i % 4000 + 1, i % 4000 + 3)
  a, b, c = a + x, b + y, c + z
  if text:sub(-3, -2) ~= "g." then a = a + 1 end
end
print(sum, spaces, table.concat(rotated):sub(1, 44), a, b, c)
