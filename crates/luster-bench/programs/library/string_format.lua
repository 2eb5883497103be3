-- string.format: the conversions that programs use most, a few at a time.
local sum = 0
local last
for i = 1, 70000 do
  local a = string.format("%d", i)
  local b = string.format("%s: %s", "key", i)
  local c = string.format("%5d|%-8s|%05d|%x", i % 1000, "ab", i % 77, i)
  local d = string.format("%.2f", i / 7)
  local e = string.format("%g %8.3f %.14g", i / 4, i / 3, i)
  local f = ("%q %c%%"):format("line\n", 65 + i % 26)
  sum = sum + #a + #b + #c + #d + #e + #f
  last = e
end
print(sum, last)
