-- Calls in tail position: one function with an accumulator, and two that call each other.
local function sum(n, total)
  if n == 0 then return total end
  return sum(n - 1, total + n)
end
local odd
local function even(n)
  if n == 0 then return true end
  return odd(n - 1)
end
function odd(n)
  if n == 0 then return false end
  return even(n - 1)
end
local total = 0
for i = 1, 9 do total = total + sum(500000 + i, 0) end
print(total, even(3000000), even(3000001))
