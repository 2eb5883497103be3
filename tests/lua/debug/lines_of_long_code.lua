-- Line hooks in long straight code: what the VM looks at its fuel at has no line of its own.
local lines = {}
local pieces = {}
for i = 1, 2500 do
  pieces[#pieces + 1] = i % 3 == 0 and "if x then\ny = 1\nend\n" or i % 3 == 1 and "x = t.a\n" or "t = {\na = 1,\n2}\n"
end
local f = load("local x, y, t = nil, nil, {}\n" .. table.concat(pieces))
debug.sethook(function(_, line) lines[#lines + 1] = line end, "l")
f()
debug.sethook()
local sum = 0
for i, line in ipairs(lines) do sum = (sum * 31 + line) % 1000000007 end
print(#lines, sum) -- expect: 5001 359806277
local items = {}
for i = 1, 5000 do items[i] = i % 2 == 0 and "[" .. i .. "] = x and\nx.y" or "x or " .. i end
lines = {}
local g = load("local x = nil local t = {\n" .. table.concat(items, ",\n") .. "}\n return #t")
debug.sethook(function(_, line) lines[#lines + 1] = line end, "l")
local n = g()
debug.sethook()
sum = 0
for i, line in ipairs(lines) do sum = (sum * 31 + line) % 1000000007 end
print(n, #lines, sum) -- expect: 2500 7504 875982251
