-- Functions of the library that call each other without end, and others at the edges of calls.

-- Each lookup in the table calls the same function with the table again.
print(pcall(function() return setmetatable({}, { __index = os.time }).x end))
-- expect: false C stack overflow
print(pcall(tostring, setmetatable({}, { __tostring = tostring })))
-- expect: false C stack overflow

-- The first function of a coroutine fails before it runs.
print(coroutine.wrap(xpcall)(5, function() return "handled" end))
-- expect: false handled

-- No result is not the same as nil.
print(select("#", table.insert({ 1 }, 2)))
-- expect: 0
local function insert() return table.insert({}, 1) end
print(select("#", insert()), (insert()))
-- expect: 0 nil

-- A loop that begins at what is not a number.
local runs = 0
for i = 0 / 0, 1 do runs = runs + 1 end
for i = 0 / 0, 1, -1 do runs = runs + 1 end
for i = 1, 0 / 0 do runs = runs + 1 end
print(runs)
-- expect: 2
