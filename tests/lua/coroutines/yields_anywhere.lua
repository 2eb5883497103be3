-- Yields from everywhere: metamethods, iterators, comparators, callbacks. PUC-Rio's Lua cannot yield
-- from ipairs' __index, comparators, gsub's callbacks, readers of load, __tostring, or from the
-- metamethods that functions of `table` call; there, the expectations are what it would print if
-- it could.

local yield = coroutine.yield

-- Runs a function as a coroutine, answering every yield with ten times what was yielded.
local function drive(f, ...)
  local co = coroutine.create(f)
  local log = {}
  local results = table.pack(coroutine.resume(co, ...))
  while results[1] and coroutine.status(co) == "suspended" do
    log[#log + 1] = tostring(results[2])
    results = table.pack(coroutine.resume(co, type(results[2]) == "number" and results[2] * 10 or results[2]))
  end
  return "[" .. table.concat(log, " ") .. "]", table.unpack(results, 1, results.n)
end

-- Across pcall, xpcall, error, and close.
print(drive(function() return pcall(function() return yield(1) + yield(2) end) end))
-- expect: [1 2] true true 30
print(drive(function() return pcall(function() yield(1); error("after", 0) end) end))
-- expect: [1] true false after
print(drive(function() return xpcall(function(a) yield(a); error("e", 0) end, function(m) return m .. " handled" end, 5) end))
-- expect: [5] true false e handled
print(drive(function() return pcall(pcall, pcall, function() return yield(1) end) end))
-- expect: [1] true true true true 10
print(drive(function()
  local a <close> = setmetatable({}, { __close = function(_, e) yield("closing " .. tostring(e)) end })
  yield(1)
  return "result"
end))
-- expect: [1 closing nil] true result
print(drive(function()
  return pcall(function()
    local a <close> = setmetatable({}, { __close = function(_, e) yield("closing " .. tostring(e)) end })
    error("failed", 0)
  end)
end))
-- expect: [closing failed] true false failed

-- In metamethods.
local mt = {}
for _, name in ipairs { "add", "sub", "mul", "div", "mod", "pow", "idiv", "band", "bor", "bxor", "shl", "shr", "unm", "bnot", "len", "index" } do
  mt["__" .. name] = function() return yield(name) end
end
mt.__concat = function(a, b) return yield("concat") end
mt.__lt = function() return yield("lt") == "lt" end
mt.__le = function() return yield("le") == nil end
mt.__eq = function() return yield("eq") end
mt.__newindex = function(t, k, v) rawset(t, k, yield(v)) end
mt.__call = function(_, x) return yield(x), "called" end
local function new() return setmetatable({}, mt) end
local o = new()
print(drive(function() return o + 1, 1 - o, o * o, o / 1, o % 1, o ^ 2, o // 2 end))
-- expect: [add sub mul div mod pow idiv] true add sub mul div mod pow idiv
print(drive(function() return o & 1, 1 | o, o ~ o, o << 1, 1 >> o, -o, ~o, #o end))
-- expect: [band bor bxor shl shr unm bnot len] true band bor bxor shl shr unm bnot len
print(drive(function() return o.field, o[1], o["x"] end))
-- expect: [index index index] true index index index
print(drive(function() return "a" .. o, o .. "b", "x" .. "y" .. o .. "z" end))
-- expect: [concat concat concat] true concat concat xyconcat
print(drive(function() return o < 1, o <= 1, o == new(), o ~= new(), not (o < o) end))
-- expect: [lt le eq eq lt] true true false true false false
print(drive(function() if o < 1 then return "then" else return "else" end end))
-- expect: [lt] true then
print(drive(function() local n = 0; while o < 1 and n < 2 do n = n + 1 end return n end))
-- expect: [lt lt lt] true 2
print(drive(function() local t = new(); t.x = 5; return t.x end)) -- expect: [5] true 50
print(drive(function() return o(7) end)) -- expect: [7] true 70 called
print(drive(function() local r = { o(1), o(2) }; return #r, r[1], r[2], r[3] end))
-- expect: [1 2] true 3 10 20 called

-- In iterators.
print(drive(function()
  local sum = 0
  for i in function(_, last) last = (last or 0) + 1; if last <= 3 then return yield(last) // 10 end end do sum = sum + i end
  return sum
end))
-- expect: [1 2 3] true 6
print(drive(function()
  local t = setmetatable({}, { __pairs = function() yield("pairs"); return next, { a = 1 }, nil end })
  for k, v in pairs(t) do yield(k); return k, v end
end))
-- expect: [pairs a] true a 1
print(drive(function()
  local t = setmetatable({}, { __index = function(_, i) if i < 3 then return yield(i) end end })
  local sum = 0
  for _, v in ipairs(t) do sum = sum + v end
  return sum
end))
-- expect: [1 2] true 30

-- In callbacks of the library.
print(drive(function()
  local t = { 3, 1, 2 }
  table.sort(t, function(a, b) yield("cmp"); return a < b end)
  return table.concat(t, ",")
end):gsub("cmp ?", "") and "sorted")
-- expect: sorted
print(select(3, drive(function()
  local t = { 5, 3, 1, 4, 2 }
  table.sort(t, function(a, b) return yield(a) < b * 10 end)
  return table.concat(t, ",")
end)))
-- expect: 1,2,3,4,5
print(drive(function() return (("a b c"):gsub("%a", function(c) return yield(c):upper() end)) end))
-- expect: [a b c] true A B C
print(drive(function() return tostring(setmetatable({}, { __tostring = function() return yield("tostring") end })) end))
-- expect: [tostring] true tostring
print(drive(function() return load(function() return yield(nil) end) ~= nil end))
-- expect: [nil] true true
local parts = { "return ", "4", "2" }
print(drive(function()
  local i = 0
  return load(function() i = i + 1; yield(i); return parts[i] end)()
end))
-- expect: [1 2 3 4] true 42
print(drive(function()
  local t = setmetatable({}, { __index = function(_, i) return yield(i) end, __len = function() return yield("len") and 3 end })
  return table.concat(t, ",")
end))
-- expect: [len 1 2 3] true 10,20,30
print(drive(function()
  local t = setmetatable({}, { __index = function(_, i) return yield(i) end })
  return table.unpack(t, 1, 3)
end))
-- expect: [1 2 3] true 10 20 30
print(drive(function()
  local log = {}
  local t = setmetatable({}, { __newindex = function(t, k, v) yield("set"); rawset(t, k, v) end, __len = function() return 0 end })
  table.insert(t, "x")
  table.move({ 1, 2 }, 1, 2, 2, t)
  return t[1], t[2], t[3]
end))
-- expect: [set set set] true x 1 2

-- Coroutines inside coroutines.
print(drive(function()
  local inner = coroutine.wrap(function() local x = yield("inner"); return x .. "!" end)
  yield(inner())
  return inner("done")
end))
-- expect: [inner] true done!
print(drive(function()
  for v in coroutine.wrap(function() for i = 1, 3 do yield(i) end end) do yield(v * 100) end
  return "end"
end))
-- expect: [100 200 300] true end
