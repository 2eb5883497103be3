-- string.rep: short and long results, one byte or several, with and without a separator.
local sum = 0
for i = 1, 250000 do
  sum = sum + #string.rep(" ", i % 20) + #string.rep("ab", 4) + #string.rep("?", 3, ", ")
end
for i = 1, 12000 do
  sum = sum + #string.rep("x", 2000) + #string.rep("0123456789", 150) + #string.rep("col", 100, ",")
end
for i = 1, 100 do
  sum = sum + #("some text "):rep(50000)
end
print(sum)
