-- Global variables and functions of the standard libraries that are looked up in every round.
counter = 0
limit = 1000
function bump(n)
  counter = counter + n
  if counter > limit then counter = counter - limit end
end
local sum = 0
for i = 1, 2500000 do
  bump(i % 7)
  sum = sum + math.max(counter, i & 511) + math.abs(-counter)
end
print(counter, sum)
