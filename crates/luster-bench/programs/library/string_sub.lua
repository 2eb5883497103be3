-- string.sub: bytes, prefixes, suffixes and longer pieces of a text.
local text = ("The quick brown fox jumps over the lazy dog. "):rep(20)
local length = #text
local sum = 0
for i = 1, 5000 do
  for j = 1, length, 9 do
    local c = string.sub(text, j, j)
    if c == "q" then sum = sum + 1 end
    sum = sum + #text:sub(j, j + 9)
  end
  sum = sum + #text:sub(-10) + #text:sub(1, -5) + #text:sub(5, 200) + #text:sub(2000)
end
local line = "set variable to value"
for i = 1, 1000000 do
  if line:sub(1, 4) == "set " and line:sub(-5, -1) == "value" then sum = sum + #line:sub(5) end
end
print(sum)
