local t <close> = setmetatable({}, { __close = function(_, e) pcall(coroutine.yield, e) end })
local co = coroutine.wrap(function(...)
  for i, v in ipairs({ ... }) do coroutine.yield(i, v) end
  error({ code = 1 })
end)
co(1, 2)
pcall(co) pcall(co)
return select('#', table.unpack({ 1, nil, 3 }, 1, 3))
