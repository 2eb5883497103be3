-- bench: alloc
-- Binary data: string.pack and unpack, rep, reverse, upper, lower, and the utf8 library.
local sum = 0
for i = 1, 400000 do
  local s = string.pack("<i4I2d", i, i & 0xffff, i / 2)
  local a, b, c = string.unpack("<i4I2d", s)
  sum = sum + a + b + c
end
local text = ("Grüße, 世界! "):rep(20)
for i = 1, 3000 do
  for _, c in utf8.codes(text) do sum = sum + c end
  sum = sum + utf8.len(text)
end
for i = 1, 150000 do
  local s = ("abc"):rep(5)
  sum = sum + #s:upper():lower():reverse() + s:byte(-1) + #utf8.char(i, 228)
end
print(string.format("%.3f", sum))
