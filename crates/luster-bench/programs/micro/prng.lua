-- Random numbers: a xorshift generator in Lua with its state in a table, and math.random.
local Random = {}
Random.__index = Random
function Random.new(seed) return setmetatable({ state = seed }, Random) end
function Random:next()
  local x = self.state
  x = x ~ (x << 13)
  x = x ~ (x >> 7)
  x = x ~ (x << 17)
  self.state = x
  return x
end
function Random:float() return (self:next() >> 11) * (1.0 / (1 << 53)) end
function Random:range(low, high) return low + (self:next() >> 1) % (high - low + 1) end
local r = Random.new(88172645463325252)
local inside, dice = 0, { 0, 0, 0, 0, 0, 0 }
for _ = 1, 700000 do
  local x, y = r:float(), r:float()
  if x * x + y * y < 1.0 then inside = inside + 1 end
  local d = r:range(1, 6)
  dice[d] = dice[d] + 1
end
print(inside, table.concat(dice, " "))
-- The numbers that math.random gives are not Lua's to define, so only a sane mean is printed.
math.randomseed(42, 1)
local sum, heads = 0, 0
for _ = 1, 1200000 do
  sum = sum + math.random(1, 100)
  if math.random() < 0.5 then heads = heads + 1 end
end
print(math.floor(sum / 1200000 + 0.5) // 2, heads > 590000 and heads < 610000)
