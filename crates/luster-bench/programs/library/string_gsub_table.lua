-- string.gsub with a table: escaping and templates, short and long subjects.
local escapes = { ["<"] = "&lt;", [">"] = "&gt;", ["&"] = "&amp;", ['"'] = "&quot;" }
local variables = { name = "luster", version = 5.5, user = "somebody", count = 12 }
local html = ('<a href="x">text & more text</a>, and a longer piece without anything.\n'):rep(16)
local template = ("Dear ${user}, ${name} ${version} has ${count} ${things}.\n"):rep(16)
local sum = 0
for i = 1, 3000 do
  sum = sum + #html:gsub('[<>&"]', escapes)
  sum = sum + #template:gsub("%${(%w+)}", variables)
  sum = sum + #template:gsub("%w+", variables)
end
for i = 1, 180000 do
  sum = sum + #string.gsub("a < b", '[<>&"]', escapes) + #string.gsub("plain", '[<>&"]', escapes)
end
print(sum)
