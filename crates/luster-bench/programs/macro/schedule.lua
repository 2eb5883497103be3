-- bench: alloc
-- Cooperative tasks on coroutines with channels: producers, filters, consumers and timers.
local ready, first, last = {}, 1, 0
local function spawn(f, ...)
  local arguments = table.pack(...)
  last = last + 1
  ready[last] = coroutine.create(function() f(table.unpack(arguments, 1, arguments.n)) end)
end
local function pause()
  last = last + 1
  ready[last] = coroutine.running()
  coroutine.yield()
end
local switches = 0
local function run()
  while first <= last do
    local task = ready[first]
    ready[first] = nil
    first = first + 1
    switches = switches + 1
    assert(coroutine.resume(task))
  end
end
local Channel = {}
Channel.__index = Channel
function Channel.new(size) return setmetatable({ size = size, items = {}, head = 1, tail = 0 }, Channel) end
function Channel:send(v)
  while self.tail - self.head + 1 >= self.size do pause() end
  self.tail = self.tail + 1
  self.items[self.tail] = v
end
function Channel:receive()
  while self.head > self.tail do
    if self.closed then return nil end
    pause()
  end
  local v = self.items[self.head]
  self.items[self.head] = nil
  self.head = self.head + 1
  return v
end
function Channel:close() self.closed = true end

local results = {}
local function producer(out, n)
  for i = 1, n do out:send({ value = i }) end
  out:close()
end
local function filter(from, to, p)
  while true do
    local v = from:receive()
    if not v then break end
    if v.value % p ~= 0 then to:send(v) end
  end
  to:close()
end
local function consumer(from, id)
  local sum, count = 0, 0
  for v in function() return from:receive() end do
    sum = sum + v.value
    count = count + 1
  end
  results[id] = sum .. "/" .. count
end
for id = 1, 12 do
  local source = Channel.new(4)
  spawn(producer, source, 6000 + id)
  for _, p in ipairs({ 2, 3, 5, 7 }) do
    local to = Channel.new(p)
    spawn(filter, source, to, p)
    source = to
  end
  spawn(consumer, source, id)
end
local ticks = 0
for _ = 1, 4000 do
  spawn(function(n)
    for _ = 1, n do
      ticks = ticks + 1
      pause()
    end
  end, 50)
end
run()
print(table.concat(results, " "))
print(ticks, switches)
