-- Weak tables: keys, values, both, ephemerons, and what is never collected.

local function count(t) local n = 0; for _ in pairs(t) do n = n + 1 end return n end
local function full() collectgarbage(); collectgarbage() end

local values = setmetatable({}, { __mode = "v" })
values[1] = {}; values[2] = "string"; values[3] = 5; values.kept = values; values.f = function() end
local keep = {}
values.other = keep
full()
print(values[1], values[2], values[3], values.kept == values, values.f, values.other == keep)
-- expect: nil string 5 true nil true

local keys = setmetatable({}, { __mode = "k" })
keys[{}] = "collected"; keys[keep] = "kept"; keys.name = {}; keys[1] = {}
full()
print(count(keys), keys[keep], type(keys.name), type(keys[1])) -- expect: 3 kept table table

local both = setmetatable({}, { __mode = "kv" })
both[{}] = 1; both[1] = {}; both[keep] = keep; both[2] = "s"
full()
print(count(both), both[keep] == keep, both[1], both[2]) -- expect: 2 true nil s

-- Ephemerons: a value that refers to its own key does not keep it.
local eph = setmetatable({}, { __mode = "k" })
do
  local k = {}
  eph[k] = { k }
  local a, b = {}, {}
  eph[a] = b; eph[b] = a
end
full()
print(count(eph)) -- expect: 0
local root = {}
do
  local a, b, c = root, {}, {}
  eph[a] = b; eph[b] = c; eph[c] = "end of the chain"
end
full()
print(count(eph), eph[eph[eph[root]]]) -- expect: 3 end of the chain
root = nil
full()
print(count(eph)) -- expect: 0

-- A long chain of ephemerons, made so that each pass finds one only.
local chain = setmetatable({}, { __mode = "k" })
local first = {}
local k = first
for _ = 1, 1000 do local next_k = {}; chain[k] = next_k; k = next_k end
k = nil
full()
print(count(chain)) -- expect: 1000
first = nil
full()
print(count(chain)) -- expect: 0

-- The mode given later, or taken away.
local late = { {} }
setmetatable(late, { __mode = "v" })
full()
print(late[1]) -- expect: nil
local strong = setmetatable({ {} }, {})
full()
print(type(strong[1])) -- expect: table

-- A cache that memoizes.
local cache = setmetatable({}, { __mode = "v" })
local made = 0
local function get(i)
  local v = cache[i]
  if not v then made = made + 1; v = { i }; cache[i] = v end
  return v
end
local held = get(1)
get(2)
full()
print(get(1) == held, get(2)[1], made) -- expect: true 2 3

-- Clearing while traversing, lengths.
local list = setmetatable({}, { __mode = "v" })
for i = 1, 100 do list[i] = {} end
full()
print(#list, next(list)) -- expect: 0 nil
for i = 1, 100 do list[i] = i % 2 == 0 and {} or i end
full()
print(count(list)) -- expect: 50

-- Strings are values, not objects, to a weak table.
local strings = setmetatable({}, { __mode = "kv" })
strings["a" .. tostring(1)] = "b" .. tostring(2)
full()
print(strings.a1) -- expect: b2

-- Coroutines and closures go too.
local threads = setmetatable({}, { __mode = "k" })
do
  local co = coroutine.create(function() coroutine.yield() end)
  coroutine.resume(co)
  threads[co] = true
  threads[function() return co end] = true
end
full()
print(count(threads)) -- expect: 0
