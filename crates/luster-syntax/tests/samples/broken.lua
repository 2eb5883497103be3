local x = = 3
if x then
  local t = { a = 1 b = 2, ) }
  f(1, 2
else else
end end
for 1 do g( end
function () end
x y z = "unfinished
local s = 'bad \q escape' .. 3x .. $ .. "\u{110000000}"
return 1 print(2)
local <foo> v; global <close> w
until true
{ [
--[[ never ended
