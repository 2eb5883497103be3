-- Some of everything, to be cut and shuffled.
local a, b <const>, c <close> = 1, 2.5, nil
global print, x, y <const>
global *
local t = { 1, 2 ; x = 3, [a] = "s", f(), ... }
function t.u.v:w(p, q, ...) return self, p, ... end
local function fact(n) if n <= 1 then return 1 end return n * fact(n - 1) end
for i = 1, 10, a do local k <close> = i goto continue print(function() return i end) ::continue:: end
for k, v in pairs(t) do if k == v then break elseif not k then goto out else t[k], a = v, k end end
while a < b and c or not t.x do a = a + 1 repeat local z = f(a) until z ~= nil end
::out::
do local _ENV = { } x = y .. a .. "s" ; x, y.z = y, x end
local g = function(...n) return n[1], n.n, ... end
return a // 0 | 1 << 2 ~ b, (f()), #t, -a ^ 2, t:m "s" { } . y [ 1 ] ( )
