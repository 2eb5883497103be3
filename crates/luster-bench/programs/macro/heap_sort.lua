-- bench: alloc
-- Heap sort of random floats in place, and a merge sort of the same with auxiliary arrays.
local seed = 17
local function random()
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return seed / 0x7fffffff
end
local function sift(a, root, last)
  local value = a[root]
  while true do
    local child = root * 2
    if child > last then break end
    if child < last and a[child] < a[child + 1] then child = child + 1 end
    if a[child] <= value then break end
    a[root] = a[child]
    root = child
  end
  a[root] = value
end
local function heap_sort(a)
  local n = #a
  for root = n // 2, 1, -1 do sift(a, root, n) end
  for last = n, 2, -1 do
    a[1], a[last] = a[last], a[1]
    sift(a, 1, last - 1)
  end
end
local function merge_sort(a, from, to)
  if from == to then return { a[from] } end
  local middle = (from + to) // 2
  local left, right = merge_sort(a, from, middle), merge_sort(a, middle + 1, to)
  local out, i, j = {}, 1, 1
  for k = 1, #left + #right do
    local l, r = left[i], right[j]
    if r == nil or (l ~= nil and l <= r) then
      out[k] = l
      i = i + 1
    else
      out[k] = r
      j = j + 1
    end
  end
  return out
end
local n = 60000
local sum = 0.0
for round = 1, 2 do
  local a = {}
  for i = 1, n do a[i] = random() end
  local b = merge_sort(a, 1, n)
  heap_sort(a)
  for i = 1, n do assert(a[i] == b[i]) end
  for i = 2, n do assert(a[i - 1] <= a[i]) end
  sum = sum + a[round] * 1000 + a[n // 2] + a[n]
end
print(string.format("%.9f", sum))
