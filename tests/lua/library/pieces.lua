-- Results of several megabytes, which grow by pieces that are put together in the end.

local LINE <const> = "0123456789abcdefghijklmnopqrstuvwxyz\n"
local COUNT <const> = 50000
local whole = LINE:rep(COUNT)

-- Of small parts, and of long ones among them.
local parts = {}
for i = 1, COUNT do parts[i] = LINE end
print(table.concat(parts) == whole) -- expect: true
print(table.concat({ "a", whole, "b", whole, whole, "c" }, "-")
  == "a-" .. whole .. "-b-" .. whole .. "-" .. whole .. "-c") -- expect: true
print(table.concat(setmetatable({}, { __len = function() return COUNT end, __index = function() return LINE end }))
  == whole) -- expect: true

print((("x"):rep(COUNT):gsub("x", LINE)) == whole) -- expect: true
print((("x"):rep(COUNT):gsub("x", function() return LINE end)) == whole) -- expect: true
print((("x"):rep(COUNT):gsub("x", { x = LINE })) == whole) -- expect: true
print((whole:gsub("\n", "%0%0")) == (LINE .. "\n"):rep(COUNT)) -- expect: true
print((("<.>."):gsub("%.", whole)) == "<" .. whole .. ">" .. whole) -- expect: true

print(("%s|"):rep(4):format(whole, 1, whole, whole) == whole .. "|1|" .. whole .. "|" .. whole .. "|") -- expect: true
local numbers = table.create(60000)
for i = 1, 60000 do numbers[i] = i end
local function each(format, method)
  local t = table.create(60000)
  for i = 1, 60000 do t[i] = method(format, i) end
  return table.concat(t)
end
print(("%8d"):rep(60000):format(table.unpack(numbers)) == each("%8d", string.format)) -- expect: true
local quoted <const> = ("%q%s"):format(whole, "!")
print(load("return " .. quoted:sub(1, -2))() == whole, #quoted) -- expect: true 1900003

print((">I8"):rep(60000):pack(table.unpack(numbers)) == each(">I8", string.pack)) -- expect: true
for i = 1, 60000 do numbers[i] = LINE end
print(("s1"):rep(60000):pack(table.unpack(numbers)) == ("%" .. LINE):rep(60000)) -- expect: true
local packed = ("zs4!8xd"):pack(whole, whole, 0.5)
print(#packed % 8, #packed > 2 * #whole, packed:sub(1, #whole) == whole) -- expect: 0 true true
local z, s, d = ("zs4!8xd"):unpack(packed)
print(z == whole, s == whole, d) -- expect: true true 0.5
print(#os.date("!" .. ("%Y-%m-%d %H:%M:%S "):rep(40000), 0), os.date("!" .. ("%Y"):rep(100000), 0) == ("1970"):rep(100000)) -- expect: 800000 true

local file = io.tmpfile()
print(file:write(whole) == file, file:seek("set")) -- expect: true 0
print(file:read("a") == whole, file:seek("set")) -- expect: true 0
print(file:read(1000000) == whole:sub(1, 1000000), file:read("L") == whole:match("[^\n]*\n", 1000001)) -- expect: true true
file:close()
file = io.tmpfile()
local line <const> = ("y"):rep(1000000)
file:write(line, "\n", line)
file:seek("set")
print(file:read("l") == line, file:read("l") == line, file:read("l")) -- expect: true true nil
file:close()

warn("@off")
warn(whole, whole, "!")

local given = 0
print(load(function()
  given = given + 1
  return given <= COUNT and "-- 3456789012345678901234567890\n" or given == COUNT + 1 and "return 7" or nil
end)()) -- expect: 7

local ok, message = pcall(error, whole, 0)
print(ok, message == whole) -- expect: false true
local function fails() error(whole) end
ok, message = pcall(fails)
print(ok, message:match("^[^\n]-:%d+: ") ~= nil, message:sub(-#whole) == whole) -- expect: false true true
local traced <const> = debug.traceback(whole)
print(traced:sub(1, #whole) == whole, traced:find("\nstack traceback:\n\t", #whole, true) == #whole + 1) -- expect: true true
print(#{ ("x"):rep(100000):byte(1, -1) }, select(99999, ("xy"):rep(50000):byte(1, -1))) -- expect: 100000 120 121
print(#{ utf8.codepoint(("é"):rep(50000), 1, -1) }) -- expect: 50000
