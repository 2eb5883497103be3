-- bench: alloc
-- Weak tables as caches and as per-object data. What is left after a collection is not printed.
local cache = setmetatable({}, { __mode = "v" })
local data = setmetatable({}, { __mode = "k" })
local sum = 0
local kept = {}
for i = 1, 600000 do
  local k = i % 5000
  local object = cache[k]
  if not object or object.id ~= k then
    object = { id = k }
    cache[k] = object
  end
  local fresh = { i }
  data[fresh] = i
  sum = sum + data[fresh] + object.id
  if i % 100 == 0 then kept[#kept + 1] = fresh end
end
for i = 1, #kept do sum = sum + data[kept[i]] end
print(sum, #kept)
