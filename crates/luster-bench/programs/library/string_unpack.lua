-- string.unpack: integers, floats and strings, single ones and a long string record by record.
local unpack = string.unpack
local one = string.pack("<i4", -7)
local record = string.pack("<i4I2ds1z", -70000, 512, 0.5, "name", "value")
local records = {}
for i = 1, 500 do records[i] = string.pack(">I4hd", i, -i, i / 4) end
local long = table.concat(records)
local sum = 0
for i = 1, 700000 do
  sum = sum + unpack("<i4", one)
  local a, b, c, name, value, at = unpack("<i4I2ds1z", record)
  sum = sum + a + b + c + #name + #value + at
end
for i = 1, 1200 do
  local at = 1
  while at <= #long do
    local a, b, c
    a, b, c, at = unpack(">I4hd", long, at)
    sum = sum + a + b + c
  end
end
print(string.format("%.3f", sum))
