-- LU decomposition with partial pivoting, solving, determinant: float arrays in nested loops.
local function random_matrix(n, seed)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do
      seed = (seed * 1103515245 + 12345) & 0x7fffffff
      row[j] = (seed >> 8) % 2000 / 100 - 10
    end
    m[i] = row
  end
  return m
end
local function copy(m)
  local c = {}
  for i = 1, #m do c[i] = table.move(m[i], 1, #m[i], 1, {}) end
  return c
end
local function decompose(a)
  local n, sign = #a, 1
  local order = {}
  for i = 1, n do order[i] = i end
  for k = 1, n do
    local pivot, size = k, math.abs(a[k][k])
    for i = k + 1, n do
      local v = math.abs(a[i][k])
      if v > size then pivot, size = i, v end
    end
    if pivot ~= k then
      a[k], a[pivot] = a[pivot], a[k]
      order[k], order[pivot] = order[pivot], order[k]
      sign = -sign
    end
    local top = a[k]
    local inverse = 1 / top[k]
    for i = k + 1, n do
      local row = a[i]
      local f = row[k] * inverse
      row[k] = f
      for j = k + 1, n do row[j] = row[j] - f * top[j] end
    end
  end
  return order, sign
end
local function solve(lu, order, b)
  local n, x = #lu, {}
  for i = 1, n do
    local sum, row = b[order[i]], lu[i]
    for j = 1, i - 1 do sum = sum - row[j] * x[j] end
    x[i] = sum
  end
  for i = n, 1, -1 do
    local sum, row = x[i], lu[i]
    for j = i + 1, n do sum = sum - row[j] * x[j] end
    x[i] = sum / row[i]
  end
  return x
end
local n = 130
local worst = 0
for round = 1, 12 do
  local a = random_matrix(n, round)
  local lu = copy(a)
  local order, sign = decompose(lu)
  local log = 0.0
  for i = 1, n do
    log = log + math.log(math.abs(lu[i][i]))
    if lu[i][i] < 0 then sign = -sign end
  end
  for s = 1, 10 do
    local b = {}
    for i = 1, n do b[i] = (i * s) % 17 - 8 end
    local x = solve(lu, order, b)
    for i = 1, n do
      local sum, row = -b[i], a[i]
      for j = 1, n do sum = sum + row[j] * x[j] end
      worst = math.max(worst, math.abs(sum))
    end
  end
  print(round, sign, string.format("%.6f", log))
end
print(worst < 1e-6)
