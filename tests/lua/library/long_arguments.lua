-- Arguments so long that functions work on them in portions: the results are those of short ones.

local function show(...)
  local values = table.pack(...)
  for i = 1, values.n do
    local value = values[i]
    if type(value) == "string" and #value > 60 then
      values[i] = #value .. ":" .. value:sub(1, 8) .. ".." .. value:sub(-8)
    else
      values[i] = tostring(value)
    end
  end
  print((table.concat(values, " ", 1, values.n):gsub("\n\t", "|")))
end

-- Formats.
show(string.packsize(("b"):rep(50000) .. "!8 d" .. (" "):rep(50000) .. "i4")) -- expect: 50012
show(string.packsize("c" .. ("0"):rep(50000) .. "12")) -- expect: 12
show(pcall(string.packsize, (" "):rep(50000) .. "y")) -- expect: false invalid format option 'y'
show(pcall(string.packsize, (" "):rep(50000) .. "s")) -- expect: false 61:bad argu.. format)
local text = ("abcdefg."):rep(100000)
local packed = string.pack((" "):rep(40000) .. ">s4 z !4 c800003 i4", text, text, text, 7)
show(#packed) -- expect: 2400012
local first, second, third, number, after = string.unpack((" "):rep(40000) .. ">s4 z !4 c800003 i4", packed)
show(first == text, second == text, third == text .. ("\0"):rep(3), number, after)
-- expect: true true true 7 2400013
show(pcall(string.pack, (" "):rep(40000) .. "c5", text)) -- expect: false 64:bad argu..en size)
show(pcall(string.pack, "z", text .. "\0"))
-- expect: false bad argument #2 to 'string.pack' (string contains zeros)
show(pcall(string.unpack, (" "):rep(40000) .. "z", text)) -- expect: false 69:bad argu..mat 'z')
first, second, number, after = string.unpack("zzb", text .. "\0" .. text .. "\0\7")
show(first == text, second == text, number, after) -- expect: true true 7 1600004
show(pcall(string.unpack, "zz", "a\0" .. text)) -- expect: false 69:bad argu..mat 'z')
show(pcall(string.pack, "bz", 1, text .. "\0" .. text))
-- expect: false bad argument #3 to 'string.pack' (string contains zeros)
show(select("#", string.unpack(("b"):rep(40000), text))) -- expect: 40001

-- Patterns and needles.
show(text:find(("x?"):rep(10000) .. "efg")) -- expect: 5 7
show(text:match(("[" .. ("xy"):rep(20000) .. "a]") .. "(bc)")) -- expect: bc
show(text:find("^" .. ("(x?)"):rep(3) .. ("y?"):rep(10000) .. "abc")) -- expect: 1 3   
show(pcall(string.find, "abc", ("x-"):rep(10000) .. "[a" .. ("]["):rep(1)))
-- expect: false malformed pattern (missing ']')
show(pcall(string.find, "abc", ("x-"):rep(10000) .. "%")) -- expect: false malformed pattern (ends with '%')
show(pcall(string.match, "abc", "[^" .. ("ab"):rep(20000))) -- expect: false malformed pattern (missing ']')
show(("abcabc"):gsub(("x?"):rep(10000) .. "b", "%0%0")) -- expect: abbcabbc 2
for word in ("one two"):gmatch(("%s?"):rep(10000) .. "%a+") do show(word) end
-- expect: one
-- expect:  two
show(text:find(text:sub(1, 400000) .. "b", 1, true)) -- expect: nil
show(text:find(text:sub(5, 700000), 1, true)) -- expect: 5 700000
show(text:find(text:sub(5, 700000), 10, true)) -- expect: 13 700008
show(text:find(text:sub(5, 700000))) -- expect: 5 700000
show((text .. "end" .. text):find("end" .. text:sub(1, 300000), 2, true)) -- expect: 800001 1100003
show((text .. "end"):find("end", 3, true)) -- expect: 800001 800003
show(text:find("", 300000, true)) -- expect: 300000 299999
show(text:find(text .. "x", 1, true)) -- expect: nil

-- Numbers.
show(tonumber(("0"):rep(100000) .. "ff", 16), tonumber("-" .. ("z"):rep(100000), 36), tonumber(("1"):rep(100000) .. "2", 2))
-- expect: 255 1 nil
show(tonumber((" "):rep(100000) .. "10" .. (" "):rep(100000)), tonumber((" "):rep(100000) .. "10" .. (" "):rep(100000), 7))
-- expect: 10 7
show(tonumber("0x" .. ("0"):rep(1000) .. "." .. ("0"):rep(1000) .. "8p4004"), tonumber("0x" .. ("f"):rep(1000)))
-- expect: 8.0 -1
show(tonumber(("0"):rep(1000) .. "." .. ("0"):rep(1000) .. "25e1000"), tonumber("1e" .. ("0"):rep(1000) .. "5"))
-- expect: 0.25 100000.0
show(tonumber("1" .. ("0"):rep(1000) .. "e-1000"), tonumber("0." .. ("9"):rep(2000)), tonumber(("7"):rep(2000) .. "x"))
-- expect: 1.0 1.0 nil

-- Characters.
local wide = ("aä€𐍈"):rep(30000)
show(utf8.len(wide), utf8.len(wide, 5, 200000), utf8.len(wide .. "\xFF")) -- expect: 120000 nil nil 300001
show(utf8.offset(wide, 100000), utf8.offset(wide, -100000), utf8.offset(wide, 1 << 40), utf8.offset(wide, -(1 << 40)))
-- expect: 249997 50001 nil nil
show(utf8.offset("\xC2" .. ("\x80"):rep(100000), 0, 100000), utf8.offset(("a"):rep(100000), 100000))
-- expect: 1 100000 100000
show(select("#", utf8.codepoint(wide, 1, -1)), (select(-1, utf8.codepoint(wide, 1, -1))))
-- expect: 120000 66376
show(utf8.char(table.unpack({ utf8.codepoint(wide, 1, 200000) })) == wide:sub(1, 200000)) -- expect: true

-- Texts put together.
local joined = text .. 1 .. text .. 2.5 .. ("x"):rep(300000)
show(joined, #joined) -- expect: 1900004:abcdefg...xxxxxxxx 1900004
local t = setmetatable({}, { __concat = function(a, b) return type(a) == "table" and "[" .. b or a .. "]" end })
show(text .. t .. text) -- expect: 1600001:abcdefg...abcdefg.
show(("%s|%s|%5.2s|"):format(text, joined, "abc")) -- expect: 2700012:abcdefg...x|   ab|
show(pcall(string.format, "%s %5.3s", text, text .. "\0"))
-- expect: false bad argument #3 to 'string.format' (string contains zeros)

show(pcall(string.format, "%+5s", text .. "\0"), pcall(string.format, "%+5s", text))
-- expect: false false invalid conversion specification: '%+5s'
local texts = setmetatable({}, { __tostring = function() return text end })
show(("<%s|%20s|%-5.3s|%.2s>"):format(texts, texts, texts, text) == "<" .. text .. "|" .. text .. "|abc  |ab>")
-- expect: true
show(table.concat({ text, 1, text, "z" }, ",") == text .. ",1," .. text .. ",z") -- expect: true
show(table.concat({ "a", 2, text }, text) == "a" .. text .. 2 .. text .. text) -- expect: true
show(table.concat({ text }, text) == text, table.concat({ 1, text }, text, 1, 1)) -- expect: true 1
local proxy = setmetatable({}, {
    __index = function(_, i) return i == 2 and text or i end,
    __len = function() return 3 end,
})
show(table.concat(proxy, text) == "1" .. text .. text .. text .. "3") -- expect: true
show(table.concat({ [math.maxinteger] = text }, text, math.maxinteger, math.maxinteger) == text) -- expect: true
show(pcall(table.concat, { text, {}, text }, text))
-- expect: false invalid value (table) at index 2 in table for 'concat'

-- Chunks with long strings.
for _, size in ipairs({ 50, 300, 5000, 1 << 20 }) do
    local literal = "'" .. ("x"):rep(size) .. "'"
    local chunk = "local function f() return " .. literal .. " end return " .. literal .. ", f()"
    local function is_same(a, b) return a == b and #a == size and ("%p"):format(a) == ("%p"):format(b) end
    local dumped = string.dump(load(chunk), true)
    show(is_same(load(chunk)()), is_same(load(dumped)()), #dumped > size, #dumped < size + 500)
    -- The strings are one, and are dumped once.
end
-- expect: true true true true
-- expect: true true true true
-- expect: true true true true
-- expect: true true true true
show(load("x", "c", "xx")) -- expect: nil attempt to load a text chunk (mode is 'xx')
show(pcall(load, "x", "c", "tB" .. text)) -- expect: false bad argument #3 to 'load' (invalid mode)
show(load("return 1", "c", "t" .. text)()) -- expect: 1

-- Files that are nowhere.
show(package.searchpath(("a."):rep(3) .. "b", "/none/?.x;/none/?/?"))
-- expect: nil no file '/none/a/a/a/b.x'|no file '/none/a/a/a/b/a/a/a/b'
show(package.searchpath("", "")) -- expect: nil no file ''
show(package.searchpath("a;b", "/none/?-?;"))
-- expect: nil no file '/none/a'|no file 'b-a'|no file 'b'|no file ''
show(package.searchpath("a--b", "/none/?", "--", "+")) -- expect: nil no file '/none/a+b'
show(package.searchpath(("a."):rep(40000), "/none/?;/none/?.y")) -- expect: nil 160036:no file ../a/a/.y'
show(package.searchpath("x", ("/none/?;"):rep(3000))) -- expect: nil 57010:no file .. file ''

-- Many arguments, numerals among them.
local codes = {}
for i = 1, 100000 do codes[i] = i % 2 == 0 and 66 or "0x41" end
show(string.char(table.unpack(codes)) == ("AB"):rep(50000)) -- expect: true
show(utf8.char(table.unpack(codes)) == ("AB"):rep(50000)) -- expect: true
codes[70000] = 256
show(select(2, pcall(string.char, table.unpack(codes))):match("#%d+")) -- expect: #70000
show(#utf8.char(table.unpack(codes)), utf8.char(table.unpack(codes)):sub(69999, 70002)) -- expect: 100001 AĀA
codes[90000] = "x"
show(select(2, pcall(utf8.char, table.unpack(codes))):match("#%d+")) -- expect: #90000
codes[90000], codes[70000] = 66, 0x7FFFFFFF
show(utf8.char(table.unpack(codes)):byte(69999, 70006)) -- expect: 65 253 191 191 191 191 191 65

-- Continuation bytes where they do not belong.
local next_code = utf8.codes("")
show(next_code("a" .. ("\x80"):rep(200000) .. "b", 1)) -- expect: 200002 98
show(select("#", next_code("a" .. ("\x80"):rep(200000), 1))) -- expect: 0
show(next_code("a" .. ("\x80"):rep(65535) .. "b", 1)) -- expect: 65537 98
show(pcall(next_code, "a" .. ("\x80"):rep(200000) .. "\xFF", 1)) -- expect: false invalid UTF-8 code

-- Values as strings.
show(("%s|%6s|%-6s|%.3s|%s"):format(1.5, 2.5, 3.5, 1.23456, -7)) -- expect: 1.5|   2.5|3.5   |1.2|-7
show(("%s|%7s|%.2s"):format(nil, true, false)) -- expect: nil|   true|fa
show(("%s|%s"):format(2^53, 1e300)) -- expect: 9007199254740992.0|1e+300
show(("%s"):format(setmetatable({}, { __name = "Kind" })):match("^Kind:")) -- expect: Kind:

-- Many functions.
local source = {}
for i = 1, 10000 do source[i] = "f = function() return " .. i .. " end " end
local chunk = load(table.concat(source))
load(string.dump(chunk, true))()
show(f()) -- expect: 10000

-- Numerals half way between two floats, and close to that.
show(tonumber("9007199254740993.0"), tonumber("9007199254740993." .. ("0"):rep(40) .. "1"))
-- expect: 9007199254740992.0 9007199254740994.0
local half = "2.47032822920623272088284396434110686182" .. ("4"):rep(700) .. "e-324"
show(half + 0, tonumber(half) == 0.0, math.max(half + 0, 5e-324)) -- expect: 0.0 true 4.94065645841247e-324

-- Very many numbers.
local numbers = {}
for i = 1, 40000 do numbers[i] = i % 2 == 0 and i or i + 0.5 end
numbers[30000], numbers[35000] = 1 << 40, -0.5
show(math.max(table.unpack(numbers)), math.min(table.unpack(numbers))) -- expect: 1099511627776 -0.5
numbers[20000] = "x"
show(pcall(math.max, table.unpack(numbers))) -- expect: false attempt to compare number with string
local object = setmetatable({}, { __lt = function(a, b) return false end })
numbers[20000] = object
show(math.max(table.unpack(numbers))) -- expect: 1099511627776
show(math.max(object) == object, pcall(math.max)) -- expect: true false bad argument #1 to 'math.max' (value expected)
