-- table.concat: a few pieces, many pieces, numbers, ranges, with and without a separator.
local few = { "a", "few", "words" }
local many, numbers = {}, {}
for i = 1, 2000 do
  many[i] = "piece" .. i
  numbers[i] = i * 3
end
local sum = 0
for i = 1, 400000 do
  sum = sum + #table.concat(few) + #table.concat(few, ", ")
end
for i = 1, 900 do
  sum = sum + #table.concat(many) + #table.concat(many, "\n") + #table.concat(numbers, ",")
  sum = sum + #table.concat(many, " ", 100, 300)
end
print(sum)
