-- bench: alloc
-- Arithmetic, comparison and concatenation through metamethods.
local V = {}
V.__index = V
local function vector(x, y) return setmetatable({ x = x, y = y }, V) end
V.__add = function(a, b) return vector(a.x + b.x, a.y + b.y) end
V.__sub = function(a, b) return vector(a.x - b.x, a.y - b.y) end
V.__mul = function(a, k) return vector(a.x * k, a.y * k) end
V.__unm = function(a) return vector(-a.x, -a.y) end
V.__eq = function(a, b) return a.x == b.x and a.y == b.y end
V.__lt = function(a, b) return a.x < b.x end
V.__le = function(a, b) return a.x <= b.x end
V.__concat = function(a, b) return (type(a) == "table" and a.x or a) .. "," .. (type(b) == "table" and b.x or b) end
local position, step = vector(0, 0), vector(1, 2)
local less, equal, length = 0, 0, 0
for i = 1, 350000 do
  position = position + step * 2 - step
  if position < step then less = less + 1 end
  if step <= position then less = less + 2 end
  if position == step then equal = equal + 1 end
  if i % 8 == 0 then
    position = -position
    step = vector(1 + i // 8 % 7, 2 + i % 5)
    length = length + #(position .. "|") + #("<" .. position)
  end
end
print(position.x, position.y, less, equal, length)
