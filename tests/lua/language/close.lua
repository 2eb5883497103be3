-- To-be-closed variables: every way out of a block, in order, with the error if there is one.

local function closer(name, fails)
  return setmetatable({}, { __close = function(_, e)
    print("close " .. name, e)
    if fails then error(name .. " failed", 0) end
  end })
end

do
  local a <close> = closer("a")
  local b <close> = closer("b")
  local c <close> = nil
  local d <close> = false
  print("in the block")
end
-- expect: in the block
-- expect: close b nil
-- expect: close a nil

local function returns(...)
  local a <close> = closer("return")
  return ...
end
print(returns(1, 2, 3))
-- expect: close return nil
-- expect: 1 2 3
print((returns()))
-- expect: close return nil
-- expect: nil

-- A call in a return is no tail call then: it is made before the closing.
local function order()
  local a <close> = closer("after")
  return (function() print("called"); return "result" end)()
end
print(order())
-- expect: called
-- expect: close after nil
-- expect: result

for i = 1, 3 do
  local a <close> = closer("loop " .. i)
  if i == 2 then break end
end
-- expect: close loop 1 nil
-- expect: close loop 2 nil
while true do
  local a <close> = closer("while")
  break
end
-- expect: close while nil
local n = 0
repeat
  local a <close> = closer("repeat " .. n)
  n = n + 1
until n == 2
-- expect: close repeat 0 nil
-- expect: close repeat 1 nil

-- Errors.
print(pcall(function()
  local a <close> = closer("outer")
  local b <close> = closer("inner")
  error("the error", 0)
end))
-- expect: close inner the error
-- expect: close outer the error
-- expect: false the error
print(pcall(function()
  local a <close> = closer("outer")
  local b <close> = closer("inner", true)
  error("replaced", 0)
end))
-- expect: close inner replaced
-- expect: close outer inner failed
-- expect: false inner failed
print(pcall(function()
  local a <close> = closer("first", true)
  local b <close> = closer("second", true)
  return "never seen"
end))
-- expect: close second nil
-- expect: close first second failed
-- expect: false first failed
print(pcall(function()
  do
    local a <close> = closer("block", true)
  end
  print("not reached")
end))
-- expect: close block nil
-- expect: false block failed

-- What cannot be closed.
print(pcall(function() local x <close> = {} end))
-- expect: false close.lua:96: variable 'x' got a non-closable value
print(pcall(function() local x <close> = 5 end))
-- expect: false close.lua:98: variable 'x' got a non-closable value
print(pcall(function()
  local a <close> = closer("before")
  local bad <close> = "string"
end))
-- expect: close before close.lua:102: variable 'bad' got a non-closable value
-- expect: false close.lua:102: variable 'bad' got a non-closable value
-- In coroutines: yields inside __close, and closing from outside.
local co = coroutine.wrap(function()
  local a <close> = setmetatable({}, { __close = function() coroutine.yield("from close"); print("closed") end })
  return "done"
end)
print(co()) -- expect: from close
print(co())
-- expect: closed
-- expect: done
local suspended = coroutine.create(function()
  local a <close> = closer("suspended")
  local b <close> = closer("suspended 2")
  coroutine.yield()
end)
coroutine.resume(suspended)
print(coroutine.close(suspended), coroutine.status(suspended))
-- expect: close suspended 2 nil
-- expect: close suspended nil
-- expect: true dead
local fails = coroutine.create(function()
  local a <close> = closer("a")
  local b <close> = closer("b", true)
  coroutine.yield()
end)
coroutine.resume(fails)
print(coroutine.close(fails))
-- expect: close b nil
-- expect: close a b failed
-- expect: false b failed
print(coroutine.status(fails)) -- expect: dead

-- A deep stack of them.
local function deep(i)
  if i == 0 then error("bottom", 0) end
  local x <close> = setmetatable({}, { __close = function(_, e) n = n + 1 end })
  return (deep(i - 1))
end
n = 0
print(pcall(deep, 100)) -- expect: false bottom
print(n) -- expect: 100
