-- The numeric `for`: limits, steps, overflow, and the control variable.

local function collect(first, last, step)
  local seen = {}
  for i = first, last, step do
    seen[#seen + 1] = i
    if #seen == 6 then seen[7] = "..."; break end
  end
  return table.concat(seen, " ")
end

print(collect(1, 3, 1), collect(3, 1, -1), collect(1, 0, 1), collect(0, 1, -1))
-- expect: 1 2 3 3 2 1
print(collect(1, 2, 0.5)) -- expect: 1.0 1.5 2.0
print(collect(1.0, 3, 1)) -- expect: 1.0 2.0 3.0
print(collect(1, 3.9, 1), collect(1, -3.9, -1), collect(-3.9, 0, 1))
-- expect: 1 2 3 1 0 -1 -2 -3 -3.9 -2.9 -1.9 -0.89999999999999991
print(collect(math.maxinteger - 2, math.maxinteger, 1))
-- expect: 9223372036854775805 9223372036854775806 9223372036854775807
print(collect(math.mininteger + 2, math.mininteger, -1))
-- expect: -9223372036854775806 -9223372036854775807 -9223372036854775808
print(collect(math.maxinteger - 1, math.huge, 1)) -- expect: 9223372036854775806 9223372036854775807
print(collect(math.mininteger + 1, -math.huge, -1))
-- expect: -9223372036854775807 -9223372036854775808
print(collect(1, math.huge, 1)) -- expect: 1 2 3 4 5 6 ...
print(collect(1, -math.huge, 1) == "", collect(1, 0 / 0, 1) == "", collect(1, 2 ^ 70, 2 ^ 62 | 0))
-- expect: true true 1 4611686018427387905
print(collect(math.mininteger, math.maxinteger, math.maxinteger))
-- expect: -9223372036854775808 -1 9223372036854775806
print(collect(math.maxinteger, math.mininteger, math.mininteger)) -- expect: 9223372036854775807 -1
print(collect(0, math.maxinteger, 1 << 61))
-- expect: 0 2305843009213693952 4611686018427387904 6917529027641081856
print(collect(0.1, 0.35, 0.1)) -- expect: 0.1 0.2 0.30000000000000004
print(pcall(collect, 1, 10, 0)) -- expect: false numeric_for.lua:5: 'for' step is zero
print(pcall(collect, 1, 10, 0.0)) -- expect: false numeric_for.lua:5: 'for' step is zero
print(pcall(collect, "1", 10, 1)) -- expect: true 1.0 2.0 3.0 4.0 5.0 6.0 ...
print(pcall(collect, 1, "10", 1)) -- expect: true 1 2 3 4 5 6 ...
print(pcall(collect, 1, 10, "1")) -- expect: true 1.0 2.0 3.0 4.0 5.0 6.0 ...
print(pcall(collect, 1, {}, 1))
-- expect: false numeric_for.lua:5: bad 'for' limit (number expected, got table)
print(pcall(collect, nil, 1, 1))
-- expect: false numeric_for.lua:5: bad 'for' initial value (number expected, got nil)

-- The control variable cannot be assigned to, and each iteration has its own.
print(load("for i = 1, 3 do i = 2 end"))
-- expect: nil [string "for i = 1, 3 do i = 2 end"]:1: attempt to assign to const variable 'i'
local functions = {}
for i = 1, 3 do functions[i] = function() return i end end
print(functions[1](), functions[2](), functions[3]()) -- expect: 1 2 3

-- What the loop runs over is looked at once.
local calls = 0
local function limit() calls = calls + 1; return 3 end
for _ = limit(), limit() + 1, limit() - 2 do end
print(calls) -- expect: 3
