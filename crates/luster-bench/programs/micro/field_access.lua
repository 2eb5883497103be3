-- Fields of tables with constant names, got and set.
local p = { x = 0, y = 0, z = 0, mass = 2, name = "p" }
local q = { x = 1, y = 2, z = 3, mass = 3, velocity = { x = 1, y = -1 } }
for i = 1, 4000000 do
  p.x = p.x + q.x
  p.y = p.y + q.y * q.mass
  p.z = p.x - p.y + q.velocity.x
  q.velocity.y = p.z & 255
  q.x = (q.x + i) & 1023
end
print(p.x, p.y, p.z, q.x, q.velocity.y)
