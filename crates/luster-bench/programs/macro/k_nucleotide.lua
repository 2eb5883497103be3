-- bench: alloc
-- Counts the pieces of a generated DNA string: substrings as keys, counts sorted for the report.
local seed = 42
local function random()
  seed = (seed * 3877 + 29573) % 139968
  return seed / 139968
end
local bases = {}
for i = 1, 100000 do
  local r = random()
  bases[i] = r < 0.303 and "A" or r < 0.501 and "C" or r < 0.699 and "G" or "T"
end
local dna = table.concat(bases)
local function count(length)
  local counts = {}
  for i = 1, #dna - length + 1 do
    local piece = dna:sub(i, i + length - 1)
    counts[piece] = (counts[piece] or 0) + 1
  end
  return counts
end
for length = 1, 2 do
  local counts = count(length)
  local pieces = {}
  for piece in pairs(counts) do pieces[#pieces + 1] = piece end
  table.sort(pieces, function(a, b)
    if counts[a] ~= counts[b] then return counts[a] > counts[b] end
    return a < b
  end)
  for _, piece in ipairs(pieces) do
    print(string.format("%s %.3f", piece, counts[piece] * 100 / (#dna - length + 1)))
  end
end
local sequence = "GGTATTTTAATTTATAGTCCATAGG"
for _, length in ipairs({ 3, 4, 6, 8, 10, 12, 14, 18 }) do
  local counts = count(length)
  local different, most = 0, 0
  for _, n in pairs(counts) do
    different = different + 1
    if n > most then most = n end
  end
  print(length, different, most, counts[sequence:sub(1, length)] or 0)
end
local complement = { A = "T", C = "G", G = "C", T = "A" }
local other = dna:reverse():gsub(".", complement)
print(#other, other:sub(1, 40), (select(2, other:gsub("GAT", ""))))
