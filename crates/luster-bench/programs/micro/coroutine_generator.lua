-- One coroutine that is resumed again and again, by coroutine.wrap and by coroutine.resume.
local function generator(n)
  return coroutine.wrap(function()
    for i = 1, n do coroutine.yield(i, i * 2) end
  end)
end
local sum = 0
for a, b in generator(1500000) do sum = sum + a + b end
local echo = coroutine.create(function(v)
  while true do v = coroutine.yield(v + 1) end
end)
local v = 0
for _ = 1, 1500000 do
  local _
  _, v = coroutine.resume(echo, v)
end
print(sum, v, coroutine.status(echo))
