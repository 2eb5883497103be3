-- The generic `for`: iterators with state, closing value, and what an iterator may be.

-- Collects a line in pieces.
local line = ""
local function write(...) line = line .. table.concat({ ... }) end
local function written() local text = line; line = ""; return text end

local function range(n, i)
  if i < n then return i + 1 end
end
for i in range, 3, 0 do write(i, " ") end
print(written()) -- expect: 1 2 3

for i, v in ipairs { "a", "b", nil, "d" } do write(i, v, " ") end
print(written()) -- expect: 1a 2b

-- A closing value is closed however the loop is left.
local function closing(name, n)
  local i = 0
  local value = setmetatable({}, { __close = function(_, e) print("close", name, e) end })
  return function() i = i + 1; if i <= n then return i end end, nil, nil, value
end
for i in closing("ended", 2) do print(i) end
-- expect: 1
-- expect: 2
-- expect: close ended nil
for i in closing("broken", 2) do print(i) break end
-- expect: 1
-- expect: close broken nil
local function returns()
  for i in closing("returned", 2) do return "result " .. i end
end
print(returns())
-- expect: close returned nil
-- expect: result 1
print(pcall(function()
  for _ in closing("failed", 2) do error("oops", 0) end
end))
-- expect: close failed oops
-- expect: false oops
for i in closing("left by goto", 2) do
  if i == 2 then goto out end
end
-- expect: close left by goto nil
::out::

-- An iterator can be a callable table; anything else is an error that names it.
local counter = setmetatable({ n = 0 }, { __call = function(self, limit, last)
  self.n = self.n + 1
  if self.n <= limit then return self.n, last end
end })
for a, b in counter, 3 do print(a, b) end
-- expect: 1 nil
-- expect: 2 1
-- expect: 3 2
print(pcall(function() for _ in 5 do end end))
-- expect: false generic_for.lua:56: attempt to call a number value (for iterator 'for iterator')
print(pcall(function() for _ in nil do end end))
-- expect: false generic_for.lua:58: attempt to call a nil value (for iterator 'for iterator')
local t = {}
print(pcall(function() for _ in t do end end))
-- expect: false generic_for.lua:61: attempt to call a table value (for iterator 'for iterator')
print(pcall(function() for _ in pairs(nil) do end end))
-- expect: false generic_for.lua:63: bad argument #1 to 'for iterator' (table expected, got nil)
print(pcall(function() for _ in ipairs() do end end))
-- expect: false generic_for.lua:65: bad argument #1 to 'ipairs' (value expected)

-- The first variable is read-only; a loop goes on with what the iterator said.
print(load("for k in pairs {} do k = 1 end"))
-- expect: nil [string "for k in pairs {} do k = 1 end"]:1: attempt to assign to const variable 'k'
for _, v in pairs { 1, 2 } do v = v * 2; write(v, " ") end
print(written()) -- expect: 2 4

-- Fields may be cleared during a traversal.
local full, count = {}, 0
for i = 1, 100 do full[i] = i; full["k" .. i] = i end
for k in pairs(full) do full[k] = nil; count = count + 1 end
print(count, next(full)) -- expect: 200 nil
print(pcall(next, {}, "no such key")) -- expect: false invalid key to 'next'
