-- Keys that could be in either part of a table are in one only; borders of lists with holes.

local t = {}
t[1] = 1 t[2] = 2 t[3] = 3
t[5] = "old" t[5] = "new"
t[7] = true
print(t[5]) -- expect: new
local count = 0
for _ in pairs(t) do count = count + 1 end
print(count) -- expect: 5

-- Assigning to keys while going through them moves none.
local u = {}
for i = 1, 40, 3 do u[i] = i end
u[2] = 2 u[3] = 3
local seen = 0
for k in pairs(u) do
  u[k] = -k
  seen = seen + 1
end
print(seen) -- expect: 16

-- A key given by name and by place is there once.
count = 0
for k, v in pairs { [2] = "x", "a", "b" } do
  count = count + 1
  io.write(k, "=", v, " ")
end
print(count) -- expect: 1=a 2=b 2

print(#{ 1, nil, 3 }, #{ nil, nil, 3 }, #{ 1, 2, nil, 4 }, #{ nil, 2 }, #{ 1, 2, 3, 4, 5, nil, 7 })
-- expect: 1 0 2 0 5
local h = {}
for i = 1, 8 do h[i] = i end
h[4] = nil
print(#h) -- expect: 3
h[4] = 4
print(#h) -- expect: 8
while #h > 0 do h[#h] = nil end
print(#h, next(h)) -- expect: 0 nil
