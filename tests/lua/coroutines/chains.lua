-- Many coroutines: suspended by the thousands, resumed in chains, wrapped around each other.

local list = {}
for i = 1, 10000 do
  list[i] = coroutine.wrap(function(a) while true do a = coroutine.yield(a + i) end end)
end
local sum = 0
for i = 1, 10000 do sum = sum + list[i](1) end
for i = 1, 10000 do sum = sum + list[i](2) end
print(sum) -- expect: 100040000

local function nest(n)
  if n == 0 then return "bottom" end
  return coroutine.wrap(nest)(n - 1)
end
print(nest(50)) -- expect: bottom
local function endless(n) return coroutine.wrap(endless)(n + 1) end
local ok, message = pcall(endless, 1)
print(ok, message:match("C stack overflow")) -- expect: false C stack overflow

-- A scheduler.
local tasks, order = {}, {}
local function spawn(name, n)
  tasks[#tasks + 1] = coroutine.create(function()
    for i = 1, n do order[#order + 1] = name .. i; coroutine.yield() end
  end)
end
spawn("a", 3); spawn("b", 1); spawn("c", 2)
while #tasks > 0 do
  for i = #tasks, 1, -1 do
    coroutine.resume(tasks[i])
    if coroutine.status(tasks[i]) == "dead" then table.remove(tasks, i) end
  end
end
print(table.concat(order, " ")) -- expect: c1 b1 a1 c2 a2 a3

-- An error in the innermost goes through all wraps.
local function wrapped(n)
  if n == 0 then error({ "innermost" }) end
  return coroutine.wrap(wrapped)(n - 1)
end
print(select(2, pcall(wrapped, 20))[1]) -- expect: innermost

-- Two that pass values to and fro.
local ping, pong
ping = coroutine.wrap(function(v) while true do v = coroutine.yield(v .. ">") end end)
pong = coroutine.wrap(function(v) while true do v = coroutine.yield(v .. "<") end end)
local v = ""
for _ = 1, 3 do v = pong(ping(v)) end
print(v) -- expect: ><><><

-- Closing those that are suspended in the middle of calls.
local closed = 0
for depth = 1, 20 do
  local function down(n)
    local guard <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
    if n == 0 then coroutine.yield() else down(n - 1) end
  end
  local co = coroutine.create(down)
  coroutine.resume(co, depth)
  coroutine.close(co)
end
print(closed) -- expect: 230
