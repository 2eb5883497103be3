-- Recursion without end is an error like any other, and the VM goes on after it.

local function clean(m) return (tostring(m):gsub("\n.*", ""):match("stack overflow") or m) end

local depth = 0
local function endless() depth = depth + 1; return 1 + endless() end
local ok, m = pcall(endless)
print(ok, clean(m), depth > 10000) -- expect: false stack overflow true

local function mutual_a() return (mutual_b()) end
function mutual_b() return (mutual_a()) end
ok, m = pcall(mutual_a)
print(ok, clean(m)) -- expect: false stack overflow

local t = setmetatable({}, {})
getmetatable(t).__index = function(self, k) return self[k] end
ok, m = pcall(function() return t.a end)
print(ok, clean(m)) -- expect: false stack overflow

local cat = setmetatable({}, { __concat = function(a, b) return a .. b end })
ok, m = pcall(function() return cat .. "x" end)
print(ok, clean(m)) -- expect: false stack overflow

local eq = {}
eq.__eq = function(a, b) return setmetatable({}, eq) == setmetatable({}, eq) end
ok, m = pcall(function() return setmetatable({}, eq) == setmetatable({}, eq) end)
print(ok, clean(m)) -- expect: false stack overflow

local function nested() return (pcall(nested)) end
print((pcall(nested))) -- expect: true

local function by_gsub(s) return (s:gsub(".", by_gsub)) end
ok, m = pcall(by_gsub, "x")
print(ok, clean(m)) -- expect: false stack overflow

local function by_sort() table.sort({ 1, 2, 3 }, by_sort) end
ok, m = pcall(by_sort)
print(ok, clean(m)) -- expect: false stack overflow

local string_loop = setmetatable({}, { __tostring = function(self) return tostring(self) end })
ok, m = pcall(tostring, string_loop)
print(ok, clean(m)) -- expect: false stack overflow

-- In a coroutine; then the coroutine is dead and the rest alive.
local co = coroutine.create(endless)
ok, m = coroutine.resume(co)
print(ok, clean(m), coroutine.status(co)) -- expect: false stack overflow dead

-- With variables to close on the way.
local closed = 0
local function closing(n)
  local c <close> = setmetatable({}, { __close = function() closed = closed + 1 end })
  return (closing(n + 1))
end
ok, m = pcall(closing, 1)
print(ok, clean(m), closed > 1000) -- expect: false stack overflow true

-- Too many arguments and results.
local big = {}
for i = 1, 10 do big[i] = i end
print(pcall(table.unpack, big, 1, 1e7)) -- expect: false too many results to unpack
print((pcall(string.rep, "x", math.maxinteger))) -- expect: false
ok, m = pcall(function(...) return select("#", ...) end, table.unpack(big, 1, 200000))
print(ok, m) -- expect: true 200000
print("alive") -- expect: alive
