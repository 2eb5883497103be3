-- Methods inherited over several levels of __index, with overriding and calls to the parent.
local function class(parent)
  local c = {}
  c.__index = c
  return setmetatable(c, parent)
end
local Shape = class()
function Shape:init(name) self.name = name; return self end
function Shape:area() return 0 end
function Shape:describe() return self:area() + #self.name end
function Shape:kind() return 1 end
local Polygon = class(Shape)
function Polygon:sides() return self.n end
local Rectangle = class(Polygon)
function Rectangle.new(w, h)
  local r = setmetatable({ w = w, h = h, n = 4 }, Rectangle)
  return r:init("rectangle")
end
function Rectangle:area() return self.w * self.h end
local Square = class(Rectangle)
function Square.new(w)
  local s = setmetatable({ w = w, h = w, n = 4 }, Square)
  return s:init("square")
end
function Square:kind() return Rectangle.kind(self) + 1 end
local shapes = { Rectangle.new(2, 3), Square.new(4), Rectangle.new(5, 1), Square.new(3) }
local total = 0
for i = 1, 360000 do
  for j = 1, #shapes do
    local s = shapes[j]
    total = total + s:describe() + s:sides() * s:kind()
  end
end
print(total)
