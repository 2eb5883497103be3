-- Labels and `goto`: loops made by hand, continue, and closures made in them.

-- Collects a line in pieces.
local line = ""
local function write(...) line = line .. table.concat({ ... }) end
local function written() local text = line; line = ""; return text end

do
  local i = 1
  ::top::
  if i <= 3 then write(i, " "); i = i + 1; goto top end
  print(written())
end
-- expect: 1 2 3

for i = 1, 5 do
  if i % 2 == 0 then goto continue end
  write(i, " ")
  ::continue::
end
print(written()) -- expect: 1 3 5

for i = 1, 3 do
  for j = 1, 3 do
    if j == 2 then goto next_i end
    write(i, ":", j, " ")
  end
  ::next_i::
end
print(written()) -- expect: 1:1 2:1 3:1

-- Each turn through a block makes its locals anew.
do
  local functions, i = {}, 1
  ::again::
  local fresh = i * 10
  functions[i] = function() fresh = fresh + 1; return fresh end
  i = i + 1
  if i <= 3 then goto again end
  print(functions[1](), functions[1](), functions[2](), functions[3]())
end
-- expect: 11 12 21 31

-- A while loop, a repeat loop whose condition sees the block's locals.
do
  local functions, n = {}, 0
  repeat
    local here = n
    n = n + 1
    functions[n] = function() return here end
  until here == 2
  print(functions[1](), functions[2](), functions[3]())
end
-- expect: 0 1 2

-- Leaving a block closes its variables.
do
  local function close(name)
    return setmetatable({}, { __close = function() print("close " .. name) end })
  end
  local n = 0
  ::back::
  do
    local a <close> = close("a" .. n)
    n = n + 1
    if n < 3 then goto back end
  end
  print(n)
end
-- expect: close a0
-- expect: close a1
-- expect: close a2
-- expect: 3

-- What is refused.
print(load("goto nowhere"))
-- expect: nil [string "goto nowhere"]:1: no visible label 'nowhere' for <goto> at line 1
print(load("do ::inner:: end goto inner"))
-- expect: nil [string "do ::inner:: end goto inner"]:1: no visible label 'inner' for <goto> at line 1
print(load("goto over; local x; ::over:: print(x)"))
-- expect: nil [string "goto over; local x; ::over:: print(x)"]:1: <goto over> at line 1 jumps into the scope of 'x'
print(load("::twice:: ::twice::"))
-- expect: nil [string "::twice:: ::twice::"]:1: label 'twice' already defined on line 1
print(load("break")) -- expect: nil [string "break"]:1: break outside loop near 'break'
print(load("repeat if true then goto cont end; local x; ::cont:: until x"))
-- expect: nil [string "repeat if true then goto cont end; local x; :..."]:1: <goto cont> at line 1 jumps into the scope of 'x'
print((load("goto over; local x; ::over::")) ~= nil) -- expect: true
