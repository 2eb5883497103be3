-- bench: alloc
-- string.format with the conversions that programs use most.
local total = 0
local last
for i = 1, 90000 do
  local a = string.format("%d %5d %05d %x", i, i % 1000, i % 77, i)
  local b = string.format("%s=%s;%-8s|", "key", i, "ab")
  local c = string.format("%.2f %8.3f %g", i / 7, i / 3, i / 4)
  total = total + #a + #b + #c
  last = c
end
for i = 1, 25000 do
  local q = string.format("%q %c %i%%", "line\n" .. i, 65 + i % 26, i % 100)
  total = total + #q
end
print(total, last)
