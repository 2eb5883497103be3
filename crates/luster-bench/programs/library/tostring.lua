-- tostring: integers, floats, strings, booleans, and tables that say how.
local tostring = tostring
local class = setmetatable({}, { __tostring = function() return "object" end })
local sum = 0
for i = 1, 350000 do
  sum = sum + #tostring(i) + #tostring(i * 1000003) + #tostring("text") + #tostring(i > 5)
  sum = sum + #tostring(class) + #tostring(nil)
end
for i = 1, 100000 do
  sum = sum + #tostring(i / 8) + #tostring(i / 7) + #tostring(i + 0.0)
end
print(sum)
