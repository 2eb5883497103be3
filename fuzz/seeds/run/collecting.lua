local weak = setmetatable({}, { __mode = 'k' })
for i = 1, 50 do
  local key = setmetatable({ i }, { __gc = function(o) weak[o] = o[1] end })
  weak[key] = { key }
  if i % 10 == 0 then collectgarbage('step') end
end
collectgarbage()
for k, v in next, weak do weak[k] = nil end
string.gsub(('ab'):rep(10), '%w', function(c) coroutine.yield(c) end)
table.sort({ 3, 1, 2 }, function(a, b) return a < b end)
