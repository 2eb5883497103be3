-- bench: alloc
-- Protected calls that succeed, and errors that are strings, tables and run-time faults.
local function fine(a, b) return a + b end
local function raise(v) error(v, 0) end
local function fault(t) return t.x.y end
local sum = 0
for i = 1, 1500000 do
  local ok, v = pcall(fine, i, 1)
  if ok then sum = sum + v end
end
local object = { code = 7 }
for i = 1, 350000 do
  local ok, e = pcall(raise, object)
  if not ok then sum = sum + e.code end
  ok, e = pcall(raise, "message")
  if not ok then sum = sum + #e end
end
for i = 1, 60000 do
  local ok, e = pcall(fault, object)
  if not ok then sum = sum + (e:find("'x'", 1, true) and 1 or 0) end
  ok, e = xpcall(raise, function(m) return m .. "!" end, "m")
  sum = sum + #e
end
local function deep(n)
  if n == 0 then error("bottom", 0) end
  return (deep(n - 1))
end
for i = 1, 10000 do
  local ok, e = pcall(deep, 50)
  sum = sum + #e
end
print(sum)
