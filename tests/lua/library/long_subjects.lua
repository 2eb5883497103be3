-- Patterns and long strings: scans and copies are done in portions there, which must not show.
local a, b, c = ("x"):rep(300000), ("y"):rep(400001), ("z"):rep(131073)

-- Scans that cross portions.
local s = a .. b .. c
print(s:find("x*y"), s:find("z+"), s:find("[^xy]")) -- expect: 1 700002 700002 700002
print(s:find("y.-z"), s:find("^.*y")) -- expect: 300001 1 700001
print(s:find("q"), s:find("[%d]"), s:find("^.-q"), s:find("^.*q"), s:find("^x+$")) -- expect: nil nil nil nil nil
print(s:find("x-y+z+$")) -- expect: 1 831074
print(("(" .. a .. "(" .. b .. ")" .. a .. ")" .. c):find("%b()")) -- expect: 1 1000005
print(("(" .. a .. "(" .. b .. ")"):find("%b()")) -- expect: 300002 700004
print(select("#", (b .. b):find("^(y+)%1$")), #(b .. b):match("^(y+)%1$")) -- expect: 3 400001
print(select(2, (b .. "x" .. b):match("^(y+)x%1()$"))) -- expect: 800004
print((b .. "x" .. b:sub(2) .. "z"):match("^(y+)x%1()$")) -- expect: nil
for word in s:gmatch("[xz]+") do print(#word) end
-- expect: 300000
-- expect: 131073

-- Copies of the subject, of replacements and of captures, in their order.
local function check(subject, pattern, replacement, expected, expected_count)
  local replaced, count = subject:gsub(pattern, replacement)
  print(replaced == expected and count == expected_count)
end
local dotted = a .. "." .. b .. "." .. c
check(dotted, "%.", "-", a .. "-" .. b .. "-" .. c, 2) -- expect: true
check(dotted, "%.", c, a .. c .. b .. c .. c, 2) -- expect: true
check(dotted, "%.", c .. "%%" .. c .. "[%0]" .. b, a .. c .. "%" .. c .. "[.]" .. b .. b .. c .. "%" .. c .. "[.]" .. b .. c, 2) -- expect: true
check(dotted, "%.", { ["."] = b }, a .. b .. b .. b .. c, 2) -- expect: true
check(dotted, "%.", function() return c end, a .. c .. b .. c .. c, 2) -- expect: true
check(dotted, "%.", function() end, dotted, 2) -- expect: true
check(dotted, "%a+", "<%0>", "<" .. a .. ">.<" .. b .. ">.<" .. c .. ">", 3) -- expect: true
check(dotted, "(%a+)(%.?)", "%2%1%1", "." .. a .. a .. "." .. b .. b .. c .. c, 3) -- expect: true
check(dotted, "(%a)%a+()", "%2%1", "300001x.700003y.831077z", 3) -- expect: true
check(dotted, "%a+", { [b] = "b" }, a .. ".b." .. c, 3) -- expect: true
check(dotted, "%a+", function(x) return x == c and a or nil end, a .. "." .. b .. "." .. a, 3) -- expect: true
print(dotted:gsub("%.", c, 1) == a .. c .. b .. "." .. c) -- expect: true
print(dotted:gsub("%.", c, 0) == dotted) -- expect: true
check(dotted, "^x", "", dotted:sub(2), 1) -- expect: true
check("abc", "()", ("%1"):rep(100000), ("1"):rep(100000) .. "a" .. ("2"):rep(100000) .. "b" .. ("3"):rep(100000) .. "c" .. ("4"):rep(100000), 4) -- expect: true
check("abc", "(z*)%a", ("%1"):rep(200000) .. "%0", "abc", 3) -- expect: true
print(pcall(string.gsub, dotted, "%.", c .. "%" .. c)) -- expect: false invalid use of '%' in replacement string
print(pcall(string.gsub, dotted, "%.", c .. "%2")) -- expect: false invalid capture index %2
