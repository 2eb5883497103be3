#!/usr/bin/env lua
-- Every construct of the language, for the tests that need a source with all of them.
--[==[ a long
comment ]]
]==]
global <const> print, require
global *
global counter, limit <const> = 0, 0x7fffffffffffffff
global function report(...) print("report", ...) end

local a, b <const>, c <close> = 1, 2.5e-3, nil
local <const> d, e = .5, 0x.8p-2;
local t = { 1, 2; 3, x = 1, ["key"] = 'single', [a + 1] = "dou\z
   ble\u{48}\x49\065\
new", { nested = {} }, f = function(self, ...extra) return extra.n end, }

local function gcd(m, n)
  while n ~= 0 do m, n = n, m % n end
  return m
end

function t.sub.method:name(x, y, ...)
  if x and not y or self == nil then
    return ...
  elseif x // y >= 1 << 3 and x ~ y | 7 & ~2 ~= 0 then
    return -x ^ 2 ^ y, (x .. y .. "z"), #self
  else
    goto done
  end
  ::done::
  do local u <close> = x; t.a.b["c"]:d "arg" { 1 } [[long]](x)(y).z = u end
end

for i = 10, 1, -2 do
  if i > 5 then break end
  for k, v in next, t, nil do print(k, v) end
end
for i = 1, 2 do end

repeat
  local done = gcd(12, 18) <= 6
  global = done
until done;

::again:: goto again
return t, [==[
]]]=]]==]; -- the end
