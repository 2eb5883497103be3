-- Upvalues read and written: counters, a variable shared by two closures, one three levels up.
local function make_counter()
  local n = 0
  return function() n = n + 1; return n end
end
local function make_account()
  local balance = 0
  local function deposit(v) balance = balance + v end
  local function get() return balance end
  return deposit, get
end
local first, second = make_counter(), make_counter()
local deposit, get = make_account()
local outer = 0
local function level()
  return function()
    return function(i) outer = (outer + i) & 0xffff end
  end
end
local deep = level()()
local sum = 0
for i = 1, 3000000 do
  sum = sum + first()
  if i % 3 == 0 then sum = sum - second() end
  deposit(i & 15)
  deep(i)
end
print(sum, get(), outer)
