-- An object-oriented simulation: elevators, passengers and a building with a queue of events.
local function class(parent)
  local c = setmetatable({}, { __index = parent })
  c.__index = c
  c.new = function(...)
    local object = setmetatable({}, c)
    object:init(...)
    return object
  end
  return c
end

local Random = class()
function Random:init(seed) self.seed = seed end
function Random:below(n)
  self.seed = (self.seed * 1103515245 + 12345) & 0x7fffffff
  return (self.seed >> 8) % n
end

local Queue = class()
function Queue:init() self.first, self.last = 1, 0 end
function Queue:push(v) self.last = self.last + 1; self[self.last] = v end
function Queue:pop()
  local v = self[self.first]
  if v ~= nil then
    self[self.first] = nil
    self.first = self.first + 1
  end
  return v
end
function Queue:empty() return self.first > self.last end

local Passenger = class()
function Passenger:init(from, to, time) self.from, self.to, self.since = from, to, time end
function Passenger:priority() return 1 end
local Courier = class(Passenger)
function Courier:priority() return 2 end

local Elevator = class()
function Elevator:init(id, floors, capacity)
  self.id, self.floor, self.direction = id, 1, 0
  self.floors, self.capacity = floors, capacity
  self.inside, self.moved = {}, 0
end
function Elevator:leave(building)
  local inside = self.inside
  for i = #inside, 1, -1 do
    if inside[i].to == self.floor then
      building:delivered(inside[i])
      table.remove(inside, i)
    end
  end
end
function Elevator:board(building)
  local waiting = building.waiting[self.floor]
  while #self.inside < self.capacity and not waiting:empty() do
    self.inside[#self.inside + 1] = waiting:pop()
  end
end
function Elevator:choose(building)
  local up, down = self:wanted(building, 1), self:wanted(building, -1)
  if self.direction >= 0 and up then return 1 end
  if down then return -1 end
  return up and 1 or 0
end
function Elevator:wanted(building, direction)
  for _, p in ipairs(self.inside) do
    if (p.to - self.floor) * direction > 0 then return true end
  end
  local stop = direction > 0 and self.floors or 1
  for f = self.floor + direction, stop, direction do
    if not building.waiting[f]:empty() then return true end
  end
  return false
end
function Elevator:step(building)
  self:leave(building)
  self:board(building)
  self.direction = self:choose(building)
  if self.direction ~= 0 then
    self.floor = self.floor + self.direction
    self.moved = self.moved + 1
  end
end
local Express = class(Elevator)
function Express:step(building)
  Elevator.step(self, building)
  if self.direction ~= 0 and #self.inside > 2 then Elevator.step(self, building) end
end

local Building = class()
function Building:init(floors)
  self.floors, self.time, self.count, self.wait, self.points = floors, 0, 0, 0, 0
  self.waiting, self.elevators = {}, {}
  for f = 1, floors do self.waiting[f] = Queue.new() end
end
function Building:delivered(p)
  self.count = self.count + 1
  self.wait = self.wait + self.time - p.since
  self.points = self.points + p:priority()
end
function Building:tick(random)
  self.time = self.time + 1
  if random:below(3) > 0 then
    local from, to = random:below(self.floors) + 1, random:below(self.floors) + 1
    if from ~= to then
      local kind = random:below(5) == 0 and Courier or Passenger
      self.waiting[from]:push(kind.new(from, to, self.time))
    end
  end
  for _, e in ipairs(self.elevators) do e:step(self) end
end

local random = Random.new(11)
local building = Building.new(16)
building.elevators = {
  Elevator.new(1, 16, 8), Elevator.new(2, 16, 6), Express.new(3, 16, 10), Express.new(4, 16, 4),
}
for _ = 1, 60000 do building:tick(random) end
local moved = 0
for _, e in ipairs(building.elevators) do moved = moved + e.moved * e.id end
print(building.count, building.wait, building.points, moved)
