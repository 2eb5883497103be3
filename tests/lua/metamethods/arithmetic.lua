-- Metamethods of operators: each of them, from either side, with results of any kind.


local mt = {}
for _, name in ipairs { "add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "concat" } do
  mt["__" .. name] = function(a, b)
    local function show(x) return type(x) == "table" and (x.name or "{}") or tostring(x) end
    return name .. "(" .. show(a) .. "," .. show(b) .. ")", "dropped"
  end
end
mt.__unm = function(a, b) return "unm(" .. a.name .. ")" .. tostring(rawequal(a, b)) end
mt.__bnot = function(a, b) return "bnot(" .. a.name .. ")" .. tostring(rawequal(a, b)) end
mt.__len = function(a, b) return "len(" .. a.name .. ")" .. tostring(rawequal(a, b)) end
local a, b = setmetatable({ name = "a" }, mt), setmetatable({ name = "b" }, mt)

print(a + b, a + 1, 1 + a, a + 1.5, "x" + a)
-- expect: add(a,b) add(a,1) add(1,a) add(a,1.5) add(x,a)
print(a - b, a - 1, 1 - a) -- expect: sub(a,b) sub(a,1) sub(1,a)
print(a * b, a * 2, 2 * a) -- expect: mul(a,b) mul(a,2) mul(2,a)
print(a / b, a / 2, 2 / a) -- expect: div(a,b) div(a,2) div(2,a)
print(a % b, a % 2, 2 % a) -- expect: mod(a,b) mod(a,2) mod(2,a)
print(a ^ b, a ^ 2, 2 ^ a) -- expect: pow(a,b) pow(a,2) pow(2,a)
print(a // b, a // 2, 2 // a) -- expect: idiv(a,b) idiv(a,2) idiv(2,a)
print(a & b, a & 1, 1 & a, a & 1.5) -- expect: band(a,b) band(a,1) band(1,a) band(a,1.5)
print(a | b, a | 1, 1 | a, "x" | a) -- expect: bor(a,b) bor(a,1) bor(1,a) bor(x,a)
print(a ~ b, a ~ 1, 1 ~ a) -- expect: bxor(a,b) bxor(a,1) bxor(1,a)
print(a << b, a << 1, 1 << a) -- expect: shl(a,b) shl(a,1) shl(1,a)
print(a >> b, a >> 1, 1 >> a) -- expect: shr(a,b) shr(a,1) shr(1,a)
print(a .. b, a .. "s", "s" .. a, 1 .. a, a .. 1, a .. {})
-- expect: concat(a,b) concat(a,s) concat(s,a) concat(1,a) concat(a,1) concat(a,{})
print(-a, ~a, #a) -- expect: unm(a)true bnot(a)true len(a)true
print("x" .. "y" .. a, a .. "x" .. "y", "x" .. a .. "y")
-- expect: xconcat(y,a) concat(a,xy) xconcat(a,y)
print(select("#", a + b)) -- expect: 1

-- The left operand's comes first; without one, the right one's.
local left = setmetatable({}, { __add = function() return "left" end })
local right = setmetatable({}, { __add = function() return "right" end })
print(left + right, right + left, {} + left) -- expect: left right left
local plain = setmetatable({}, {})
print(plain + right, right + plain) -- expect: right right
print(pcall(function() return plain + 1 end))
-- expect: false arithmetic.lua:42: attempt to perform arithmetic on a table value (upvalue 'plain')

-- A metamethod need not be a function.
local called = setmetatable({}, { __add = setmetatable({}, { __call = function(_, x, y) return "callable", x, y end }) })
print(called + 1) -- expect: callable
print(pcall(function() return setmetatable({}, { __add = 5 }) + 1 end))
-- expect: false arithmetic.lua:48: attempt to call a number value (metamethod 'add')

-- Strings have metamethods for arithmetic that numbers lack.
print("10" + 1, pcall(function() return "abc" + 1 end))
-- expect: 11 false arithmetic.lua:52: attempt to add a 'string' with a 'number'
print(pcall(function() return {} .. "x" end))
-- expect: false arithmetic.lua:54: attempt to concatenate a table value
print(pcall(function() return -{} end))
-- expect: false arithmetic.lua:56: attempt to perform arithmetic on a table value
print(pcall(function() return #nil end))
-- expect: false arithmetic.lua:58: attempt to get length of a nil value
print(pcall(function() return ~1.5 end))
-- expect: false arithmetic.lua:60: number has no integer representation
