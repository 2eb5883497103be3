-- Access through metamethods that are functions: __index, __newindex, __call, __len.
local store = {}
local proxy = setmetatable({}, {
  __index = function(_, k) return store[k] or 0 end,
  __newindex = function(_, k, v) store[k] = v end,
  __call = function(_, a, b) return a + b end,
  __len = function() return 10 end,
})
local sum = 0
for i = 1, 1200000 do
  local k = i % 16
  proxy[k] = proxy[k] + i
  sum = sum + proxy(i, k) + #proxy
end
local defaults = { colour = "red", size = 3 }
local middle = setmetatable({}, { __index = defaults })
local layered = setmetatable({ own = 1 }, { __index = middle, __newindex = store })
-- The field stays absent in the table itself, so that each write goes through __newindex.
for i = 1, 1800000 do
  sum = sum + layered.size + layered.own
  layered.absent = i
end
for i = 0, 15 do sum = sum + proxy[i] end
print(sum, store.absent, rawget(layered, "absent"))
