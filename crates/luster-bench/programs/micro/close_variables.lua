-- bench: alloc
-- Variables with attributes: to-be-closed ones in blocks and loops, and constants.
local closed = 0
local Guard = { __close = function(g) closed = closed + g.weight end }
local function guard(n) return setmetatable({ weight = n }, Guard) end
local function work(i)
  local g <close> = guard(1)
  local limit <const> = 10
  if i % limit == 0 then return 0 end
  do
    local inner <close> = guard(2)
    i = i + 1
  end
  return i
end
local sum = 0
for i = 1, 350000 do sum = sum + work(i) end
local shared = guard(3)
for i = 1, 600000 do
  local g <close> = shared
  if i & 1 == 0 then goto continue end
  sum = sum + 1
  ::continue::
end
for i = 1, 100000 do
  local ok = pcall(function()
    local g <close> = shared
    if i % 4 == 0 then error("stop", 0) end
  end)
  if ok then sum = sum + 1 end
end
print(sum, closed)
