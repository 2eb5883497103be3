-- Floor division and modulo of integers and floats, of both signs, and powers.
local sum, fsum = 0, 0.0
for i = 1, 3000000 do
  sum = sum + i // 7 + i % 13 - (-i) // 5 + (-i) % 11 + i % -9
end
for i = 1, 1800000 do
  local x = i * 0.37
  fsum = fsum + x // 3.0 + x % 1.5 - (-x) % 2.25
end
for i = 1, 1000000 do fsum = fsum + (i & 15) ^ 2 + i ^ 0.5 end
print(sum, string.format("%.4f", fsum))
