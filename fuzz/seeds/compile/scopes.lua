global print <const>, x
local function f(a, ...t)
  local b <const>, c = 1 << 4, a // 0x1p4
  goto continue
  do local d = function() c = c + b; return t.n end end
  ::continue::
  while a do repeat local e; if e then break end until not c end
  return f(a and b or c, -a ^ 2 .. "\u{48}\z  x", [==[ ]] ]==])
end
for i = 10, 1, -3 do f{i; [i] = i, x = function() return i end} end
