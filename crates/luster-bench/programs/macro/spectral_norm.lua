-- The largest singular value of an endless matrix, by power iteration: float loops and small calls.
local function entry(i, j)
  local d = i + j
  return 1.0 / ((d - 1) * (d - 2) / 2 + i)
end
local function times(v, out, n)
  for i = 1, n do
    local sum = 0.0
    for j = 1, n do sum = sum + entry(i, j) * v[j] end
    out[i] = sum
  end
end
local function times_transposed(v, out, n)
  for i = 1, n do
    local sum = 0.0
    for j = 1, n do sum = sum + entry(j, i) * v[j] end
    out[i] = sum
  end
end
local n = 320
local u, v, t = {}, {}, {}
for i = 1, n do u[i] = 1.0 end
for _ = 1, 10 do
  times(u, t, n)
  times_transposed(t, v, n)
  times(v, t, n)
  times_transposed(t, u, n)
end
local uv, vv = 0.0, 0.0
for i = 1, n do
  uv = uv + u[i] * v[i]
  vv = vv + v[i] * v[i]
end
print(string.format("%.9f", math.sqrt(uv / vv)))
