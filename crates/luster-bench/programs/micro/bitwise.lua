-- Bitwise operators and shifts on 64-bit integers: a hash, bit counts, and packing of fields.
local function popcount(x)
  x = x - ((x >> 1) & 0x5555555555555555)
  x = (x & 0x3333333333333333) + ((x >> 2) & 0x3333333333333333)
  x = (x + (x >> 4)) & 0x0f0f0f0f0f0f0f0f
  return (x * 0x0101010101010101) >> 56
end
local h, bits = 0xcbf29ce484222325, 0
for i = 1, 2500000 do
  h = (h ~ (i & 0xff)) * 0x100000001b3
  h = h ~ (h >> 29)
  h = (h << 7) | (h >> 57)
  bits = bits + popcount(h)
end
local packed, sum = 0, 0
for i = 1, 3000000 do
  packed = (i & 0x3ff) << 20 | (i >> 3 & 0x3ff) << 10 | (~i & 0x3ff)
  sum = sum + (packed >> 20 & 0x3ff) - (packed & 0x3ff) + (1 << (i & 63) >> 60)
end
print(string.format("%016x", h), bits, packed, sum)
