-- Finalizers are called while a script runs that does nothing but allocate.

local called = 0
local function object() return setmetatable({}, { __gc = function() called = called + 1 end }) end
for _ = 1, 10 do object() end
local steps = 0
repeat local garbage = { {} }; steps = steps + 1 until called >= 10 or steps > 1e7
print(called) -- expect: 10

-- And a finalizer that makes the next object keeps being called.
local generations = 0
local function again() generations = generations + 1; setmetatable({}, { __gc = again }) end
again()
steps = 0
repeat local garbage = { {} }; steps = steps + 1 until generations > 3 or steps > 1e7
print(generations > 3) -- expect: true
