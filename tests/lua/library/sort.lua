-- table.sort: orders, comparators, what goes wrong.

local function sorted(t, f) table.sort(t, f); return table.concat(t, " ") end
print(sorted { 3, 1, 2 }, sorted {}, sorted { 1 }, sorted { 2, 1 }) -- expect: 1 2 3  1 1 2
print(sorted { "b", "a", "C", "" }) -- expect:  C a b
print(sorted { 3, 1.5, 2, -1, math.huge, -math.huge }) -- expect: -inf -1 1.5 2 3 inf
print(sorted({ 3, 1, 2 }, function(a, b) return a > b end)) -- expect: 3 2 1
print(sorted({ "ccc", "a", "bb" }, function(a, b) return #a < #b end)) -- expect: a bb ccc
local t = {}
for i = 1, 1000 do t[i] = (i * 7919) % 1009 end
table.sort(t)
local ok = true
for i = 2, #t do ok = ok and t[i - 1] <= t[i] end
print(ok) -- expect: true
for i = 1, 1000 do t[i] = 5 end
table.sort(t)
print(t[1], t[1000]) -- expect: 5 5
for i = 1, 1000 do t[i] = 1001 - i end
table.sort(t, function(a, b) return a < b end)
print(t[1], t[500], t[1000]) -- expect: 1 500 1000
print(pcall(table.sort, { 1, "x" })) -- expect: false attempt to compare string with number
print(pcall(table.sort, { {}, {} })) -- expect: false attempt to compare two table values
print(pcall(table.sort, { 1, 2 }, 5))
-- expect: false bad argument #2 to 'table.sort' (function expected, got number)
print(pcall(table.sort, { 1, 2, 3 }, function() error("in the comparator", 0) end))
-- expect: false in the comparator
local bad = {}
for i = 1, 100 do bad[i] = i % 10 end
print(pcall(table.sort, bad, function() return true end))
-- expect: false invalid order function for sorting
print(pcall(table.sort))
-- expect: false bad argument #1 to 'table.sort' (table expected, got no value)
local long = {}
for i = 1, 20000 do long[i] = i * 7919 % 20011 end
local floats, strings, kept = {}, {}, {}
for i, v in ipairs(long) do floats[i], strings[i], kept[i] = v + 0.5, ("%05d"):format(v), v end
table.sort(long, function(a, b) return a > b end)
for _, list in ipairs { floats, strings, kept } do table.sort(list) end
local are_sorted = true
for i = 2, 20000 do
  are_sorted = are_sorted and long[i - 1] > long[i] and floats[i - 1] < floats[i]
    and strings[i - 1] < strings[i] and kept[i - 1] < kept[i]
end
print(are_sorted, long[20000] == kept[1], floats[1] - kept[1], tonumber(strings[9]) == kept[9])
-- expect: true true 0.5 true
local mixed = {}
for i = 1, 200000 do mixed[i] = i * 7919 % 200003 end
table.sort(mixed, function(a, b) return a < b end)
local are_in_place = true
for i = 2, 200000 do are_in_place = are_in_place and mixed[i - 1] < mixed[i] end
print(are_in_place) -- expect: true
mixed[200001] = setmetatable({}, { __lt = function(a, b) return type(b) == "number" end })
table.sort(mixed)
print(type(mixed[1]), mixed[2] < mixed[3], #mixed) -- expect: table true 200001
mixed[200001] = "x"
print(select(2, pcall(table.sort, mixed)):match("attempt to compare")) -- expect: attempt to compare
