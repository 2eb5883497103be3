-- Conditions of `repeat` loops that end in a constant.
local n = 0
repeat n = n + 1 until n > 3 or (n < 0 and 0.0)
print(n)
n = 0
repeat n = n + 1 until n > 3 or (n < 0 or true)
print(n)
n = 0
repeat n = n + 1 until n > 3 and true
print(n)
n = 0
repeat n = n + 1 until (n > 3 or nil) and 1
print(n)
repeat local x <close> = setmetatable({}, { __close = function() print("closed") end }) until true
repeat local x <close> = setmetatable({}, { __close = function() print("closed") end }) until n == 0 or not nil
-- expect: 4
-- expect: 1
-- expect: 4
-- expect: 4
-- expect: closed
-- expect: closed
