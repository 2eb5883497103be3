-- bench: alloc
-- Linked lists built, walked, reversed and dropped.
local function build(n)
  local head
  for i = n, 1, -1 do head = { value = i, next = head } end
  return head
end
local function reverse(list)
  local result
  while list do
    local next = list.next
    list.next = result
    result, list = list, next
  end
  return result
end
local sum = 0
for round = 1, 40 do
  local list = build(20000)
  for _ = 1, 3 do
    local node, weight = list, 1
    while node do
      sum = sum + node.value * weight
      weight = -weight
      node = node.next
    end
    list = reverse(list)
  end
end
print(sum)
