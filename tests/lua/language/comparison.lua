-- Comparison: integers with floats exactly, also where floats cannot tell neighbours apart.

local big = 2 ^ 53
print(2 ^ 53 == 2 ^ 53 + 1, (1 << 53) + 1 == 2 ^ 53, (1 << 53) + 1 > 2 ^ 53)
-- expect: true false true
print((1 << 53) + 1 <= big, big < (1 << 53) + 1, big <= (1 << 53), big >= (1 << 53) + 1)
-- expect: false true true false
print(math.maxinteger == 2 ^ 63, math.maxinteger < 2 ^ 63, math.maxinteger <= 2 ^ 63)
-- expect: false true true
print(math.maxinteger > 2 ^ 63, 2 ^ 63 > math.maxinteger, 2 ^ 63 >= math.maxinteger)
-- expect: false true true
print(math.mininteger == -2 ^ 63, math.mininteger <= -2 ^ 63, math.mininteger < -2 ^ 63)
-- expect: true true false
print(math.maxinteger + 0.0 == 2 ^ 63, math.maxinteger // 1 == math.maxinteger) -- expect: true true
print(1 == 1.0, 0 == -0.0, 1 < 1.5, 2 > 1.5, -1 > -1.5, 1 < math.huge, 1 > -math.huge)
-- expect: true true true true true true true

local nan = 0 / 0
print(nan == nan, nan ~= nan, nan < 1, nan > 1, 1 <= nan, nan >= nan)
-- expect: false true false false false false
print(math.maxinteger < nan, math.mininteger > nan, not (1 < nan)) -- expect: false false true

print("a" < "b", "a" < "B", "" < "a", "a\0b" < "a\0c", "a" < "a\0", "Z" < "a", "10" < "9")
-- expect: true false true true true true true
print("1" == 1, "a" == "a", nil == false, true == 1) -- expect: false true false false
print(pcall(function() return 1 < "2" end))
-- expect: false comparison.lua:26: attempt to compare number with string
print(pcall(function() return {} < {} end))
-- expect: false comparison.lua:28: attempt to compare two table values
print(pcall(function() return {} < 1 end))
-- expect: false comparison.lua:30: attempt to compare table with number
print(pcall(function() return nil > 1 end))
-- expect: false comparison.lua:32: attempt to compare number with nil
print(pcall(function() return true <= false end))
-- expect: false comparison.lua:34: attempt to compare two boolean values

-- Keys: a float with an integral value is that integer.
local t = {}
t[1.0] = "a"; t[2 ^ 53] = "b"; t[-0.0] = "c"; t[1.5] = "d"
print(t[1], t[1 << 53], t[0], t[1.5], t[3 / 2]) -- expect: a b c d d
for _, key in ipairs { 1, 0 } do
  print(key, rawget(t, key), math.type(next({ [key + 0.0] = true })))
end
-- expect: 1 a integer
-- expect: 0 c integer
print(pcall(function() t[nan] = 1 end)) -- expect: false comparison.lua:46: table index is NaN
print(pcall(function() t[nil] = 1 end)) -- expect: false comparison.lua:47: table index is nil
print(t[nan], t[nil]) -- expect: nil nil
