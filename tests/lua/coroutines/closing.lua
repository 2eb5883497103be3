-- Coroutines that close themselves, and one that is closed twice.

local co = coroutine.create(function() coroutine.close(coroutine.running()); print("not reached") end)
print(coroutine.resume(co)) -- expect: true
co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function(_, e) print("closed", e) end })
  pcall(function() coroutine.close() end)
  print("not reached")
end)
print(coroutine.resume(co))
-- expect: closed nil
-- expect: true
print(coroutine.status(co)) -- expect: dead
co = coroutine.create(function()
  local x <close> = setmetatable({}, { __close = function() error("in close", 0) end })
  coroutine.close()
end)
print(coroutine.resume(co)) -- expect: false in close
co = coroutine.wrap(function() coroutine.close() end)
print(select("#", co())) -- expect: 0
co = coroutine.create(function()
  local b <close> = setmetatable({}, { __close = function() error("b failed", 0) end })
  coroutine.yield()
end)
coroutine.resume(co)
print(coroutine.close(co)) -- expect: false b failed
print(coroutine.status(co), coroutine.close(co)) -- expect: dead true
