-- collectgarbage: its options, and that memory comes back.

print(collectgarbage(), collectgarbage("collect")) -- expect: 0 0
print(math.type(collectgarbage("count")), collectgarbage("count") > 0) -- expect: float true
print(collectgarbage("isrunning"), collectgarbage("stop"), collectgarbage("isrunning"))
-- expect: true 0 false
print(collectgarbage("restart"), collectgarbage("isrunning")) -- expect: 0 true
print(collectgarbage("incremental"), collectgarbage("generational"), collectgarbage("incremental"))
-- expect: incremental incremental generational
print(type(collectgarbage("step")), type(collectgarbage("step", 1000))) -- expect: boolean boolean
print(pcall(collectgarbage, "nonsense"))
-- expect: false bad argument #1 to 'collectgarbage' (invalid option 'nonsense')
print(pcall(collectgarbage, "param", "nonsense"))
-- expect: false bad argument #2 to 'collectgarbage' (invalid option 'nonsense')
print(collectgarbage("param", "pause"), collectgarbage("param", "pause", 300), collectgarbage("param", "pause"))
-- expect: 250 250 300

collectgarbage()
local before = collectgarbage("count")
local big = ("x"):rep(10 * 1024 * 1024)
big = nil
collectgarbage()
print(collectgarbage("count") - before < 100) -- expect: true
local t = {}
for i = 1, 100000 do t[i] = { i } end
print(collectgarbage("count") - before > 1000) -- expect: true
t = nil
collectgarbage()
print(collectgarbage("count") - before < 200) -- expect: true

-- Garbage in a loop does not pile up.
local peak = 0
for i = 1, 200000 do
  local garbage = { i, tostring(i), function() return i end }
  if i % 1000 == 0 then peak = math.max(peak, collectgarbage("count")) end
end
print(peak < 64 * 1024) -- expect: true
local s = ""
for i = 1, 2000 do s = s .. ("y"):rep(100) end
print(#s, collectgarbage("count") < 128 * 1024) -- expect: 200000 true

-- A list nested deep is freed without recursion.
local list
for _ = 1, 300000 do list = { list } end
list = nil
collectgarbage()
print("freed") -- expect: freed
