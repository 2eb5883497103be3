-- Numbers to strings and back, integers, floats and other bases, and the implicit conversions.
local sum, length = 0, 0
for i = 1, 600000 do
  local s = tostring(i * 13)
  length = length + #s
  sum = sum + tonumber(s)
end
local fsum = 0.0
for i = 1, 100000 do
  local s = tostring(i / 8)
  length = length + #s
  fsum = fsum + tonumber(s)
end
for i = 1, 300000 do
  sum = sum + tonumber("ff", 16) + tonumber("  0x1F  ") + tonumber("1e2")
  if tonumber("12x") == nil then sum = sum + 1 end
  sum = sum + ("10" + i)
end
for i = 1, 300000 do length = length + #(i .. "") + #tostring(i % 2 == 0) end
print(math.type(sum), sum, length, string.format("%.3f", fsum))
