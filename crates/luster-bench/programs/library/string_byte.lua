-- string.byte: one byte at a time, and several at once.
local text = ("The quick brown fox jumps over the lazy dog. "):rep(20)
local sum = 0
for i = 1, 4000 do
  for j = 1, #text do sum = sum + string.byte(text, j) end
end
local word = "word"
for i = 1, 800000 do
  local a, b, c, d = word:byte(1, 4)
  sum = sum + a + b + c + d + word:byte() + word:byte(-1)
end
for i = 1, 20000 do
  sum = sum + select("#", text:byte(1, 100))
end
print(sum)
