-- Float arithmetic in a loop: a series for pi and a damped oscillation.
local sum, sign = 0.0, 1.0
for i = 1, 12000000 do
  sum = sum + sign / (2.0 * i - 1.0)
  sign = -sign
end
print(string.format("%.9f", sum * 4.0))
local x, v = 1.0, 0.0
for _ = 1, 6000000 do
  v = v - x * 0.001
  x = (x + v * 0.001) * 0.9999999
end
print(string.format("%.9f %.9f", x, v))
