-- Conway's game of life: once on a grid of arrays that wraps round, once on a set of living cells.
local width, height = 64, 48
local function new_grid()
  local grid = {}
  for y = 1, height do
    local row = {}
    for x = 1, width do row[x] = 0 end
    grid[y] = row
  end
  return grid
end
local function step(from, to)
  local alive = 0
  for y = 1, height do
    local above, row, below = from[(y - 2) % height + 1], from[y], from[y % height + 1]
    local out = to[y]
    for x = 1, width do
      local l, r = (x - 2) % width + 1, x % width + 1
      local n = above[l] + above[x] + above[r] + row[l] + row[r] + below[l] + below[x] + below[r]
      local cell = (n == 3 or (n == 2 and row[x] == 1)) and 1 or 0
      out[x] = cell
      alive = alive + cell
    end
  end
  return alive
end
local grid, other = new_grid(), new_grid()
local seed = 3
for y = 1, height do
  for x = 1, width do
    seed = (seed * 1103515245 + 12345) & 0x7fffffff
    grid[y][x] = (seed >> 16) % 3 == 0 and 1 or 0
  end
end
local total = 0
for _ = 1, 600 do
  total = total + step(grid, other)
  grid, other = other, grid
end
local rows = {}
for y = 1, 4 do rows[y] = table.concat(grid[y]) end
print(total)
print(table.concat(rows, "\n"))

-- The endless plane: a cell is the integer x * 2^20 + y.
local cells = {}
for i, p in ipairs({ { 1, 0 }, { 3, 1 }, { 0, 2 }, { 1, 2 }, { 4, 2 }, { 5, 2 }, { 6, 2 } }) do
  cells[(p[1] + 500) << 20 | (p[2] + 500)] = true
end
local offsets = {}
for dx = -1, 1 do
  for dy = -1, 1 do
    if dx ~= 0 or dy ~= 0 then offsets[#offsets + 1] = (dx << 20) + dy end
  end
end
for _ = 1, 600 do
  local neighbours = {}
  for cell in pairs(cells) do
    for i = 1, 8 do
      local k = cell + offsets[i]
      neighbours[k] = (neighbours[k] or 0) + 1
    end
  end
  local next_cells = {}
  for cell, n in pairs(neighbours) do
    if n == 3 or (n == 2 and cells[cell]) then next_cells[cell] = true end
  end
  cells = next_cells
end
local count, sum = 0, 0
for cell in pairs(cells) do
  count = count + 1
  sum = sum + (cell >> 20) * 3 + (cell & 0xfffff)
end
print(count, sum)
