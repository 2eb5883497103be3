-- string.find: plain text and patterns, short and long subjects, hits and misses, from a position on.
local words = {}
for i = 1, 64 do words[i] = "key" .. i .. "=value" .. i * 7 end
local long = table.concat(words, "; ")
local sum = 0
for i = 1, 12000 do
  for j = 1, 16 do
    local word = words[j]
    sum = sum + string.find(word, "=", 1, true)
    sum = sum + (string.find(word, "%d+") or 0)
    local from, to = word:find("value")
    sum = sum + from + to
    if word:find("none", 1, true) or word:find("^%s") then sum = -1 end
    local a, b, key, value = word:find("^(%w+)=(%w+)$")
    sum = sum + b - a + #key + #value
  end
end
for i = 1, 9000 do
  sum = sum + long:find("value441", 1, true) + long:find("key64=%a+")
  if long:find("no such text", 1, true) or long:find("value%a") then sum = -1 end
  local at, count = 1, 0
  while count < 20 do
    at = long:find(";", at, true) + 1
    count = count + 1
  end
  sum = sum + at
end
print(sum)
