-- bench: alloc
-- LZW compression and expansion of generated text: string keys, concatenation, arrays of codes.
local function compress(text)
  local codes, size = {}, 256
  for i = 0, 255 do codes[string.char(i)] = i end
  local out, current = {}, ""
  for i = 1, #text do
    local c = text:sub(i, i)
    local longer = current .. c
    if codes[longer] then
      current = longer
    else
      out[#out + 1] = codes[current]
      codes[longer] = size
      size = size + 1
      current = c
    end
  end
  if current ~= "" then out[#out + 1] = codes[current] end
  return out
end
local function expand(codes)
  local words, size = {}, 256
  for i = 0, 255 do words[i] = string.char(i) end
  local previous = words[codes[1]]
  local out = { previous }
  for i = 2, #codes do
    local entry = words[codes[i]] or previous .. previous:sub(1, 1)
    out[#out + 1] = entry
    words[size] = previous .. entry:sub(1, 1)
    size = size + 1
    previous = entry
  end
  return table.concat(out)
end
local seed = 5
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local words = { "lorem", "ipsum", "dolor", "sit", "amet", "consectetur", "adipiscing", "elit", "sed", "do" }
local parts = {}
for i = 1, 40000 do parts[i] = words[random(#words) + 1] end
local text = table.concat(parts, " ")
local hash, length = 0, 0
for round = 1, 5 do
  local codes = compress(text)
  assert(expand(codes) == text)
  length = length + #codes
  for i = 1, #codes do hash = (hash * 31 + codes[i] + round) & 0xffffffff end
  text = text:sub(2) .. words[round]
end
print(#text, length, hash)
