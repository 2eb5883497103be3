-- Methods found through one metatable, with fields read and written through self.
local Counter = {}
Counter.__index = Counter
function Counter.new(step) return setmetatable({ value = 0, step = step, calls = 0 }, Counter) end
function Counter:add(n)
  self.value = self.value + n * self.step
  self.calls = self.calls + 1
  return self
end
function Counter:get() return self.value end
function Counter:reset() self.value = 0 end
local one, two = Counter.new(1), Counter.new(2)
local total = 0
for i = 1, 1300000 do
  one:add(i):add(1)
  two:add(1)
  total = total + one:get() - two:get()
  if i % 1000 == 0 then one:reset() end
end
print(total, one.calls, two.calls, two:get())
