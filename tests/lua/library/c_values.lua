-- Where scripts can tell that the reference hands their values to C: integers that become an `int`,
-- names that end at a zero, reading that goes on behind what could not be read.

print(pcall(error, "level", (1 << 32) + 1)) -- expect: false level
print(select(2, pcall(function() error("level", (1 << 32) + 1) end))) -- expect: c_values.lua:5: level
print(select(2, pcall(function() error("level", math.mininteger + 1) end))) -- expect: c_values.lua:6: level
print(debug.getinfo(1 << 32, "n").name) -- expect: getinfo
print(#debug.traceback("message", -1)) -- expect: 24

print(package.searchpath("a\0b", "?.none")) -- expect: nil no file 'a.none'
print(load("return 1", "=name", "t\0b")()) -- expect: 1
print(load("\27", "=na\0me")) -- expect: nil na: bad binary format (truncated chunk)
print(os.setlocale("C\0x")) -- expect: C

print(next({ 10 }, 1)) -- expect: nil
print(pcall(next, { 10 }, 1.0)) -- expect: false invalid key to 'next'
print(select("#", utf8.codes(12)), math.type(select(2, utf8.codes(12)))) -- expect: 3 nil
print(debug.getinfo(type, "u").nups, debug.getinfo(require, "u").nups) -- expect: 0 1

print(pcall(coroutine.yield)) -- expect: false attempt to yield from outside a coroutine
print(select(2, pcall(function() return "10" % 0 end))) -- expect: attempt to perform 'n%0'

-- The first comparison is that of the last element with the first.
local list = setmetatable({}, {
  __len = function() return 7 end,
  __index = function(_, i) if i == 1 then return 5 end end,
})
print(pcall(table.sort, list)) -- expect: false attempt to compare nil with number
