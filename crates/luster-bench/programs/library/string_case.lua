-- string.upper, lower, reverse and len: words and a text.
local words = { "Lua", "luster", "Hello World", "a longer piece of text, of several words and signs" }
local text = ("The Quick Brown Fox. "):rep(100)
local sum = 0
for i = 1, 200000 do
  for j = 1, #words do
    local word = words[j]
    sum = sum + #word:upper() + #word:lower() + word:len()
  end
  sum = sum + #string.reverse("abcdef")
end
for i = 1, 6000 do
  sum = sum + #text:upper() + #text:lower() + #text:reverse()
end
print(sum)
