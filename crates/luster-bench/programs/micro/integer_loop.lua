-- A numeric for loop over integers: addition, multiplication and exclusive or, all wrapping.
local sum, mixed = 0, 1
for i = 1, 16000000 do
  sum = sum + i * 3
  mixed = (mixed ~ i) + sum
end
print(sum, mixed)
