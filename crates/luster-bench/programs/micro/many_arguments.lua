-- Calls with many arguments and many results, and with too few and too many of both.
local function rotate(a, b, c, d, e, f, g, h)
  return b, c, d, e, f, g, h, a + 1
end
local function twelve(a, b, c, d, e, f, g, h, i, j, k, l)
  return a + b - c + d - e + f - g + h - i + j - k + l
end
local function optional(a, b, c, d)
  if d then return 4 elseif c then return 3 elseif b then return 2 end
  return 1
end
local a, b, c, d, e, f, g, h = 1, 2, 3, 4, 5, 6, 7, 8
local sum, given = 0, 0
for i = 1, 2000000 do
  a, b, c, d, e, f, g, h = rotate(a, b, c, d, e, f, g, h)
  sum = sum + twelve(i, a, b, c, d, e, f, g, h, i, a, b)
  given = given + optional(i) + optional(i, i, i) + optional(i, i, i, i, i, i)
end
print(a, b, c, d, e, f, g, h, sum, given)
