-- The sieve of Eratosthenes on an array of booleans.
local function primes(n)
  local flags = {}
  for i = 1, n do flags[i] = true end
  flags[1] = false
  local i = 2
  while i * i <= n do
    if flags[i] then
      for j = i * i, n, i do flags[j] = false end
    end
    i = i + 1
  end
  local count, last = 0, 0
  for k = 1, n do
    if flags[k] then count, last = count + 1, k end
  end
  return count, last
end
local count, last
for _ = 1, 24 do count, last = primes(400000) end
print(count, last)
