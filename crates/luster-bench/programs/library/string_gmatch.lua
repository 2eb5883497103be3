-- string.gmatch: words, pairs and numbers of a text, and many short subjects.
local text = ("The quick brown fox, at 12 o'clock, jumps over 3 lazy dogs; x=10, y=20. "):rep(20)
local sum = 0
for i = 1, 800 do
  for word in text:gmatch("%a+") do sum = sum + #word end
  for key, value in string.gmatch(text, "(%w+)=(%w+)") do sum = sum + #key + value end
  for number in text:gmatch("%d+") do sum = sum + #number end
  for at in text:gmatch("()[,;.]") do sum = sum + at end
end
local fields = { "a,b,c", "one,two,three,four", "", "1,22,333" }
for i = 1, 60000 do
  for j = 1, #fields do
    for field in fields[j]:gmatch("[^,]+") do sum = sum + #field end
  end
end
print(sum)
