-- io.write and file:write: short pieces, numbers, lines and long strings.
local name = os.tmpname()
local file = assert(io.open(name, "w"))
local standard = io.output()
io.output(file)
local write = io.write
for i = 1, 250000 do
  write("item ", i, "\n")
  file:write("another item: ", "text", "\n")
end
for i = 1, 60000 do write(i / 8, " ", i / 7, "\n") end
local long = ("some text "):rep(1000)
for i = 1, 500 do write(long) end
io.output(standard)
local size = file:seek("end")
file:close()
os.remove(name)
print(size)
