-- Integers and floats: what operators give at their edges.

print(1 + 1, 1 + 1.0, 3 // 2, 3.0 // 2, 3 / 2, 4 / 2) -- expect: 2 2.0 1 1.0 1.5 2.0
print(7 % 3, -7 % 3, 7 % -3, -7 % -3) -- expect: 1 2 -2 -1
print(7 // 3, -7 // 3, 7 // -3, -7 // -3) -- expect: 2 -3 -3 2
print(7.5 % 2, -7.5 % 2, 7.5 % -2, -7.5 % -2) -- expect: 1.5 0.5 -0.5 -1.5
print(7.5 // 2, -7.5 // 2, 7.5 // -2, -7.5 // -2) -- expect: 3.0 -4.0 -4.0 3.0
print(5.3 % math.huge, -5.3 % math.huge, 5.3 % -math.huge, -5.3 % -math.huge)
-- expect: 5.3 inf -inf -5.3
print(1 // 0.0, -1 // 0.0, 0.0 / 0.0 ~= 0.0 / 0.0) -- expect: inf -inf true
print(pcall(function() return 1 // 0 end))
-- expect: false arithmetic.lua:11: attempt to divide by zero
print(pcall(function() return 1 % 0 end))
-- expect: false arithmetic.lua:13: attempt to perform 'n%0'
print(1 % 0.0 ~= 1 % 0.0, 0.0 // 0.0 ~= 0.0 // 0.0) -- expect: true true

-- Integers wrap around.
print(math.maxinteger + 1 == math.mininteger, math.mininteger - 1 == math.maxinteger)
-- expect: true true
print(math.maxinteger * 2, math.mininteger * -1, -math.mininteger)
-- expect: -2 -9223372036854775808 -9223372036854775808
print(math.mininteger // -1, math.mininteger % -1) -- expect: -9223372036854775808 0
print(math.maxinteger // -1, math.mininteger // 1)
-- expect: -9223372036854775807 -9223372036854775808
print(9223372036854775807, 9223372036854775808, -9223372036854775808)
-- expect: 9223372036854775807 9.2233720368547758e+18 -9.2233720368547758e+18
print(0x7fffffffffffffff, 0xffffffffffffffff, 0x1ffffffffffffffff)
-- expect: 9223372036854775807 -1 -1

-- Powers and divisions are floats always.
print(2 ^ 2, 2 ^ 0.5 == math.sqrt(2), (-2) ^ 2, -2 ^ 2, 2 ^ -1, 2 ^ 3 ^ 2)
-- expect: 4.0 true 4.0 -4.0 0.5 512.0
print(10 / 2, 0 / 1, -0.0, 0 / -1, 1 / (0 / -1)) -- expect: 5.0 0.0 -0.0 -0.0 -inf
print(1e15, 1e16, 1e100, 123456789012345678, 0.1, 1 / 3, -1 / 3, 100 / 3)
-- expect: 1e+15 1e+16 1e+100 123456789012345678 0.1 0.33333333333333331 -0.33333333333333331 33.333333333333336
print(3.14159265358979, 2 ^ 53, 2 ^ 63, -2 ^ 63, 1e15 + 0.5)
-- expect: 3.14159265358979 9007199254740992.0 9.2233720368547758e+18 -9.2233720368547758e+18 1000000000000000.5
print(math.pi, -math.pi, 1e-5, 1e-4, 5e-324, 1.7976931348623157e308)
-- expect: 3.1415926535897931 -3.1415926535897931 1e-05 0.0001 4.94065645841247e-324 1.7976931348623157e+308
print(0x.8p0, 0x1p4, 0xA.8, 0x1p-1074) -- expect: 0.5 16.0 10.5 4.94065645841247e-324

-- Strings that look like numbers take part.
print("10" + 5, "3" * "4", "0x10" + 0, "1e1" + 0, " 7 " + 0, "10" / 2, "7" // 2, "2" ^ 2)
-- expect: 15 12 16 10.0 7 5.0 3 4.0
print(10 .. 20, 1.5 .. "", -0.0 .. "", 2 ^ 63 .. "") -- expect: 1020 1.5 -0.0 9.2233720368547758e+18
print(pcall(function() return "a" + 1 end))
-- expect: false arithmetic.lua:46: attempt to add a 'string' with a 'number'
print(pcall(function() return {} + 1 end))
-- expect: false arithmetic.lua:48: attempt to perform arithmetic on a table value
print(-"2", - -2, -"0x10", -"1.5") -- expect: -2 2 -16 -1.5
