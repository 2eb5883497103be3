-- SHA-256: 32-bit arithmetic on 64-bit integers, rotations, blocks unpacked from strings.
-- The constants are the first bits of the fractional parts of roots of primes, and computed here.
local function fraction_bits(n, power)
  -- The root of n * 2^(32 * power) by bisection in exact integers, as n itself is small.
  local low, high = 0, 1 << 37
  local function too_big(x)
    if power == 2 then
      -- x^2 > n * 2^64, compared by halves.
      local a, b = x >> 32, x & 0xffffffff
      local hi, lo = a * a, b * b
      local mid = 2 * a * b + (lo >> 32)
      return hi + (mid >> 32) >= n
    end
    -- x^3 > n * 2^96, with 20-bit limbs.
    local limbs = { x & 0xfffff, x >> 20 }
    local function multiply(p)
      local r = {}
      for i = 1, #p + 2 do r[i] = 0 end
      for i = 1, #p do
        for j = 1, 2 do r[i + j - 1] = r[i + j - 1] + p[i] * limbs[j] end
      end
      for i = 1, #r - 1 do
        r[i + 1] = r[i + 1] + (r[i] >> 20)
        r[i] = r[i] & 0xfffff
      end
      return r
    end
    local cube = multiply(multiply(limbs))
    -- Bit 96 is bit 16 of the fifth limb.
    local top = cube[5] >> 16
    for i = 6, #cube do top = top + (cube[i] << (20 * (i - 6) + 4)) end
    return top >= n
  end
  while high - low > 1 do
    local middle = (low + high) // 2
    if too_big(middle) then high = middle else low = middle end
  end
  return low & 0xffffffff
end
local K, H = {}, {}
local candidate = 2
while #K < 64 do
  local prime = true
  for d = 2, candidate - 1 do
    if candidate % d == 0 then prime = false; break end
  end
  if prime then
    if #H < 8 then H[#H + 1] = fraction_bits(candidate, 2) end
    K[#K + 1] = fraction_bits(candidate, 3)
  end
  candidate = candidate + 1
end

local function sha256(message)
  local length = #message
  message = message .. "\x80" .. ("\0"):rep((55 - length) % 64) .. string.pack(">I8", length * 8)
  local h1, h2, h3, h4, h5, h6, h7, h8 = table.unpack(H)
  local w = {}
  for at = 1, #message, 64 do
    for i = 1, 16 do w[i] = string.unpack(">I4", message, at + i * 4 - 4) end
    for i = 17, 64 do
      local x, y = w[i - 15], w[i - 2]
      local s0 = ((x >> 7) | (x << 25)) ~ ((x >> 18) | (x << 14)) ~ (x >> 3)
      local s1 = ((y >> 17) | (y << 15)) ~ ((y >> 19) | (y << 13)) ~ (y >> 10)
      w[i] = (w[i - 16] + (s0 & 0xffffffff) + w[i - 7] + (s1 & 0xffffffff)) & 0xffffffff
    end
    local a, b, c, d, e, f, g, h = h1, h2, h3, h4, h5, h6, h7, h8
    for i = 1, 64 do
      local s1 = ((e >> 6) | (e << 26)) ~ ((e >> 11) | (e << 21)) ~ ((e >> 25) | (e << 7))
      local t1 = h + (s1 & 0xffffffff) + ((e & f) ~ (~e & g)) + K[i] + w[i]
      local s0 = ((a >> 2) | (a << 30)) ~ ((a >> 13) | (a << 19)) ~ ((a >> 22) | (a << 10))
      local t2 = (s0 & 0xffffffff) + ((a & b) ~ (a & c) ~ (b & c))
      h, g, f = g, f, e
      e = (d + t1) & 0xffffffff
      d, c, b = c, b, a
      a = (t1 + t2) & 0xffffffff
    end
    h1, h2, h3, h4 = (h1 + a) & 0xffffffff, (h2 + b) & 0xffffffff, (h3 + c) & 0xffffffff, (h4 + d) & 0xffffffff
    h5, h6, h7, h8 = (h5 + e) & 0xffffffff, (h6 + f) & 0xffffffff, (h7 + g) & 0xffffffff, (h8 + h) & 0xffffffff
  end
  return string.format("%08x%08x%08x%08x%08x%08x%08x%08x", h1, h2, h3, h4, h5, h6, h7, h8)
end

assert(sha256("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
assert(sha256("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
print(sha256(("a"):rep(400000)))
local chain = "seed"
for _ = 1, 4500 do chain = sha256(chain) end
print(chain)
