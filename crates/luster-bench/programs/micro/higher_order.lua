-- bench: alloc
-- map, filter and reduce with function arguments, currying and memoizing.
local function map(t, f)
  local r = {}
  for i = 1, #t do r[i] = f(t[i]) end
  return r
end
local function filter(t, p)
  local r = {}
  for i = 1, #t do
    local v = t[i]
    if p(v) then r[#r + 1] = v end
  end
  return r
end
local function reduce(t, f, acc)
  for i = 1, #t do acc = f(acc, t[i]) end
  return acc
end
local function add(a, b) return a + b end
local numbers = {}
for i = 1, 1000 do numbers[i] = i end
local total = 0
for round = 1, 2400 do
  local squares = map(numbers, function(x) return x * x + round end)
  local even = filter(squares, function(x) return x & 1 == 0 end)
  total = total + reduce(even, add, 0)
end
local function memoize(f)
  local cache = {}
  return function(n)
    local v = cache[n]
    if v == nil then
      v = f(n)
      cache[n] = v
    end
    return v
  end
end
for _ = 1, 10000 do
  local fib
  fib = memoize(function(n) return n < 2 and n or fib(n - 1) + fib(n - 2) end)
  total = total + fib(60) % 1000
end
print(total)
