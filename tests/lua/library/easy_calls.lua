-- Easy and not so easy calls of functions that have quick forms: they have to do the same.

local function show(...)
  local values = table.pack(...)
  for i = 1, values.n do
    local value = values[i]
    values[i] = type(value) == "string" and string.format("%q", value) or tostring(value)
  end
  print(table.concat(values, " ", 1, values.n))
end

-- string.sub, at and beyond either end
local text = "abcdef"
show(text:sub(1, 1), text:sub(6), text:sub(7), text:sub(100), text:sub(-100, 2), text:sub(0))
-- expect: "a" "f" "" "" "ab" "abcdef"
show(text:sub(3, 2), text:sub(-1, -6), text:sub(-3, -2), text:sub(2, 100), (""):sub(1, 1))
-- expect: "" "" "de" "bcdef" ""
show(text:sub(math.mininteger, math.maxinteger), text:sub(math.maxinteger), text:sub("2", 3.0))
-- expect: "abcdef" "" "bc"

-- string.rep, upper, lower, reverse
show(("ab"):rep(3), ("x"):rep(5), ("x"):rep(0), ("x"):rep(-1), (""):rep(1000), ("ab"):rep(2, "-"))
-- expect: "ababab" "xxxxx" "" "" "" "ab-ab"
show(("ab"):rep(1, "-"), ("ab"):rep(0, "-"), (""):rep(3, "-"), ("a"):rep(3, ""), ("a"):rep(3, ", "))
-- expect: "ab" "" "--" "aaa" "a, a, a"
show(#("a"):rep(20, "bc"), #("a"):rep(14, "bc"), #("a"):rep(13, "bc"), ("ab"):rep(13, "c"):sub(-6))
-- expect: 58 40 37 "cabcab"
show(#("abc"):rep(13), #("abc"):rep(14), ("abc"):rep(14) == ("abcabc"):rep(7))
-- expect: 39 42 true
show(("aZ-\xe9"):upper() == "AZ-\xe9", ("aZ-\xc9"):lower() == "az-\xc9", ("abc"):reverse(), (""):upper())
-- expect: true true "cba" ""
show(#("aB"):rep(30):upper(), (("aB"):rep(30):lower():gsub("ab", "")))
-- expect: 60 ""

-- table.insert and table.remove, at all positions
local function list(n)
  local result = {}
  for i = 1, n do result[i] = i end
  return result
end
for _, n in ipairs { 0, 1, 3, 40 } do
  for _, at in ipairs { 1, 2, n - 1, n, n + 1 } do
    if at >= 1 and at <= n + 1 then
      local t = list(n)
      table.insert(t, at, "new")
      show(n, at, #t, t[1], t[at], t[#t - 1], t[#t])
      show(table.remove(t, at), #t, t[1], t[#t])
      show(table.remove(t, #t), table.remove(t), #t)
    end
  end
end
-- expect: 0 1 1 "new" "new" nil "new"
-- expect: "new" 0 nil nil
-- expect: nil nil 0
-- expect: 0 1 1 "new" "new" nil "new"
-- expect: "new" 0 nil nil
-- expect: nil nil 0
-- expect: 1 1 2 "new" "new" "new" 1
-- expect: "new" 1 1 1
-- expect: 1 nil 0
-- expect: 1 2 2 1 "new" 1 "new"
-- expect: "new" 1 1 1
-- expect: 1 nil 0
-- expect: 1 1 2 "new" "new" "new" 1
-- expect: "new" 1 1 1
-- expect: 1 nil 0
-- expect: 1 2 2 1 "new" 1 "new"
-- expect: "new" 1 1 1
-- expect: 1 nil 0
-- expect: 3 1 4 "new" "new" 2 3
-- expect: "new" 3 1 3
-- expect: 3 2 1
-- expect: 3 2 4 1 "new" 2 3
-- expect: "new" 3 1 3
-- expect: 3 2 1
-- expect: 3 2 4 1 "new" 2 3
-- expect: "new" 3 1 3
-- expect: 3 2 1
-- expect: 3 3 4 1 "new" "new" 3
-- expect: "new" 3 1 3
-- expect: 3 2 1
-- expect: 3 4 4 1 "new" 3 "new"
-- expect: "new" 3 1 3
-- expect: 3 2 1
-- expect: 40 1 41 "new" "new" 39 40
-- expect: "new" 40 1 40
-- expect: 40 39 38
-- expect: 40 2 41 1 "new" 39 40
-- expect: "new" 40 1 40
-- expect: 40 39 38
-- expect: 40 39 41 1 "new" 39 40
-- expect: "new" 40 1 40
-- expect: 40 39 38
-- expect: 40 40 41 1 "new" "new" 40
-- expect: "new" 40 1 40
-- expect: 40 39 38
-- expect: 40 41 41 1 "new" 40 "new"
-- expect: "new" 40 1 40
-- expect: 40 39 38
show(pcall(table.insert, { 1, 2 }, 4, 0))
-- expect: false "bad argument #2 to 'table.insert' (position out of bounds)"
show(pcall(table.insert, { 1, 2 }, 0, 0))
-- expect: false "bad argument #2 to 'table.insert' (position out of bounds)"
show(pcall(table.insert, { 1, 2 }, math.mininteger, 0), pcall(table.remove, { 1, 2 }, math.mininteger))
-- expect: false false "bad argument #2 to 'table.remove' (position out of bounds)"
show(pcall(function() table.insert({ 1, 2 }, math.mininteger, 0) end))
-- expect: false "easy_calls.lua:106: bad argument #2 to 'insert' (position out of bounds)"
show(pcall(table.insert, { 1, 2 }, 1))
-- expect: true
show(pcall(table.insert, { 1, 2 }, 1, 2, 3))
-- expect: false "wrong number of arguments to 'insert'"
show(pcall(table.remove, { 1, 2 }, 4))
-- expect: false "bad argument #2 to 'table.remove' (position out of bounds)"
show(pcall(table.remove, { 1, 2 }, 0))
-- expect: false "bad argument #2 to 'table.remove' (position out of bounds)"
show(table.remove({ 1, 2 }, 3), table.remove({}), table.remove({}, 0))
-- expect: nil nil nil

-- table.move, with overlaps
show(table.unpack(table.move({ 1, 2, 3, 4, 5 }, 1, 3, 2)))
-- expect: 1 1 2 3 5
show(table.unpack(table.move({ 1, 2, 3, 4, 5 }, 2, 5, 1)))
-- expect: 2 3 4 5 5
show(table.unpack(table.move({ 1, 2, 3 }, 1, 3, 3)))
-- expect: 1 2 1 2 3
show(table.unpack(table.move({ 1, 2, 3 }, 1, 3, 1, {})))
-- expect: 1 2 3
show(table.unpack(table.move({ 1, 2, 3 }, 2, 1, 1, { "kept" })))
-- expect: "kept"
show(#table.move(list(100), 1, 100, 51), #table.move(list(20), 1, 20, 5, {}))
-- expect: 150 24
show(table.move({ [0] = "zero", "one" }, 0, 1, 5)[6])
-- expect: "one"

-- table.concat
show(table.concat({}), table.concat({ "a" }, ", "), table.concat({ "a", "b", "c" }, ", "))
-- expect: "" "a" "a, b, c"
show(table.concat({ 1, 2.5, "x" }, "-"), table.concat({ "a", "b", "c" }, ",", 2), table.concat({ "a" }, 1))
-- expect: "1-2.5-x" "b,c" "a"
show(#table.concat({ ("x"):rep(200), ("y"):rep(56) }), #table.concat({ ("x"):rep(200), ("y"):rep(57) }))
-- expect: 256 257
show(pcall(table.concat, { "a", {}, "c" }))
-- expect: false "invalid value (table) at index 2 in table for 'concat'"
show(pcall(table.concat, { "a", "b" }, {}))
-- expect: false "bad argument #2 to 'table.concat' (string expected, got table)"

-- tostring
show(tostring(nil), tostring(true), tostring(false), tostring(1), tostring(-0.0), tostring("s"))
-- expect: "nil" "true" "false" "1" "-0.0" "s"
debug.setmetatable(nil, { __tostring = function() return "nothing" end })
debug.setmetatable(true, { __tostring = function(b) return b and "yes" or "no" end })
show(tostring(nil), tostring(true), tostring(false))
-- expect: "nothing" "yes" "no"
debug.setmetatable(nil, nil)
debug.setmetatable(true, nil)
show(pcall(tostring))
-- expect: false "bad argument #1 to 'tostring' (value expected)"

-- string.pack
local function bytes(...) return (string.pack(...):gsub(".", function(c) return ("%02x"):format(c:byte()) end)) end
show(bytes("<i4", -2), bytes(">i4", -2), bytes("<I2", 65535), bytes("b", -128), bytes("B", 255))
-- expect: "feffffff" "fffffffe" "ffff" "80" "ff"
show(bytes("<i3", -2), bytes(">i3", 5), bytes("<i16", -2), bytes("<I16", -2), bytes(">j", 1))
-- expect: "feffff" "000005" "feffffffffffffffffffffffffffffff" "feffffffffffffff0000000000000000" "0000000000000001"
show(bytes("<d", 1), bytes("<f", 0.5), bytes(">n", -2.5), bytes("z", "ab"), bytes("s1", "ab"), bytes("<s2", "ab"))
-- expect: "000000000000f03f" "0000003f" "c004000000000000" "616200" "026162" "02006162"
show(bytes("c4", "ab"), bytes("!4 b i4", 1, 2), bytes("<b Xi2 h", 1, 2), bytes("xb", 7), bytes("<i4", "12"))
-- expect: "61620000" "0100000002000000" "010200" "0007" "0c000000"
show(bytes("<i2", 3.0), bytes("<d", "0.5"), bytes("z", 12), #string.pack("s", ("x"):rep(1000)))
-- expect: "0300" "000000000000e03f" "313200" 1008
show(pcall(string.pack, "b", 128))
-- expect: false "bad argument #2 to 'string.pack' (integer overflow)"
show(pcall(string.pack, "B", -1))
-- expect: false "bad argument #2 to 'string.pack' (unsigned overflow)"
show(pcall(string.pack, "<I3", 1 << 24))
-- expect: false "bad argument #2 to 'string.pack' (unsigned overflow)"
show(pcall(string.pack, "i4i4", 1))
-- expect: false "bad argument #3 to 'string.pack' (number expected, got nil)"
show(pcall(string.pack, "i4", "x"))
-- expect: false "bad argument #2 to 'string.pack' (number expected, got string)"
show(pcall(string.pack, "i4", 1.5))
-- expect: false "bad argument #2 to 'string.pack' (number has no integer representation)"
show(pcall(string.pack, "z", "a\0b"))
-- expect: false "bad argument #2 to 'string.pack' (string contains zeros)"
show(pcall(string.pack, "s1", ("x"):rep(256)))
-- expect: false "bad argument #2 to 'string.pack' (string length does not fit in given size)"
show(pcall(string.pack, "c1", "ab"))
-- expect: false "bad argument #2 to 'string.pack' (string longer than given size)"
show(pcall(string.pack, "y"))
-- expect: false "invalid format option 'y'"
show(pcall(string.pack, "i17", 1))
-- expect: false "integral size (17) out of limits [1,16]"

-- string.unpack
show(string.unpack("<i4", "\xfe\xff\xff\xff"))
-- expect: -2 5
show(string.unpack("<bBhH>i4I4", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe\xff\xff\xff\xfe"))
-- expect: -1 255 -1 65535 -2 4294967294 15
show(string.unpack("<i3>i3<I3", "\xfe\xff\xff\xff\xff\xfe\xfe\xff\xff"))
-- expect: -2 -2 16777214 10
show(string.unpack("<i8>i8", "\1\0\0\0\0\0\0\x80\x80\0\0\0\0\0\0\1"))
-- expect: -9223372036854775807 -9223372036854775807 17
show(string.unpack("<i16", ("\xff"):rep(16)))
-- expect: -1 17
show(pcall(string.unpack, "<i16", ("\xff"):rep(8) .. ("\1"):rep(8)))
-- expect: false "16-byte integer does not fit into Lua Integer"
show(pcall(string.unpack, "i4", "abc"))
-- expect: false "bad argument #2 to 'string.unpack' (data string too short)"
show(string.unpack("z", "ab\0cd", 1))
-- expect: "ab" 4

-- Patterns: anchors, balance, positions, empty matches, long and short results of gsub
show(("f(a(b)c)d"):match("%b()"), ("none"):match("%b()"), ("x%b"):find("%%b"), ("(("):match("%b()"))
-- expect: "(a(b)c)" nil 2 nil
show(("abc"):gsub("", "-"), ("abc"):gsub("b*", "-"), ("a.b.c"):gsub("%.", "/", 1))
-- expect: "-a-b-c-" "-a-c-" "a/b.c" 1
show(("hello"):gsub("l", { l = false }), ("hello"):gsub("(l)(l)", "%2%1%0%%"), ("abc"):gsub("()", "%1"))
-- expect: "hello" "hellll%o" "1a2b3c4" 4
show(#("ab"):rep(32):gsub("b", "c"), #("ab"):rep(40):gsub("b", ""), #("a"):rep(70):gsub("a", "bb"))
-- expect: 64 40 140
show(("abc def"):gsub("%w+", function(w) if w == "def" then return 12 end end))
-- expect: "abc 12" 2
show(pcall(string.gsub, "abc", "b", function() return {} end))
-- expect: false "invalid replacement value (a table)"
for pattern in ("%a+ [%a]+ ^%a+ (%a)(%a) %a+%s*$ a-b%s"):gmatch("%S+") do
  show(pattern, ("some text"):find(pattern), (("some text"):gsub(pattern, "<%0>")))
end
-- expect: "%a+" 1 "<some> <text>"
-- expect: "[%a]+" 1 "<some> <text>"
-- expect: "^%a+" 1 "<some> text"
-- expect: "(%a)(%a)" 1 "<so><me> <te><xt>"
-- expect: "%a+%s*$" 6 "some <text>"
-- expect: "a-b%s" nil "some text"
