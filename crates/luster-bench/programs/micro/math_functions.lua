-- Functions of the math library, called through locals and through the global table.
local floor, sqrt, sin, max = math.floor, math.sqrt, math.sin, math.max
local sum, whole = 0.0, 0
for i = 1, 1600000 do
  sum = sum + sqrt(i) + sin(i & 255)
  whole = whole + floor(i / 3) + max(i & 7, 3, i % 5)
end
for i = 1, 600000 do
  whole = whole + math.tointeger(i * 1.0) + math.min(i, 500)
  if math.type(i / 2) == "float" and math.ult(i, -1) then whole = whole + 1 end
  sum = sum + math.abs(-0.5 * i) + math.fmod(i, 7)
end
print(string.format("%.6f", sum), whole)
