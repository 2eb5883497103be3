-- All solutions of the queens problem: once with arrays of flags, once with bit masks.
local function with_arrays(n)
  local columns, up, down, rows = {}, {}, {}, {}
  local solutions, weight = 0, 0
  local function place(row)
    if row > n then
      solutions = solutions + 1
      for i = 1, n do weight = (weight * 7 + rows[i]) & 0xffffff end
      return
    end
    for c = 1, n do
      if not columns[c] and not up[row + c] and not down[row - c + n] then
        columns[c], up[row + c], down[row - c + n] = true, true, true
        rows[row] = c
        place(row + 1)
        columns[c], up[row + c], down[row - c + n] = false, false, false
      end
    end
  end
  place(1)
  return solutions, weight
end
local function with_bits(n)
  local all = (1 << n) - 1
  local function place(columns, left, right)
    if columns == all then return 1 end
    local count = 0
    local free = all & ~(columns | left | right)
    while free ~= 0 do
      local bit = free & -free
      free = free ~ bit
      count = count + place(columns | bit, (left | bit) << 1, (right | bit) >> 1)
    end
    return count
  end
  return place(0, 0, 0)
end
for n = 6, 10 do print(n, with_arrays(n)) end
print(with_bits(11), with_bits(12), with_bits(13))
