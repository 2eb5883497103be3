-- The Mandelbrot set as a bitmap: float loops, bits packed to bytes, rows joined to strings.
local size, limit = 520, 50
local hash, inside = 5381, 0
for y = 0, size - 1 do
  local ci = 2.0 * y / size - 1.0
  local row, byte, bits = {}, 0, 0
  for x = 0, size - 1 do
    local cr = 2.0 * x / size - 1.5
    local zr, zi, r2, i2 = 0.0, 0.0, 0.0, 0.0
    local n = 0
    while n < limit and r2 + i2 <= 4.0 do
      zi = 2.0 * zr * zi + ci
      zr = r2 - i2 + cr
      r2, i2 = zr * zr, zi * zi
      n = n + 1
    end
    byte = byte << 1
    if n == limit then
      byte = byte | 1
      inside = inside + 1
    end
    bits = bits + 1
    if bits == 8 or x == size - 1 then
      row[#row + 1] = string.char(byte << (8 - bits))
      byte, bits = 0, 0
    end
  end
  local line = table.concat(row)
  for i = 1, #line do hash = (hash * 33 + line:byte(i)) & 0xffffffff end
end
print(inside, hash)
