-- Chunks that are too long to be compiled at once: texts, dumps, and chunks with long names.
local text = ("local a = 1 "):rep(100) .. ("x = (x or 0) + 1 "):rep(5000)
local f = load(text)
f()
print(x) -- expect: 5000
print(debug.getinfo(f, "S").source == text) -- expect: true

-- A dump of it is read in the same way.
local g = load(string.dump(f), "a dump", "b")
x = 0
g()
print(x, debug.getinfo(g, "S").source == text) -- expect: 5000 true
print(load(string.dump(f):sub(1, -2), "=cut")) -- expect: nil cut: bad binary format (truncated chunk)
print(load(string.dump(f):sub(1, -2))) -- expect: nil binary string: bad binary format (truncated chunk)

-- What its pieces are is all the same.
local i, dump = 0, string.dump(f)
local h = load(function()
  i = i + 1
  return dump:sub(1 + (i - 1) * 10000, i * 10000)
end)
x = 0
h()
print(x) -- expect: 5000

-- A long name is kept, and messages show its beginning.
local name = ("n"):rep(300000)
local short = load("return 1", name)
print(short(), #debug.getinfo(short, "S").source) -- expect: 1 300000
print(load("x =", "=" .. name) == nil, #select(2, load("x =", "=" .. name)) < 150) -- expect: true true
-- One that begins like a file or with a mark is read after a space, and is named as it is.
local marked = "#" .. text
print(select(2, load(marked)):sub(1, 31)) -- expect: [string "#local a = 1 local a =
