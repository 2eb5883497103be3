-- An error without an object gets one; errors through wrap get a position.

print(pcall(function() error() end)) -- expect: false <no error object>
print(pcall(function() error(nil) end)) -- expect: false <no error object>
print(pcall(error)) -- expect: false <no error object>
print(xpcall(error, function() return nil end)) -- expect: false <no error object>
print(pcall(coroutine.wrap(function() error("innermost", 0) end))) -- expect: false innermost
print(pcall(function() coroutine.wrap(function() error("innermost", 0) end)() end))
-- expect: false without_objects.lua:8: innermost
print(pcall(function() coroutine.wrap(function() coroutine.wrap(function() error("innermost") end)() end)() end))
-- expect: false without_objects.lua:10: without_objects.lua:10: without_objects.lua:10: innermost
