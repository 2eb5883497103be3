-- Files that are too long to be loaded at once, many formats, and names and modes with zeros in them.
local name = os.tmpname()
local function put(text) assert(io.open(name, "wb")):write(text):close() end
local long = ("x = 1 "):rep(30000)
local function place(message) return (message:gsub("^.*:(%d+:)", "%1")) end

-- Long texts and dumps, with a line that is skipped before them.
put("#!lua\n" .. long .. "return 7, ...")
print(loadfile(name)(1, 2)) -- expect: 7 1 2
print(dofile(name)) -- expect: 7
print(debug.getinfo(loadfile(name), "S").source == "@" .. name) -- expect: true
put("\xEF\xBB\xBF" .. long .. "\nx = = 2")
print(place(select(2, loadfile(name)))) -- expect: 2: unexpected symbol near '='
print(place(select(2, pcall(dofile, name)))) -- expect: 2: unexpected symbol near '='
put("#" .. ("-"):rep(100000))
print(pcall(loadfile(name))) -- expect: true
put("\xEF\xBB\xBF#" .. ("-"):rep(100000) .. "\nreturn 'second', ...")
print(loadfile(name)(2)) -- expect: second 2
put(string.dump(load(long .. "return 9, y")))
print(select(2, loadfile(name, "t"))) -- expect: attempt to load a binary chunk (mode is 't')
print(loadfile(name, "b", { y = 10 })()) -- expect: 9 10
put(long .. "coroutine.yield(5) return 6")
local f = coroutine.wrap(function() return dofile(name) end)
print(f(), f()) -- expect: 5 6

-- Modules.
local module = name:match("[^/\\]*$")
package.path = name:gsub("[^/\\]*$", "?")
put(long .. "return { ... }")
local result, data = require(module)
print(result[1] == module, result[2] == name, data == name, require(module) == result) -- expect: true true true true
put(long .. "return =")
package.loaded[module] = nil
local message = select(2, pcall(require, module))
print(message:match("^error loading module") ~= nil, message:match("unexpected symbol")) -- expect: true unexpected symbol

-- Names and modes end at zeros.
print(loadfile("/nonexistent\0x")) -- expect: nil cannot open /nonexistent: No such file or directory
print(pcall(dofile, "/nonexistent\0x")) -- expect: false cannot open /nonexistent: No such file or directory
print(io.open("/nonexistent\0x")) -- expect: nil /nonexistent: No such file or directory 2
print(os.remove("/nonexistent\0x")) -- expect: nil /nonexistent: No such file or directory 2
print(os.getenv("PATH\0x") == os.getenv("PATH"), os.setlocale("C\0x")) -- expect: true C
print(io.type(io.open(name, "rb\0x")), pcall(io.open, name, ("r"):rep(100))) -- expect: file false bad argument #2 to 'io.open' (invalid mode)
print((select(2, package.searchpath("a.b\0c", "./?;/x/?\0;/y/?")):gsub("%s+", " "))) -- expect: no file './a/b' no file '/x/a/b'
print((select(2, package.searchpath("a.b", "\0?")))) -- expect: no file ''
print((select(2, package.searchpath("a.b", "?", ".\0x", "-\0")))) -- expect: no file 'a-b'
print((select(2, package.searchpath("a..b", "?", "..", "//")))) -- expect: no file 'a//b'
print((select(2, package.searchpath("a", ("x"):rep(70000) .. "?"))) == "no file '" .. ("x"):rep(70000) .. "a'") -- expect: true

-- Many formats.
local function many(format, n)
  local formats = {}
  for i = 1, n do formats[i] = format end
  return table.unpack(formats)
end
local file = io.tmpfile()
print(file:setvbuf("no"), file:write(many(0.5, 30000)) == file, file:seek("set")) -- expect: true true 0
local read = table.pack(file:read(many(3, 30001)))
print(read.n, read[1], read[30000], read[30001]) -- expect: 30001 0.5 0.5 nil
print(file:seek("set"), select("#", file:read(many(0, 50000))), select("#", file:read(many("a", 50000)))) -- expect: 0 50000 50000
print(file:seek("set"), file:write((" 12"):rep(20000)) == file, file:seek("set")) -- expect: 0 true 0
print(select("#", file:read(many("n", 20000))), file:read("n"), #file:read("a")) -- expect: 20000 0.5 29993
local lines, sum = 0, 0
file:seek("set")
for a, b, c in file:lines(1, 2, 3) do
  lines, sum = lines + 1, sum + #a + #b + #c
end
print(lines, sum) -- expect: 15000 90000
file:seek("set")
print(pcall(file:lines(1, nil, "n"))) -- expect: false bad argument #3 to '?' (string expected, got nil)
print(pcall(file:lines("x"))) -- expect: false bad argument #2 to '?' (invalid format)
print(pcall(file.lines, file, many("l", 251))) -- expect: false bad argument #252 to '?' (too many arguments)
file:close()
os.remove(name)

-- Warnings of many pieces have to be strings, all of them.
warn(("x"):rep(1000), many(1, 3000))
print(pcall(warn, "x", many("y", 3000))) -- expect: true
print(select("#", pcall(warn, "x", "y", {})), select(2, pcall(warn, "x", 1, {}))) -- expect: 2 bad argument #3 to 'warn' (string expected, got table)
