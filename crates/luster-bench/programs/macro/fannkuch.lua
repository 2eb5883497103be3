-- Pancake flips over all permutations: small integer arrays that are reversed and rotated.
local function fannkuch(n)
  local perm, current, count = {}, {}, {}
  for i = 1, n do
    current[i] = i
    count[i] = i
  end
  local most, checksum, sign = 0, 0, 1
  while true do
    local first = current[1]
    if first ~= 1 then
      for i = 1, n do perm[i] = current[i] end
      local flips = 0
      repeat
        local i, j = 1, first
        while i < j do
          perm[i], perm[j] = perm[j], perm[i]
          i, j = i + 1, j - 1
        end
        flips = flips + 1
        first = perm[1]
      until first == 1
      if flips > most then most = flips end
      checksum = checksum + sign * flips
    end
    -- The next permutation: rotate ever longer prefixes until one has not come round yet.
    sign = -sign
    local r = 2
    while true do
      if r > n then return checksum, most end
      local head = current[1]
      for i = 1, r - 1 do current[i] = current[i + 1] end
      current[r] = head
      count[r] = count[r] - 1
      if count[r] > 0 then break end
      count[r] = r
      r = r + 1
    end
  end
end
for n = 5, 9 do print(n, fannkuch(n)) end
