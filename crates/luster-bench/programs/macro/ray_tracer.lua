-- bench: alloc
-- A small ray tracer: vectors with metamethods, spheres and a plane as classes, shadows, mirrors.
local Vector = {}
Vector.__index = Vector
local function vector(x, y, z) return setmetatable({ x = x, y = y, z = z }, Vector) end
Vector.__add = function(a, b) return vector(a.x + b.x, a.y + b.y, a.z + b.z) end
Vector.__sub = function(a, b) return vector(a.x - b.x, a.y - b.y, a.z - b.z) end
Vector.__mul = function(a, k) return vector(a.x * k, a.y * k, a.z * k) end
function Vector:dot(b) return self.x * b.x + self.y * b.y + self.z * b.z end
function Vector:unit() return self * (1 / math.sqrt(self:dot(self))) end

local Sphere = {}
Sphere.__index = Sphere
function Sphere:hit(origin, direction)
  local to = self.centre - origin
  local along = to:dot(direction)
  local d2 = to:dot(to) - along * along
  local r2 = self.radius * self.radius
  if d2 > r2 then return nil end
  local half = math.sqrt(r2 - d2)
  if along - half > 1e-4 then return along - half end
  if along + half > 1e-4 then return along + half end
end
function Sphere:normal(point) return (point - self.centre):unit() end
function Sphere:colour() return self.tint end

local Plane = {}
Plane.__index = Plane
function Plane:hit(origin, direction)
  if math.abs(direction.y) < 1e-6 then return nil end
  local t = (self.height - origin.y) / direction.y
  if t > 1e-4 then return t end
end
function Plane:normal() return self.up end
function Plane:colour(point)
  local check = (math.floor(point.x) + math.floor(point.z)) % 2
  return check == 0 and self.light or self.dark
end

local function sphere(x, y, z, r, tint, mirror)
  return setmetatable({ centre = vector(x, y, z), radius = r, tint = tint, mirror = mirror }, Sphere)
end
local scene = {
  sphere(0, 1, 6, 1, vector(1, 0.2, 0.2), 0.3),
  sphere(-2, 0.7, 5, 0.7, vector(0.2, 1, 0.2), 0.1),
  sphere(1.8, 0.6, 4.5, 0.6, vector(0.3, 0.3, 1), 0.5),
  sphere(0.4, 0.3, 3.5, 0.3, vector(1, 1, 0.3), 0.0),
  setmetatable({ height = 0, up = vector(0, 1, 0), light = vector(0.9, 0.9, 0.9), dark = vector(0.2, 0.2, 0.2), mirror = 0.1 }, Plane),
}
local sun = vector(-3, 5, -2):unit()

local function nearest(origin, direction)
  local best, object = math.huge, nil
  for i = 1, #scene do
    local t = scene[i]:hit(origin, direction)
    if t and t < best then best, object = t, scene[i] end
  end
  return object, best
end
local function trace(origin, direction, depth)
  local object, distance = nearest(origin, direction)
  if not object then return vector(0.4, 0.6, 0.9) * (1 - direction.y * 0.5) end
  local point = origin + direction * distance
  local normal = object:normal(point)
  local light = 0.15
  if not nearest(point, sun) then light = light + math.max(0, normal:dot(sun)) * 0.85 end
  local colour = object:colour(point) * light
  if depth > 0 and object.mirror > 0 then
    local reflected = direction - normal * (2 * normal:dot(direction))
    colour = colour * (1 - object.mirror) + trace(point, reflected, depth - 1) * object.mirror
  end
  return colour
end

local width, height = 176, 132
local hash, sum = 0, 0.0
local eye = vector(0, 1.2, -1)
for y = 0, height - 1 do
  for x = 0, width - 1 do
    local direction = vector((x - width / 2) / width, (height / 2 - y) / width, 1):unit()
    local c = trace(eye, direction, 3)
    sum = sum + c.x + c.y + c.z
    hash = (hash * 31 + math.floor(c.x * 15) * 256 + math.floor(c.y * 15) * 16 + math.floor(c.z * 15)) & 0xffffffff
  end
end
print(string.format("%.6f", sum), hash)
