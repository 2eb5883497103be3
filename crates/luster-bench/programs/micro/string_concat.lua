-- bench: alloc
-- The concatenation operator: strings that grow in a loop, short pieces, numbers among them.
local total = 0
for round = 1, 25 do
  local s = ""
  for i = 1, 4000 do s = s .. "xy" end
  total = total + #s + round
end
local last
for i = 1, 700000 do
  last = "item " .. i .. ": " .. (i & 15) .. ";"
  total = total + #last
end
local a, b = "left", "right"
for i = 1, 1000000 do
  local s = a .. "-" .. b
  total = total + #s
end
print(total, last)
