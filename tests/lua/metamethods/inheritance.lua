-- Classes: single inheritance, super calls, inherited metamethods, multiple inheritance.

local Animal = {}
Animal.__index = Animal
function Animal.new(class, name) return setmetatable({ name = name }, class) end
function Animal:speak() return self.name .. " makes a sound" end
function Animal:kind() return "animal" end
Animal.__tostring = function(self) return "<" .. self:kind() .. " " .. self.name .. ">" end
Animal.__eq = function(a, b) return a.name == b.name end

local Dog = setmetatable({}, { __index = Animal, __call = function(class, ...) return class:new(...) end })
Dog.__index = Dog
Dog.__tostring = Animal.__tostring
function Dog:speak() return Animal.speak(self) .. ": woof" end
function Dog:kind() return "dog" end

local cat, dog = Animal:new("Tom"), Dog("Rex")
print(cat:speak(), cat:kind(), tostring(cat)) -- expect: Tom makes a sound animal <animal Tom>
print(dog:speak(), dog:kind(), tostring(dog)) -- expect: Rex makes a sound: woof dog <dog Rex>
print(cat == Animal:new("Tom"), dog == Dog("Rex"), getmetatable(dog) == Dog)
-- expect: true false true
print(rawget(dog, "speak"), rawget(Dog, "new"), dog.new == Animal.new) -- expect: nil nil true

-- A method replaced in the base class shows at once.
local Base = { value = function() return 1 end }
Base.__index = Base
local Middle = setmetatable({}, Base); Middle.__index = Middle
local Leaf = setmetatable({}, Middle); Leaf.__index = Leaf
local leaf = setmetatable({}, Leaf)
local function get() return leaf:value() end
print(get(), get()) -- expect: 1 1
Base.value = function() return 2 end
print(get()) -- expect: 2
Middle.value = function() return 3 end
print(get()) -- expect: 3
Leaf.value = function() return 4 end
print(get()) -- expect: 4
Leaf.value, Middle.value = nil, nil
print(get()) -- expect: 2

-- Many classes at the same call site.
local function shapes()
  local list = {}
  for i = 1, 6 do
    local class = { area = function() return i * i end }
    class.__index = class
    list[i] = setmetatable({}, class)
  end
  return list
end
local total = 0
for _, shape in ipairs(shapes()) do total = total + shape:area() end
print(total) -- expect: 91

-- Several base classes.
local function inherit(...)
  local bases = { ... }
  local class = setmetatable({}, { __index = function(t, k)
    for _, base in ipairs(bases) do
      local v = base[k]
      if v ~= nil then t[k] = v; return v end
    end
  end })
  class.__index = class
  return class
end
local Flies, Swims = { move = function() return "flies" end }, { move = function() return "swims" end, dive = function() return "dives" end }
local Duck = inherit(Flies, Swims)
local duck = setmetatable({}, Duck)
print(duck:move(), duck:dive(), duck.none) -- expect: flies dives nil

-- Privacy by closures, properties by functions.
local function account(balance)
  local self = {}
  function self.deposit(v) balance = balance + v; return self end
  function self.balance() return balance end
  return self
end
print(account(10).deposit(5).deposit(7).balance()) -- expect: 22
local Point = {}
Point.__index = function(t, k) if k == "length" then return (t.x ^ 2 + t.y ^ 2) ^ 0.5 end return Point[k] end
Point.__add = function(a, b) return setmetatable({ x = a.x + b.x, y = a.y + b.y }, Point) end
local p = setmetatable({ x = 3, y = 4 }, Point)
print(p.length, (p + p).length, p.none) -- expect: 5.0 10.0 nil
