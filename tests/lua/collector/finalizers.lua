-- Finalizers: their order, resurrection, what they may do, and when they are not run.

local function full() collectgarbage(); collectgarbage() end
local function object(name, f)
  return setmetatable({ name = name }, { __gc = f or function(o) print("gc " .. o.name) end })
end

-- In the reverse order of marking.
(function() local a, b, c = object("a"), object("b"), object("c") end)()
full()
-- expect: gc c
-- expect: gc b
-- expect: gc a

-- An object reachable from another that is finalized is whole still.
do
  local inner = object("inner")
  local outer = object("outer", function(o) print("gc " .. o.name .. " sees " .. o.inner.name) end)
  outer.inner = inner
end
full()
-- expect: gc outer sees inner
-- expect: gc inner

-- Resurrection: once finalized, not again, unless marked again.
local saved
do
  local o = object("phoenix", function(o) print("gc " .. o.name); saved = o end)
end
full() -- expect: gc phoenix
print(saved.name) -- expect: phoenix
saved = nil
full()
local count = 0
do
  local mt
  mt = { __gc = function(o) count = count + 1; if count < 3 then setmetatable(o, mt); saved = o end end }
  setmetatable({}, mt)
end
for _ = 1, 5 do saved = nil; full() end
print(count) -- expect: 3

-- The metatable must have the field when it is set.
local late = {}
do local o = setmetatable({}, late) end
late.__gc = function() print("not called") end
full()
local marked = { __gc = true }
do local o = setmetatable({}, marked) end
marked.__gc = function() print("called, though it was no function at first") end
full() -- expect: called, though it was no function at first
marked.__gc = 5
do local o = setmetatable({}, marked) end
full()

-- Weak tables: values are cleared before, keys after finalization.
local by_value, by_key = setmetatable({}, { __mode = "v" }), setmetatable({}, { __mode = "k" })
do
  local o = object("weak", function(o) print(by_value[1], by_key[o]) end)
  by_value[1], by_key[o] = o, "still here"
end
full() -- expect: nil still here
print(next(by_value), next(by_key)) -- expect: nil nil

-- They may allocate, collect, raise errors.
warn("@off")
do
  local a = object("fails", function() error("in a finalizer") end)
  local b = object("allocates", function() local t = {}; for i = 1, 1000 do t[i] = { i } end collectgarbage(); print("allocated") end)
end
full() -- expect: allocated

-- Cycles, and many of them.
count = 0
for i = 1, 1000 do
  local a, b = object("a", function() count = count + 1 end), {}
  a.b, b.a = b, a
end
full()
print(count) -- expect: 1000

-- Coroutines are just collected; their variables are not closed.
do
  local co = coroutine.wrap(function()
    local x <close> = setmetatable({}, { __close = function() print("never closed") end })
    coroutine.yield()
  end)
  co()
end
full()

-- One at a time, however long each takes.
do
  local running, ended, worst = 0, 0, 0
  local meta = { __gc = function()
    running = running + 1
    worst = math.max(worst, running)
    coroutine.wrap(function() for i = 1, 100000 do end end)()
    for i = 1, 100000 do end
    running, ended = running - 1, ended + 1
  end }
  for i = 1, 10 do setmetatable({}, meta) end
  full()
  print(ended .. " at most " .. worst)
end
-- expect: 10 at most 1
