-- string.char: one byte, a few, and as many as a call takes.
local char = string.char
local sum = 0
for i = 1, 1200000 do
  sum = sum + #char(i & 0xff) + #char(65 + (i & 15), 66, 67)
end
for i = 1, 500000 do
  sum = sum + #char(i & 0xff, i >> 8 & 0xff, i >> 16, 0, 104, 101, 108, 108, 111, 33)
end
local codes = {}
for i = 1, 100 do codes[i] = 32 + i % 90 end
for i = 1, 30000 do
  sum = sum + #char(table.unpack(codes))
end
print(sum)
