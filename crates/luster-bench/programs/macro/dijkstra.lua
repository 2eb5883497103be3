-- bench: alloc
-- Shortest ways: Dijkstra's algorithm with a binary heap, on a random graph and on a grid; then the
-- strong components of the random graph.
local Heap = {}
Heap.__index = Heap
function Heap.new() return setmetatable({ size = 0, keys = {}, items = {} }, Heap) end
function Heap:push(key, item)
  local keys, items = self.keys, self.items
  local at = self.size + 1
  self.size = at
  while at > 1 do
    local parent = at >> 1
    if keys[parent] <= key then break end
    keys[at], items[at] = keys[parent], items[parent]
    at = parent
  end
  keys[at], items[at] = key, item
end
function Heap:pop()
  local keys, items, n = self.keys, self.items, self.size
  local top_key, top = keys[1], items[1]
  local key, item = keys[n], items[n]
  keys[n], items[n] = nil, nil
  n = n - 1
  self.size = n
  if n > 0 then
    local at = 1
    while true do
      local child = at * 2
      if child > n then break end
      if child < n and keys[child + 1] < keys[child] then child = child + 1 end
      if key <= keys[child] then break end
      keys[at], items[at] = keys[child], items[child]
      at = child
    end
    keys[at], items[at] = key, item
  end
  return top_key, top
end

local seed = 23
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local Graph = {}
Graph.__index = Graph
function Graph.new(n)
  local edges = {}
  for i = 1, n do edges[i] = {} end
  return setmetatable({ n = n, edges = edges }, Graph)
end
function Graph:connect(a, b, cost) table.insert(self.edges[a], { to = b, cost = cost }) end
function Graph:distances(start)
  local best, done, heap = { [start] = 0 }, {}, Heap.new()
  heap:push(0, start)
  while heap.size > 0 do
    local d, node = heap:pop()
    if not done[node] then
      done[node] = true
      for _, edge in ipairs(self.edges[node]) do
        local through = d + edge.cost
        local known = best[edge.to]
        if not known or through < known then
          best[edge.to] = through
          heap:push(through, edge.to)
        end
      end
    end
  end
  return best
end
function Graph:components()
  local index, low, on_stack, stack = {}, {}, {}, {}
  local counter, found, largest = 0, 0, 0
  local function visit(v)
    counter = counter + 1
    index[v], low[v] = counter, counter
    stack[#stack + 1] = v
    on_stack[v] = true
    for _, edge in ipairs(self.edges[v]) do
      local w = edge.to
      if not index[w] then
        visit(w)
        low[v] = math.min(low[v], low[w])
      elseif on_stack[w] then
        low[v] = math.min(low[v], index[w])
      end
    end
    if low[v] == index[v] then
      local size = 0
      repeat
        local w = table.remove(stack)
        on_stack[w] = false
        size = size + 1
      until w == v
      found = found + 1
      largest = math.max(largest, size)
    end
  end
  for v = 1, self.n do
    if not index[v] then visit(v) end
  end
  return found, largest
end

local graph = Graph.new(8000)
for _ = 1, 24000 do graph:connect(random(8000) + 1, random(8000) + 1, random(100) + 1) end
local reached, sum = 0, 0
for start = 1, 12 do
  local best = graph:distances(start * 100)
  for v = 1, 8000 do
    if best[v] then
      reached = reached + 1
      sum = sum + best[v] * (v & 7)
    end
  end
end
print(reached, sum)
local side = 140
local grid = Graph.new(side * side)
for y = 0, side - 1 do
  for x = 0, side - 1 do
    local at = y * side + x + 1
    local cost = random(9) + 1
    if x + 1 < side then grid:connect(at, at + 1, cost); grid:connect(at + 1, at, cost) end
    if y + 1 < side then grid:connect(at, at + side, cost + 1); grid:connect(at + side, at, cost + 1) end
  end
end
print(grid:distances(1)[side * side], grid:distances(side * side // 2)[1])
print(graph:components())
