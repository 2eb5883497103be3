-- string.pack: integers, floats and strings, as records of binary data.
local pack = string.pack
local sum = 0
for i = 1, 300000 do
  sum = sum + #pack("<i4", i) + #pack(">I2I2", i & 0xffff, i >> 16)
  sum = sum + #pack("<i4I2d", i, i & 0xffff, i / 2)
  sum = sum + #pack("s1z", "name", "value") + #pack("<bBhj", -1, 1, i & 0xff, i)
end
print(sum)
