-- string.gsub with a function: Lua functions and built-ins, short and long subjects.
local text = ("the quick brown fox %41 jumps over 12 lazy dogs%21 "):rep(16)
local function unescape(digits) return string.char(tonumber(digits, 16)) end
local function capitalize(first, rest) return first:upper() .. rest end
local function double(number) return number * 2 end
local count = 0
local function see() count = count + 1 end
local sum = 0
for i = 1, 1400 do
  sum = sum + #text:gsub("%%(%x%x)", unescape)
  sum = sum + #text:gsub("(%a)(%a*)", capitalize)
  sum = sum + #text:gsub("%d+", double)
  sum = sum + #text:gsub("%a+", see)
  sum = sum + #text:gsub("%l+", string.upper)
end
for i = 1, 200000 do
  sum = sum + #string.gsub("a%20b", "%%(%x%x)", unescape) + #string.gsub("none", "%%(%x%x)", unescape)
end
print(sum, count)
