-- The longest Collatz sequence below a bound: parity tests, halving, and a table of known lengths.
local lengths = { 1 }
local best, start = 0, 0
for i = 2, 500000 do
  local n, steps = i, 0
  while n >= i do
    if n & 1 == 0 then n = n >> 1 else n = 3 * n + 1 end
    steps = steps + 1
  end
  steps = steps + lengths[n]
  lengths[i] = steps
  if steps > best then best, start = steps, i end
end
for i = 1, 60000 do
  local n = i
  while n ~= 1 do
    if n % 2 == 0 then n = n // 2 else n = 3 * n + 1 end
    best = best + 1
  end
end
print(best, start)
