-- Matrices as arrays of arrays.
local function matrix(n, f)
  local m = {}
  for i = 1, n do
    local row = {}
    for j = 1, n do row[j] = f(i, j) end
    m[i] = row
  end
  return m
end
local function multiply(a, b, n)
  return matrix(n, function(i, j)
    local row, sum = a[i], 0
    for k = 1, n do sum = sum + row[k] * b[k][j] end
    return sum
  end)
end
local n = 130
local a = matrix(n, function(i, j) return (i * 3 + j * 5) % 11 end)
local b = matrix(n, function(i, j) return ((i ~ j) % 13) / 4 end)
local c = multiply(a, b, n)
for _ = 1, 3 do
  c = multiply(a, b, n)
  a[1][1] = a[1][1] + 1
end
local d = multiply(a, a, n)
local trace = 0
for i = 1, n do trace = trace + c[i][i] + d[i][n - i + 1] end
print(string.format("%.4f %.4f", trace, c[n][1]))
