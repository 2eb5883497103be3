-- Debug hooks: what they are told, of what, and in which order.

local function name_of(level)
  local info = debug.getinfo(level + 1, "nSt")
  return info.what .. " " .. info.namewhat .. " " .. (info.name or "?") .. (info.istailcall and " tail" or "")
end

-- Runs a function with a hook that notes what it is told, lines counted from the function's first.
local function trace(title, mask, count, f, ...)
  local notes = {}
  local first = debug.getinfo(f, "S").linedefined
  local function hook(event, line)
    notes[#notes + 1] = event .. (line and " " .. line - first or "") .. " " .. name_of(2)
  end
  debug.sethook(hook, mask, count)
  local ok, message = pcall(f, ...)
  debug.sethook()
  print(title, ok, message)
  -- The first and the last are about `sethook` and `pcall`, which are not of interest.
  for _, note in ipairs(notes) do
    if not note:find("sethook") and not note:find("pcall") then print(note) end
  end
end

local function id(...) return ... end

trace("lines", "l", 0, function()
  for i = 1, 2 do
    id(i)
  end
  for k in pairs({ 1 }) do
    id(k)
  end
  local n = 2
  while n > 0 do n = n - 1 end
  repeat
    n = n + 1
  until n == 2
  if n then
    n = 1
  else
    n = 0
  end
end)

trace("calls", "cr", 0, function()
  id(1)
  local t = setmetatable({}, { __index = id, __add = id, __call = function(_, x) return id(x) end })
  local x = t.field + t
  t(1)
  return tostring(1)
end)

trace("errors", "cr", 0, function()
  pcall(error, "inner", 0)
  error("outer", 0)
end)

trace("callbacks", "cr", 0, function()
  table.sort({ 2, 1 }, function(a, b) return a < b end)
  string.gsub("a", "a", id)
  for _, v in ipairs({ 1 }) do id(v) end
end)

trace("closing", "crl", 0, function()
  local x <close> = setmetatable({}, { __close = function() id() end })
  return 1, 2
end)

trace("count", "", 1000, function()
  for i = 1, 5000 do end
end)

-- A hook sees what calls and returns hand over.
local seen = {}
debug.sethook(function(event)
  local info = debug.getinfo(2, "r")
  for i = info.ftransfer, info.ftransfer + info.ntransfer - 1 do
    local _, value = debug.getlocal(2, i)
    if math.type(value) then seen[#seen + 1] = event .. " " .. value end
  end
end, "cr")
math.max(3, 4)
select(2, 10, 20, 30)
;(function(a, ...) return ... end)(5, 6, 7)
debug.sethook()
print(table.concat(seen, ", "))

-- Hooks do not see hooks, and may replace or remove themselves.
local calls = 0
debug.sethook(function(event, line)
  calls = calls + 1
  id(1)
  id(2)
  debug.sethook(function() calls = calls + 100 debug.sethook() end, "l")
end, "l")
id(3)
id(4)
id(5)
print(calls, debug.gethook())

-- An error in a hook is an error of what it was called over.
local ok, message = pcall(function()
  debug.sethook(function() debug.sethook() error("from the hook", 0) end, "l")
  local a = 1
end)
print(ok, message, debug.gethook())

-- Each coroutine has its own.
local events = {}
local co = coroutine.create(function(a)
  local b = coroutine.yield(a)
  return b
end)
debug.sethook(co, function(event) events[#events + 1] = event end, "clr")
print(debug.gethook(), (select(2, debug.gethook(co))))
coroutine.resume(co, 1)
coroutine.resume(co, 2)
print(table.concat(events, " "))

-- Code without lines has one line event, at its beginning, and for each jump back.
local stripped = load(string.dump(load("local n = 0\nwhile n < 2 do\nn = n + 1\nend"), true))
local lines = 0
debug.sethook(function(event, line) lines = lines + 1; assert(line == nil or line > 0) end, "l")
stripped() debug.sethook()
print(lines)

-- What runs in a hook is called one.
debug.sethook(function()
  local info = debug.getinfo(1, "n")
  print(info.namewhat, info.name, debug.traceback("", 1):match("in (hook '%?')"))
  debug.sethook()
end, "l")
local done = true

-- Arguments that `__call` metamethods put in are counted.
local function extra() return debug.getinfo(1, "t").extraargs end
for i = 0, 2 do
  print(extra())
  extra = setmetatable({}, { __call = extra })
end

-- expect: lines true nil
-- expect: line -11 Lua local trace
-- expect: line 1 Lua  ?
-- expect: line 2 Lua  ?
-- expect: line -2 Lua upvalue id
-- expect: line 1 Lua  ?
-- expect: line 2 Lua  ?
-- expect: line -2 Lua upvalue id
-- expect: line 1 Lua  ?
-- expect: line 4 Lua  ?
-- expect: line 5 Lua  ?
-- expect: line -2 Lua upvalue id
-- expect: line 4 Lua  ?
-- expect: line 6 Lua  ?
-- expect: line 7 Lua  ?
-- expect: line 8 Lua  ?
-- expect: line 8 Lua  ?
-- expect: line 8 Lua  ?
-- expect: line 10 Lua  ?
-- expect: line 11 Lua  ?
-- expect: line 10 Lua  ?
-- expect: line 11 Lua  ?
-- expect: line 12 Lua  ?
-- expect: line 13 Lua  ?
-- expect: line 17 Lua  ?
-- expect: line -10 Lua local trace
-- expect: calls true 1
-- expect: call Lua  ?
-- expect: call Lua upvalue id
-- expect: return Lua upvalue id
-- expect: call C global setmetatable
-- expect: return C global setmetatable
-- expect: call Lua metamethod index
-- expect: return Lua metamethod index
-- expect: call Lua metamethod add
-- expect: return Lua metamethod add
-- expect: call Lua local t
-- expect: tail call Lua  ? tail
-- expect: return Lua  ? tail
-- expect: call C global tostring
-- expect: return C global tostring
-- expect: return Lua  ?
-- expect: errors false outer
-- expect: call Lua  ?
-- expect: call C  ?
-- expect: call C global error
-- expect: callbacks true nil
-- expect: call Lua  ?
-- expect: call C field sort
-- expect: call Lua  ?
-- expect: return Lua  ?
-- expect: return C field sort
-- expect: call C field gsub
-- expect: call Lua  ?
-- expect: return Lua  ?
-- expect: return C field gsub
-- expect: call C global ipairs
-- expect: return C global ipairs
-- expect: call C for iterator for iterator
-- expect: return C for iterator for iterator
-- expect: call Lua upvalue id
-- expect: return Lua upvalue id
-- expect: call C for iterator for iterator
-- expect: return C for iterator for iterator
-- expect: return Lua  ?
-- expect: closing true 1
-- expect: line -49 Lua local trace
-- expect: call Lua  ?
-- expect: line 1 Lua  ?
-- expect: call C global setmetatable
-- expect: return C global setmetatable
-- expect: line 2 Lua  ?
-- expect: call Lua metamethod close
-- expect: line 1 Lua metamethod close
-- expect: call Lua upvalue id
-- expect: line -40 Lua upvalue id
-- expect: return Lua upvalue id
-- expect: return Lua metamethod close
-- expect: return Lua  ?
-- expect: line -48 Lua local trace
-- expect: count true nil
-- expect: count Lua  ?
-- expect: count Lua  ?
-- expect: count Lua  ?
-- expect: count Lua  ?
-- expect: count Lua  ?
-- expect: call 3, call 4, return 4, call 2, call 10, call 20, call 30, return 20, return 30, call 5, return 6, return 7
-- expect: 101 nil
-- expect: false from the hook nil
-- expect: nil crl
-- expect: call line call return line return
-- expect: 4
-- expect: hook ? hook '?'
-- expect: 0
-- expect: 1
-- expect: 2
