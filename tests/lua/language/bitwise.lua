-- Bitwise operators: shifts of any distance, floats and strings with integral values.

print(5 & 3, 5 | 3, 5 ~ 3, ~0, ~5) -- expect: 1 7 6 -1 -6
print(1 << 62, 1 << 63, 1 << 64, 1 << 65, 1 << -1, 2 << -1)
-- expect: 4611686018427387904 -9223372036854775808 0 0 0 1
print(-1 >> 1, -1 >> 63, -1 >> 64, -1 >> -1, 1 >> -63, 1 >> -64)
-- expect: 9223372036854775807 1 0 -2 -9223372036854775808 0
print(1 << math.maxinteger, 1 << math.mininteger, 1 >> math.mininteger, -1 >> math.maxinteger)
-- expect: 0 0 0 0
print(3.0 | 0, 2 ^ 53 | 0, 2.0 ~ 1) -- expect: 3 9007199254740992 3
print(pcall(function() return 1.5 | 0 end))
-- expect: false bitwise.lua:11: number has no integer representation
print(pcall(function() return 2 ^ 63 | 0 end))
-- expect: false bitwise.lua:13: number has no integer representation
print(pcall(function() return "1.5" | 0 end))
-- expect: false bitwise.lua:15: attempt to perform bitwise operation on a string value (constant '1.5')
print(pcall(function() return "7" & 3 end))
-- expect: false bitwise.lua:17: attempt to perform bitwise operation on a string value (constant '7')
print(pcall(function() return 1 | {} end))
-- expect: false bitwise.lua:19: attempt to perform bitwise operation on a table value
print(1 | 2 ~ 3 & 4 << 1, 1 << 2 + 1, (5 & 4) == 4) -- expect: 3 8 true
