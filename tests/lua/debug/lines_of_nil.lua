-- Lines that a hook sees where values are set to nil that others beside them are set to.
local lines = {}
local function trace(f)
  lines = {}
  debug.sethook(function(_, line) lines[#lines + 1] = line - debug.getinfo(f, "S").linedefined end, "l")
  f()
  debug.sethook()
  print(table.concat(lines, " "))
end
trace(function()
  do
    local a = nil
  end
  local b = nil
  local c = nil
  local d
end)
trace(function()
  local a
  a = nil
  local b
  a = nil
  b = nil
  local c, d
  c = nil
  a = nil
end)
trace(function()
  local a, b, c = 1
  do
    local d, e
    b = nil
    c = nil
  end
  local f
  e = nil
end)
-- expect: -4 2 7 -3
-- expect: -12 1 9 -11
-- expect: -22 1 8 9 -21
