-- bench: alloc
-- Closures made and called once: a fresh variable captured in every round, and composed functions.
local function compose(f, g) return function(x) return f(g(x)) end end
local function adder(n) return function(x) return x + n end end
local sum = 0
for i = 1, 900000 do
  local f = compose(adder(i), adder(1))
  sum = sum + f(i)
end
local kept = {}
for round = 1, 30 do
  for i = 1, 20000 do
    local captured = i * round
    kept[i] = function() captured = captured + 1; return captured end
  end
  for i = 1, #kept, 7 do sum = sum + kept[i]() end
end
print(sum)
