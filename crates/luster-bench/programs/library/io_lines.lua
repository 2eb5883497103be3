-- io.lines and file:read: a file by lines, with their ends, by numbers, by blocks and as a whole.
local name = os.tmpname()
local file = assert(io.open(name, "w"))
for i = 1, 20000 do
  file:write("line ", i, i % 10 == 0 and " with some more text at its end, for a longer line" or "", "\n")
end
file:write(("x"):rep(100000), "\n")
file:close()
local sum = 0
for round = 1, 12 do
  for line in io.lines(name) do sum = sum + #line end
  for line in io.lines(name, "L") do sum = sum + #line end
  local input = assert(io.open(name))
  while true do
    local line = input:read()
    if not line then break end
    sum = sum + #line
  end
  input:seek("set")
  for block in input:lines(4096) do sum = sum + #block end
  input:seek("set")
  sum = sum + #input:read("a")
  input:close()
end
local output = assert(io.open(name, "w"))
for i = 1, 20000 do output:write(i, " ", i / 4, "\n") end
output:close()
for round = 1, 3 do
  for a, b in io.lines(name, "n", "n") do sum = sum + a + b end
end
os.remove(name)
print(sum)
