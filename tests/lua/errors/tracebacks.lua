-- debug.traceback: the kinds of functions, levels, other coroutines.

local function shown(text) print((text:gsub("\n", "\n  "))) end

local function inner() return (debug.traceback("message")) end
local function middle() local s = inner(); return s end
function global_outer() local s = middle(); return s end
local object = {}
function object.field() local s = global_outer(); return s end
function object:method() local s = self.field(); return s end

-- Only the upper lines: what is below the chunk is the host's business.
local function lines(text, n)
  local out = {}
  for line in text:gmatch("[^\n]+") do
    out[#out + 1] = line
    if #out == n then break end
  end
  return table.concat(out, "\n")
end
shown(lines(object:method(), 7))
-- expect: message
-- expect:   stack traceback:
-- expect:    tracebacks.lua:5: in upvalue 'inner'
-- expect:    tracebacks.lua:6: in upvalue 'middle'
-- expect:    tracebacks.lua:7: in global 'global_outer'
-- expect:    tracebacks.lua:9: in field 'field'
-- expect:    tracebacks.lua:10: in method 'method'
shown(lines(debug.traceback("hi", 1), 3))
-- expect: hi
-- expect:   stack traceback:
-- expect:    tracebacks.lua:29: in main chunk
shown(lines(debug.traceback(nil), 1)) -- expect: stack traceback:
print(debug.traceback({}) ~= nil, type(debug.traceback({})), debug.traceback(print) == print)
-- expect: true table true
print(debug.traceback("only the message", 1000))
-- expect: only the message
-- expect: stack traceback:

-- Of a coroutine: whole.
local co = coroutine.create(function(a)
  local function yields() coroutine.yield(a) end
  yields()
end)
shown(debug.traceback(co)) -- expect: stack traceback:
coroutine.resume(co, 1)
shown(debug.traceback(co))
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:42: in local 'yields'
-- expect:    tracebacks.lua:43: in function <tracebacks.lua:41>
shown(debug.traceback(co, "with a message"))
-- expect: with a message
-- expect:   stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:42: in local 'yields'
-- expect:    tracebacks.lua:43: in function <tracebacks.lua:41>
shown(debug.traceback(co, nil, 1))
-- expect: stack traceback:
-- expect:    tracebacks.lua:42: in local 'yields'
-- expect:    tracebacks.lua:43: in function <tracebacks.lua:41>
shown(debug.traceback(co, "x", 10))
-- expect: x
-- expect:   stack traceback:
coroutine.resume(co)
shown(debug.traceback(co)) -- expect: stack traceback:

local dead = coroutine.create(function() local t = nil; t.x = 1 end)
print(coroutine.resume(dead))
-- expect: false tracebacks.lua:68: attempt to index a nil value (local 't')
shown(debug.traceback(dead))
-- expect: stack traceback:
-- expect:    tracebacks.lua:68: in function <tracebacks.lua:68>

-- Built-ins, metamethods, tail calls, for iterators.
local c = coroutine.create(function()
  local mt = { __add = function(a, b) coroutine.yield(); return 1 end, __index = function() coroutine.yield() return 1 end }
  local v = setmetatable({}, mt)
  local x = v + 1
  x = v.field
  local function tail() coroutine.yield(); return 1 end
  local function caller() return tail() end
  x = caller()
  for _ in function() coroutine.yield() end do end
  pcall(function() coroutine.yield() end)
end)
while coroutine.resume(c) and coroutine.status(c) == "suspended" do
  shown(debug.traceback(c))
end
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:77: in metamethod 'add'
-- expect:    tracebacks.lua:79: in function <tracebacks.lua:76>
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:77: in metamethod 'index'
-- expect:    tracebacks.lua:80: in function <tracebacks.lua:76>
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:81: in function <tracebacks.lua:81>
-- expect:    (...tail calls...)
-- expect:    tracebacks.lua:83: in function <tracebacks.lua:76>
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:84: in for iterator 'for iterator'
-- expect:    tracebacks.lua:84: in function <tracebacks.lua:76>
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:85: in function <tracebacks.lua:85>
-- expect:    [C]: in global 'pcall'
-- expect:    tracebacks.lua:85: in function <tracebacks.lua:76>

-- A deep stack is cut in the middle.
local function deep(n) if n == 0 then coroutine.yield() else deep(n - 1) end return n end
local d = coroutine.create(deep)
coroutine.resume(d, 50)
shown((debug.traceback(d):gsub("skipping %d+", "skipping some")))
-- expect: stack traceback:
-- expect:    [C]: in field 'yield'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    ... (skipping some levels)
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in upvalue 'deep'
-- expect:    tracebacks.lua:114: in function <tracebacks.lua:114>

-- A module that is a function has its name from `package.loaded`.
do
  local function main() return (debug.traceback("at", 1)) end
  package.loaded["a.module"] = main
  print((select(2, pcall(main)):match("in function '[^']*'")))
  -- expect: in function 'a.module'
  package.loaded["a.module"] = nil
end
