-- Between strings and numbers: tonumber, tostring, coercions.

print(tonumber("10"), tonumber("  10  "), tonumber("10a"), tonumber(""), tonumber(" "))
-- expect: 10 10 nil nil nil
print(tonumber("1e"), tonumber("1e1"), tonumber(".5"), tonumber("5."), tonumber("."))
-- expect: nil 10.0 0.5 5.0 nil
print(tonumber("0x"), tonumber("0x1p4"), tonumber("0x.1"), tonumber("0xfp"), tonumber("1 2"))
-- expect: nil 16.0 0.0625 nil nil
print(tonumber("inf"), tonumber("nan"), tonumber("1_000"), tonumber("\t7\n"), tonumber("- 1"))
-- expect: nil nil nil 7 nil
print(tonumber("9223372036854775807"), tonumber("9223372036854775808"), tonumber("-9223372036854775808"))
-- expect: 9223372036854775807 9.2233720368547758e+18 -9223372036854775808
print(tonumber("0xffffffffffffffff"), tonumber("0x10000000000000000")) -- expect: -1 0
print(tonumber("10", 2), tonumber("zz", 36), tonumber("-ff", 16), tonumber("8", 8), tonumber("7", 8))
-- expect: 2 1295 -255 nil 7
print(tonumber("1e1", 16), tonumber("1.0", 10), tonumber("  11  ", 2), tonumber("", 10))
-- expect: 481 nil 3 nil
print(tonumber(nil), tonumber({}), tonumber(true)) -- expect: nil nil nil
print(pcall(tonumber)) -- expect: false bad argument #1 to 'tonumber' (value expected)
print(pcall(tonumber, 10, 16))
-- expect: false bad argument #1 to 'tonumber' (string expected, got number)
print(pcall(tonumber, "10", 1)) -- expect: false bad argument #2 to 'tonumber' (base out of range)
print(pcall(tonumber, "10", 37)) -- expect: false bad argument #2 to 'tonumber' (base out of range)
print(tonumber("7fffffffffffffff", 16), tonumber("ffffffffffffffff", 16))
-- expect: 9223372036854775807 -1
print(tonumber("1" .. ("0"):rep(30)), tonumber("0x" .. ("0"):rep(30) .. "1")) -- expect: 1e+30 1

print(tostring(10), tostring(10.0), tostring(-0.0), tostring(1e100), tostring(2 ^ 31))
-- expect: 10 10.0 -0.0 1e+100 2147483648.0
print(tostring(nil), tostring(true), tostring("a")) -- expect: nil true a
print(math.tointeger(3.0), math.tointeger(3.5), math.tointeger("8"), math.tointeger(2 ^ 63))
-- expect: 3 nil 8 nil
print(math.type(1), math.type(1.0), math.type("1"), math.type(2 ^ 53 // 1))
-- expect: integer float nil float
print(1e308 * 10, -1e308 * 10, string.format("%.1f", 0 / 0):gsub("-", "")) -- expect: inf -inf nan 1

print(pcall(function() return #10 end))
-- expect: false conversion.lua:37: attempt to get length of a number value
print(string.rep(5, 3), ("x"):rep("3"), string.sub(12345, 2, "3"), ("5"):byte())
-- expect: 555 xxx 23 53
print(pcall(string.rep, "x", 1.5))
-- expect: false bad argument #2 to 'string.rep' (number has no integer representation)
print(pcall(string.rep, "x", "a"))
-- expect: false bad argument #2 to 'string.rep' (number expected, got string)
print(string.format("%d", "10"), string.format("%d", 3.0), string.format("%s", 1.0))
-- expect: 10 3 1.0
print(pcall(string.format, "%d", 3.5))
-- expect: false bad argument #2 to 'string.format' (number has no integer representation)
print(pcall(string.format, "%d", "3.5"))
-- expect: false bad argument #2 to 'string.format' (number has no integer representation)
