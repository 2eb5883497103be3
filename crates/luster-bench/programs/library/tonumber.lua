-- tonumber: integers, floats, hexadecimal and other bases, what is no number, and numbers.
local tonumber = tonumber
local texts = { "7", "1234567", "-42", " 12 ", "3.25", "0x1F", "1e10", "0.1", "123456.789" }
local sum = 0
for i = 1, 220000 do
  for j = 1, #texts do sum = sum + tonumber(texts[j]) end
  sum = sum + tonumber("ff", 16) + tonumber("1010", 2) + tonumber(i)
  if tonumber("text") or tonumber("12x") or tonumber("") then sum = -1 end
end
print(string.format("%.3f", sum))
