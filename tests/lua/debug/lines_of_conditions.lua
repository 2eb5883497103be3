-- Lines that a hook sees where conditions are constants, or end a loop's body.
local function trace(f)
  local lines = {}
  debug.sethook(function(_, line) lines[#lines + 1] = line - debug.getinfo(f, "S").linedefined end, "l")
  f()
  debug.sethook()
  print(table.concat(lines, " "))
end
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    else
      if nil then n = 2 end
    end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if nil then break end
  end
end)
trace(function()
  local n = 0
  for i = 1, 2 do
    if i == 5 then
      n = 6
    else
      while false do n = 7 end
    end
  end
end)
trace(function()
  local n = 0
  repeat n = n + 1
    if n == 5 then
      n = 6
    elseif not true then
      n = 7
    end
  until n == 2
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    elseif not 0 then
    else
    end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    else
      repeat until n > 0
    end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    else
      repeat until n == 7 or true
    end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    else
      if n == 5 then end
    end
  end
end)
trace(function()
  local n = 0
  while n < 2 do n = n + 1
    if n == 5 then
      n = 6
    else
      if n == 5 then else end
    end
  end
end)
-- expect: -4 1 2 3 6 2 3 6 2 9 -3
-- expect: -14 1 2 3 2 3 2 5 -13
-- expect: -20 1 2 3 6 2 3 6 2 9 -19
-- expect: -30 1 2 3 5 8 2 3 5 8 9 -29
-- expect: -40 1 2 3 5 2 3 5 2 9 -39
-- expect: -50 1 2 3 2 3 2 5 -49
-- expect: -56 1 2 3 6 7 2 3 6 7 2 9 -55
-- expect: -66 1 2 3 6 7 2 3 6 7 2 9 -65
-- expect: -76 1 2 3 6 2 3 6 2 9 -75
-- expect: -86 1 2 3 6 2 3 6 2 9 -85
