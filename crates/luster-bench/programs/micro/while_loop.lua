-- While and repeat loops whose conditions are compared in every round.
local a, b, rounds = 0, 20000000, 0
while a < b do
  a = a + 2
  b = b - 1
  rounds = rounds + 1
end
print(a, b, rounds)
local n, steps = 0, 0
repeat
  n = n + 3
  if n % 2 == 0 then steps = steps + 1 end
until n >= 30000000
print(n, steps)
