-- Deep stacks are traced in portions while the script goes on: what their frames hold stays, whatever the
-- stack does in the meantime.

-- a stack that grows, shrinks and grows while it is traced
-- Each frame has an object of its own, and looks at it on the way back.
local function depth_first(depth, object)
  if depth == 0 then return 0 end
  local own, name = { depth }, 'object ' .. depth
  local sum = depth_first(depth - 1, own)
  assert(own[1] == depth and name == 'object ' .. depth)
  if depth % 1000 == 0 then
    -- And down again from here.
    assert(depth_first(300, own) == 300)
  end
  return sum + (object and 1 or 0)
end

local garbage = setmetatable({}, { __mode = 'v' })
for i = 1, 4 do
  collectgarbage 'step'
  assert(depth_first(30000, garbage) == 30000)
end
print 'grown' -- expect: grown

-- values that are put into lower frames
local function set_below(depth)
  local own = { 'first' }
  if depth > 0 then
    set_below(depth - 1)
    assert(own[1] == (depth % 500 == 0 and 'second ' .. depth or 'first'))
    return
  end
  -- Between steps of the collector other values are put into the registers of frames far below.
  for level = 500, 20000, 500 do
    for i = 1, 20 do
      local name = debug.getlocal(level + 1, 2)
      if i == 10 then assert(name == 'own' and debug.setlocal(level + 1, 2, { 'second ' .. level }) == 'own') end
      local junk = { {}, {}, { {} } }
    end
    collectgarbage('step', 100)
  end
  collectgarbage()
  for level = 500, 20000, 500 do
    local _, value = debug.getlocal(level + 1, 2)
    assert(value[1] == 'second ' .. level)
  end
end
set_below(20001)
print 'set' -- expect: set

-- coroutines with deep stacks, each at its own depth
local function wait(depth)
  local own = { depth }
  if depth == 0 then return coroutine.yield() end
  local result = wait(depth - 1)
  assert(own[1] == depth)
  return result
end
local waiting = {}
for i = 1, 20 do
  waiting[i] = coroutine.wrap(function() return (wait(1000 * i)) end)
  waiting[i]()
end
for i = 1, 200000 do local junk = { i } end
for i = 1, 20 do
  assert(waiting[i](i) == i)
  for j = 1, 10000 do local junk = { j } end
end
print 'resumed' -- expect: resumed

-- errors through what has been traced
local function fail(depth)
  local own = { depth }
  if depth % 5000 == 0 then
    local ok, message = pcall(function()
      if depth == 0 then error { 'at the bottom' } end
      return 1 + fail(depth - 1)
    end)
    assert(not ok and own[1] == depth)
    for i = 1, 20000 do local junk = { i } end
    error(message, 0)
  end
  return 1 + fail(depth - 1)
end
local _, message = pcall(fail, 40000)
print(message[1]) -- expect: at the bottom

-- variables that are closed far below
local closed = 0
local function close(depth)
  local own <close> = setmetatable({ depth }, { __close = function(self)
    closed = closed + self[1]
    local junk = { {}, {} }
  end })
  if depth > 0 then close(depth - 1) else for i = 1, 100000 do local junk = { i } end end
end
close(10000)
print(closed) -- expect: 50005000
