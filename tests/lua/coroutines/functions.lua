-- Each function of the library `coroutine`.

-- Collects a line in pieces.
local line = ""
local function write(...) line = line .. table.concat({ ... }) end
local function written() local text = line; line = ""; return text end

local co = coroutine.create(function(a, b)
  print("start", a, b)
  local c = coroutine.yield(a + b)
  print("resumed", c)
  local d, e = coroutine.yield(c * 2)
  print("resumed", d, e)
  return "end", 99
end)
print(coroutine.status(co), coroutine.resume(co, 1, 2))
-- expect: start 1 2
-- expect: suspended true 3
print(coroutine.status(co), coroutine.resume(co, 10))
-- expect: resumed 10
-- expect: suspended true 20
print(coroutine.status(co), coroutine.resume(co, "x", "y"))
-- expect: resumed x y
-- expect: suspended true end 99
print(coroutine.status(co), coroutine.resume(co)) -- expect: dead false cannot resume dead coroutine
print(type(co), pcall(coroutine.resume, 5))
-- expect: thread false bad argument #1 to 'coroutine.resume' (thread expected, got number)
print(pcall(coroutine.create, 5))
-- expect: false bad argument #1 to 'coroutine.create' (function expected, got number)

-- wrap: errors come through.
local gen = coroutine.wrap(function() for i = 1, 3 do coroutine.yield(i) end end)
print(gen(), gen(), gen(), gen()) -- expect: 1 2 3
print(pcall(gen)) -- expect: false cannot resume dead coroutine
print(pcall(coroutine.wrap(function() error("oops", 0) end))) -- expect: false oops

print(select(2, pcall(coroutine.wrap(function() error({ code = 5 }) end))).code) -- expect: 5
print(pcall(coroutine.wrap(function() error("with position") end)))
-- expect: false functions.lua:38: with position

-- status, running, isyieldable.
local main, is_main = coroutine.running()
print(type(main), is_main, coroutine.isyieldable(), coroutine.status(main))
-- expect: thread true false running
coroutine.wrap(function()
  local me, m = coroutine.running()
  print(m, coroutine.isyieldable(), coroutine.status(me), coroutine.status(main))
  coroutine.wrap(function() print(coroutine.status(me)) end)()
end)()
-- expect: false true running normal
-- expect: normal
print(pcall(coroutine.yield, 1)) -- expect: false attempt to yield from outside a coroutine
local self
self = coroutine.create(function() return coroutine.resume(self) end)
print(coroutine.resume(self)) -- expect: true false cannot resume non-suspended coroutine
print(coroutine.resume(coroutine.running())) -- expect: false cannot resume non-suspended coroutine

-- Errors kill.
local dies = coroutine.create(function() local x = nil; return x.field end)
print(coroutine.resume(dies))
-- expect: false functions.lua:59: attempt to index a nil value (local 'x')
print(coroutine.status(dies), coroutine.resume(dies))
-- expect: dead false cannot resume dead coroutine

-- close.
print(coroutine.close(coroutine.create(print))) -- expect: true
print(coroutine.close(dies))
-- expect: false functions.lua:59: attempt to index a nil value (local 'x')
print(pcall(coroutine.close, main)) -- expect: false cannot close main thread
local never = coroutine.create(function() coroutine.yield() end)
coroutine.resume(never)
print(coroutine.close(never), coroutine.status(never), coroutine.resume(never))
-- expect: true dead false cannot resume dead coroutine

-- Yields over several levels, with many values.
local function deep(n) if n == 0 then coroutine.yield("deep") else deep(n - 1) end return n end
local d = coroutine.wrap(function() deep(100); return "back" end)
print(d(), d()) -- expect: deep back
local many = coroutine.wrap(function(...) print(select("#", coroutine.yield(...))) end)
print(select("#", many(table.unpack({}, 1, 100)))) -- expect: 100
many(table.unpack({}, 1, 50)) -- expect: 50

-- Generators in a for loop; a producer and a consumer.
local function permutations(a, n)
  n = n or #a
  if n <= 1 then coroutine.yield(a) else
    for i = 1, n do
      a[n], a[i] = a[i], a[n]
      permutations(a, n - 1)
      a[n], a[i] = a[i], a[n]
    end
  end
end
for p in coroutine.wrap(function() permutations({ "a", "b", "c" }) end) do write(table.concat(p), " ") end
print(written()) -- expect: bca cba cab acb bac abc
local function filter(p, g) return coroutine.wrap(function() for n in g do if n % p ~= 0 then coroutine.yield(n) end end end) end
local function from(n) return coroutine.wrap(function() while true do coroutine.yield(n); n = n + 1 end end) end
local x = from(2)
for _ = 1, 10 do
  local n = x()
  write(n, " ")
  x = filter(n, x)
end
print(written()) -- expect: 2 3 5 7 11 13 17 19 23 29
