-- Yields from everywhere: metamethods, iterators, comparators, callbacks. PUC-Rio's Lua cannot yield
-- from ipairs' __index, comparators, gsub's callbacks and tables, message handlers, readers of load,
-- searchers and loaders of require, __tostring, metamethods of strings' arithmetic, the fields that
-- os.time reads, or from the metamethods that functions of `table` call; there, the expectations are
-- what it would print if it could.

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

-- In message handlers, and for every way out of a block.
print(drive(function() return xpcall(error, function(m) return yield(m) .. "!" end, "e", 0) end))
-- expect: [e] true false e!
print(drive(function() return xpcall(function() local x = nil; return x.y end, function(m) yield(#m > 0); return "handled" end) end))
-- expect: [true] true false handled
print(drive(function() return select("#", pcall(yield, 1, 2)) end))
-- expect: [1] true 2
local function closing(tag) return setmetatable({}, { __close = function() yield(tag) end }) end
print(drive(function() do local a <close> = closing("a"); local b <close> = closing("b") end return "end" end))
-- expect: [b a] true end
print(drive(function() for i = 1, 3 do local a <close> = closing(i); if i == 2 then break end end return "end" end))
-- expect: [1 2] true end
print(drive(function() do local a <close> = closing("goto"); goto out end ::out:: return "end" end))
-- expect: [goto] true end
print(drive(function() for i in next, { 1, 2 }, nil, closing("for") do if i == 1 then break end end return "end" end))
-- expect: [for] true end
print(drive(function() local function f() local a <close> = closing("tail"); return "x", "y" end return f() end))
-- expect: [tail] true x y


-- In loops over iterators of every kind.
print(drive(function() local s = ""; for w in ("a b c"):gmatch("%a") do s = s .. yield(w) end return s end))
-- expect: [a b c] true abc
print(drive(function() local s = 0; for _, c in utf8.codes("ab") do s = s + yield(c) end return s end))
-- expect: [97 98] true 1950
print(drive(function()
  local callable = setmetatable({}, { __call = function(_, _, i) i = i + 1; if i < 4 then return yield(i) // 10 end end })
  local s = 0; for i in callable, nil, 0 do s = s + i end return s
end))
-- expect: [1 2 3] true 6
print(drive(function() for k in pairs(setmetatable({}, { __pairs = function() return function(_, k) if not k then return yield("next") end end end })) do return k end end))
-- expect: [next] true next

-- In what `tostring` does, wherever it is done.
local named = setmetatable({}, { __tostring = function() return (yield("tostring")) end })
print(drive(function() print("printed", named, named) end))
-- expect: printed tostring tostring
-- expect: [tostring tostring] true
print(drive(function() return ("%s|%5s|%-10s|%d"):format(named, "x", named, 7) end))
-- expect: [tostring tostring] true tostring|    x|tostring  |7
print(drive(function() return pcall(string.format, "%s", setmetatable({}, { __tostring = function() return yield("n") and 1 end })) end))
-- expect: [n] true true 1

-- In what string functions and operations on strings call.
print(drive(function() return (("a b"):gsub("%a", setmetatable({}, { __index = function(_, k) return yield(k) .. "!" end }))) end))
-- expect: [a b] true a! b!
print(drive(function() return (("ab"):gsub("()", function(i) return yield(i) end)) end))
-- expect: [1 2 3] true 10a20b30
print(drive(function() return "10" + o, o - "1", "2" .. o end))
-- expect: [add sub concat] true add sub concat

-- In metamethods that functions of `table` call.
local function proxy(data)
  return setmetatable({}, {
    __index = function(_, k) yield("get " .. tostring(k)); return data[k] end,
    __newindex = function(_, k, v) yield("set " .. tostring(k)); data[k] = v end,
    __len = function() yield("len"); return #data end,
  })
end
print(drive(function() local d = { 1, 2 }; table.insert(proxy(d), 3); return table.unpack(d) end))
-- expect: [len set 3] true 1 2 3
print(drive(function() local d = { 1, 2 }; table.insert(proxy(d), 1, 0); return table.unpack(d) end))
-- expect: [len get 2 set 3 get 1 set 2 set 1] true 0 1 2
print(drive(function() local d = { 1, 2, 3 }; return table.remove(proxy(d)), #d end))
-- expect: [len get 3 set 3] true 3 2
print(drive(function() local d = { 1, 2, 3 }; return table.remove(proxy(d), 1), table.unpack(d) end))
-- expect: [len get 1 get 2 set 1 get 3 set 2 set 3] true 1 2 3
print(drive(function() return table.concat(proxy { "a", "b" }, "-") end))
-- expect: [len get 1 get 2] true a-b
print(drive(function() return table.unpack(proxy { 4, 5 }) end))
-- expect: [len get 1 get 2] true 4 5
print(drive(function() local d = {}; table.move(proxy { 1, 2 }, 1, 2, 1, proxy(d)); return d[1], d[2] end))
-- expect: [get 1 set 1 get 2 set 2] true 1 2
print(select(2, drive(function() local d = { 3, 1, 2 }; table.sort(proxy(d)); return table.concat(d, ",") end)))
-- expect: true 1,2,3
print(select(2, drive(function() local d = { 3, 1, 2 }; table.sort(proxy(d), function(a, b) return yield(a) > b * 10 end); return table.concat(d, ",") end)))
-- expect: true 3,2,1
print(select(3, drive(function()
  local less = { __lt = function(a, b) yield("lt"); return a.n < b.n end }
  local t = {}; for i, n in ipairs { 2, 3, 1 } do t[i] = setmetatable({ n = n }, less) end
  table.sort(t)
  return t[1].n .. t[2].n .. t[3].n
end)))
-- expect: 123

-- In what other library functions read from tables.
print(drive(function() return os.time(setmetatable({ year = 2020, month = 1, day = 1, hour = 12 }, { __index = function(_, k) yield(k) end })) ~= nil end))
-- expect: [min sec isdst] true true
print(drive(function() return os.date("!%Y", os.time(setmetatable({}, { __index = function(_, k) return yield(k) and 2001 end })) // 86400 * 86400) ~= nil end))
-- expect: [year month day hour min sec isdst] true true

-- In modules: searchers, loaders, readers, and chunks.
package.preload.yielding = function(name) return { name = yield(name) } end
print(drive(function() return require("yielding").name end))
-- expect: [yielding] true yielding
table.insert(package.searchers, 1, function(name)
  if name == "searched" then return function(n, extra) return yield(n) .. yield(extra) end, yield("found") end
  yield("no " .. name)
end)
print(drive(function() return require("searched") end))
-- expect: [found searched found] true searchedfound found
print(drive(function() return (pcall(require, "missing.module")) end))
-- expect: [no missing.module] true false
table.remove(package.searchers, 1)
print(drive(function() return load("return coroutine.yield('chunk')")() end))
-- expect: [chunk] true chunk
print(drive(function() local env = setmetatable({}, { __index = function(_, k) return yield(k) end }); return load("return x, y", "=env", "t", env)() end))
-- expect: [x y] true x y
print(drive(function() local env = setmetatable({}, { __newindex = function(_, k, v) yield(k .. "=" .. v) end }); return load("x = 1 y = 2", "=env", "t", env)() end))
-- expect: [x=1 y=2] true
