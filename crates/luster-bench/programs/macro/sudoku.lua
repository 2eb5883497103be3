-- Sudoku by constraint propagation and search: sets of candidates as bit masks, undone by copying.
local peers, units = {}, {}
for cell = 1, 81 do
  local r, c = (cell - 1) // 9, (cell - 1) % 9
  local row, column, box, seen, list = {}, {}, {}, {}, {}
  for other = 1, 81 do
    local r2, c2 = (other - 1) // 9, (other - 1) % 9
    if r2 == r then row[#row + 1] = other end
    if c2 == c then column[#column + 1] = other end
    if r2 // 3 == r // 3 and c2 // 3 == c // 3 then box[#box + 1] = other end
  end
  units[cell] = { row, column, box }
  for _, unit in ipairs(units[cell]) do
    for _, other in ipairs(unit) do
      if other ~= cell and not seen[other] then
        seen[other] = true
        list[#list + 1] = other
      end
    end
  end
  peers[cell] = list
end
local bits = {}
for mask = 0, 511 do
  local n, m = 0, mask
  while m ~= 0 do
    m = m & (m - 1)
    n = n + 1
  end
  bits[mask] = n
end

local nodes = 0
local eliminate
local function assign(board, cell, bit)
  local others = board[cell] & ~bit
  while others ~= 0 do
    local other = others & -others
    others = others ~ other
    if not eliminate(board, cell, other) then return false end
  end
  return true
end
function eliminate(board, cell, bit)
  local mask = board[cell]
  if mask & bit == 0 then return true end
  mask = mask & ~bit
  board[cell] = mask
  if mask == 0 then return false end
  if mask & (mask - 1) == 0 then
    local list = peers[cell]
    for i = 1, #list do
      if not eliminate(board, list[i], mask) then return false end
    end
  end
  for _, unit in ipairs(units[cell]) do
    local place, count = 0, 0
    for i = 1, 9 do
      if board[unit[i]] & bit ~= 0 then
        count = count + 1
        place = unit[i]
        if count > 1 then break end
      end
    end
    if count == 0 then return false end
    if count == 1 and not assign(board, place, bit) then return false end
  end
  return true
end
local function search(board)
  nodes = nodes + 1
  local best, fewest = nil, 10
  for cell = 1, 81 do
    local n = bits[board[cell]]
    if n > 1 and n < fewest then best, fewest = cell, n end
  end
  if not best then return board end
  local choices = board[best]
  while choices ~= 0 do
    local bit = choices & -choices
    choices = choices ~ bit
    local copy = table.move(board, 1, 81, 1, {})
    if assign(copy, best, bit) then
      local solved = search(copy)
      if solved then return solved end
    end
  end
  return nil
end
local digit_of = {}
for d = 1, 9 do digit_of[1 << (d - 1)] = d end
local function solve(puzzle)
  local board = {}
  for cell = 1, 81 do board[cell] = 511 end
  for cell = 1, 81 do
    local d = puzzle:byte(cell) - 48
    if d > 0 and not assign(board, cell, 1 << (d - 1)) then return nil end
  end
  board = search(board)
  if not board then return nil end
  local out = {}
  for cell = 1, 81 do out[cell] = digit_of[board[cell]] end
  return table.concat(out)
end

-- The puzzles are a full grid with cells taken away by a generator of random numbers.
local seed = 2024
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local full = {}
for cell = 0, 80 do
  local r, c = cell // 9, cell % 9
  full[cell + 1] = (r * 3 + r // 3 + c) % 9 + 1
end
local hash, solved = 0, 0
for _ = 1, 400 do
  local cells = table.move(full, 1, 81, 1, {})
  for _ = 1, 110 do cells[random(81) + 1] = 0 end
  local result = solve(table.concat(cells))
  if result then
    solved = solved + 1
    for i = 1, 81 do hash = (hash * 11 + result:byte(i)) & 0xffffffff end
  end
end
print(solved, nodes, hash)
print(solve("800000000003600000070090200050007000000045700000100030001000068008500010090000400"))
print(solve("110000000" .. ("0"):rep(72)))
