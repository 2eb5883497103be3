-- Very many values at once, which go in portions.

local N <const> = 300000
local list = table.create(N)
for i = 1, N do list[i] = i end

local function check(n, t, ...)
  assert(select("#", ...) == 0 and #t == n, #t)
  for i = 1, n do if t[i] ~= i then error("item " .. i) end end
  return "fine"
end

local function pass(...) return ... end
local function yield(...) coroutine.yield(...) end
local function behind(first, ...) return { ... } end

print(check(N, { pass(table.unpack(list)) })) -- expect: fine
print(check(N, { 1, 2, table.unpack(list, 3) })) -- expect: fine
local t = { x = 1, y = 2, table.unpack(list) }
print(t.x, t.y, check(N, t)) -- expect: 1 2 fine

-- Through coroutines, also of about as many as a portion holds.
for _, n in ipairs({ N, 32767, 32768, 32769, 65536, 65537 }) do
  check(n, { pass(table.unpack(list, 1, n)) })
  check(n, { coroutine.wrap(pass)(table.unpack(list, 1, n)) })
  check(n, { coroutine.wrap(yield)(table.unpack(list, 1, n)) })
  check(n, behind(coroutine.resume(coroutine.create(pass), table.unpack(list, 1, n))))
  check(n, behind(coroutine.resume(coroutine.create(yield), table.unpack(list, 1, n))))
end
local co = coroutine.wrap(function()
  local t = { coroutine.yield() }
  check(N, t)
  return table.unpack(t)
end)
co()
print(check(N, { co(table.unpack(list)) })) -- expect: fine

-- Yielded while variables are closed.
local function closer() return setmetatable({}, { __close = function() coroutine.yield(table.unpack(list)) end }) end
co = coroutine.wrap(function() local c <close> = closer() return 7, 8 end)
print(check(N, { co() }), co()) -- expect: fine 7 8

-- Tables of extra arguments.
local function named(...t) t.x = 1 return t end
t = named(table.unpack(list))
print(t.n == N, t.x, check(N, t)) -- expect: true 1 fine
local function spread(first, ...t) t[1] = 2 return first, ... end
print(check(N, { spread(table.unpack(list)) })) -- expect: fine
local function invented(...t) t.n = 200000 t[2] = nil return ... end
print(select("#", invented(1, 2)), (invented(1, 2))) -- expect: 200000 1

-- With a hook, which sees nothing twice.
local lines = 0
debug.sethook(function() lines = lines + 1 end, "l")
t = { pass(table.unpack(list)) }
debug.sethook()
print(lines, check(N, t)) -- expect: 3 fine

-- Finalizers in between, which do the same.
local made = 0
local function make()
  setmetatable({}, { __gc = function()
    made = made + 1
    check(100000, { pass(table.unpack(list, 1, 100000)) })
  end })
end
for i = 1, 10 do
  make()
  check(N, { pass(table.unpack(list)) })
  collectgarbage("step", 10000)
end
collectgarbage()
print(made) -- expect: 10

-- Who has no room for them.
local function deep(n, f)
  if n == 0 then return f() end
  local a, b = deep(n - 1, f)
  return a, b
end
local function many() return table.unpack({}, 1, 980000) end
print(select(2, pcall(deep, 20000, coroutine.wrap(many)))) -- expect: many_values.lua:77: too many results to resume
print(select(2, pcall(deep, 20000, coroutine.wrap(function() coroutine.yield(many()) end)))) -- expect: many_values.lua:77: too many results to resume
print(deep(20000, function() return coroutine.resume(coroutine.create(many)) end)) -- expect: false too many results to resume
