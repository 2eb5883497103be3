-- bench: alloc
-- Many short-lived coroutines, a tree walked by recursive generators, and a ring of many that live.
local sum = 0
for i = 1, 300000 do
  local f = coroutine.wrap(function(a)
    local b = coroutine.yield(a + 1)
    return a + b
  end)
  sum = sum + f(i) + f(2)
end
local function build(depth)
  if depth == 0 then return nil end
  return { left = build(depth - 1), value = depth, right = build(depth - 1) }
end
local function walk(node)
  if node then
    walk(node.left)
    coroutine.yield(node.value)
    walk(node.right)
  end
end
local tree = build(12)
for _ = 1, 50 do
  for value in coroutine.wrap(function() walk(tree) end) do sum = sum + value end
end
local ring = {}
for i = 1, 5000 do
  ring[i] = coroutine.wrap(function(token)
    while true do token = coroutine.yield(token + i) end
  end)
end
local token = 0
for _ = 1, 30 do
  for i = 1, #ring do token = ring[i](token) & 0xffffff end
end
print(sum, token)
