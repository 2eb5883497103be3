-- bench: alloc
-- string.gsub with a string, a table and a function as replacement.
local text = ("Dear $name, your order $id of $count items (total $sum) is ready.\n"):rep(40)
local values = { name = "Reader", id = "4711", count = "3", sum = "12.50" }
local total = 0
for _ = 1, 300 do
  local s, n = text:gsub("%$(%w+)", values)
  total = total + #s + n
  s, n = text:gsub("%w+", function(w) if #w > 4 then return w:upper() end end)
  total = total + #s + n
  s, n = text:gsub("(%w+) (%w+)", "%2 %1")
  total = total + #s + n
  s, n = text:gsub("[ \n]", "")
  total = total + #s + n
  s, n = text:gsub("$", "!", 1)
  total = total + #s + n
end
for i = 1, 300000 do
  local s = ("  trimmed " .. (i & 7) .. "  "):gsub("^%s+", ""):gsub("%s+$", "")
  total = total + #s
end
print(total)
