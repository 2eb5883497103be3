-- string.gsub with a string: literal and with captures, short and long subjects, hits and misses.
local text = ("one two  three; name=value, other = thing <b>&amp;</b>\n"):rep(16)
local short = { " trimmed  ", "a.b.c", "no match here", "x%y" }
local sum = 0
for i = 1, 1500 do
  sum = sum + #text:gsub("%s+", " ")
  sum = sum + #text:gsub("(%w+)%s*=%s*(%w+)", "%2=%1")
  sum = sum + #text:gsub("&", "&amp;")
  sum = sum + select(2, text:gsub("nothing", "something"))
  sum = sum + #text:gsub("%w+", "<%0>", 20)
end
for i = 1, 80000 do
  for j = 1, #short do
    local s = short[j]
    sum = sum + #s:gsub("^%s+", "") + #s:gsub("%.", "/") + #s:gsub("%%", "%%%%")
  end
end
print(sum)
