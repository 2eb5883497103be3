-- Libraries are opened when they are first touched, which nobody may notice, however they are touched.

-- By functions that look past metamethods.
assert(rawget(string, "format") == string.format)
assert(rawlen(table) == 0 and next(table) ~= nil and getmetatable(table) == nil)
assert(getmetatable(os) == nil)
assert(setmetatable(utf8, { __index = function(_, key) return key end }) == utf8)
assert(type(utf8.char) == "function" and utf8.nothing == "nothing")
local count = 0
for name, value in pairs(math) do
  assert(math[name] == value or name == "nan")
  count = count + 1
end
assert(count > 20)

-- By writing first: what is written stays, and so does everything else.
coroutine.wrap = nil
coroutine.mine = 1
assert(coroutine.wrap == nil and coroutine.mine == 1 and type(coroutine.create) == "function")
rawset(debug, "mine", 2)
assert(debug.mine == 2 and type(debug.traceback) == "function")
print(pcall(function() io[nil] = 1 end))
assert(type(io.write) == "function")
-- expect: false untouched.lua:22: table index is nil

-- In a fresh VM's place: an environment and a metatable that are libraries.
print(load("return mine", "=chunk", "t", debug)())
-- expect: 2
print(("x"):rep(3), #string.rep("ab", 2))
-- expect: xxx 4
for name in pairs(package.loaded) do assert(type(name) == "string") end
assert(package.loaded.io == io and require "io" == io)
