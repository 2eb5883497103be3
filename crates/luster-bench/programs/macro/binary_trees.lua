-- bench: alloc
-- Complete binary trees: one that lives long, and many that are built, counted and dropped.
local function build(depth)
  if depth == 0 then return {} end
  return { build(depth - 1), build(depth - 1) }
end
local function count(tree)
  if tree[1] then return 1 + count(tree[1]) + count(tree[2]) end
  return 1
end
local deepest = 13
local lasting = build(deepest)
for depth = 4, deepest, 2 do
  local rounds = 1 << (deepest - depth + 4)
  local total = 0
  for _ = 1, rounds do total = total + count(build(depth)) end
  print(rounds, depth, total)
end
print(count(lasting))
