-- Line hooks: which lines are told, of code that is spread over several.

-- Prints the lines that a hook is told of while a text runs, the first being 1.
local function trace(text)
  local lines = {}
  local main = assert(load("local a, b, t, f = ...\n" .. text, "=text"))
  local function hook(_, line)
    if debug.getinfo(2, "S").source == "=text" then lines[#lines + 1] = line - 1 end
  end
  local object = { x = 1, m = function() return 1 end }
  debug.sethook(hook, "l")
  main(1, nil, object, function(...) return object end)
  debug.sethook()
  print((table.concat(lines, " ", 2)))
end

-- Arguments are passed at the comma, and the last at the parenthesis.
trace "f(\n1,\n'x'\n)" -- expect: 1 2 4 1 4
trace "f(\n  a\n  ,\n  t.x\n)" -- expect: 1 3 5 1 5
trace "f {\n1,\n2\n}" -- expect: 1 2 4 1 4
-- A method is looked up, and its object, where its name is.
trace "t\n:m(\n)" -- expect: 2 3
-- Operands are read at the operator, or where the expression ends.
trace "a = t\n.x\n+\na" -- expect: 3 4
trace "b = t.x\n..\nt.x" -- expect: 2 3 2 3
trace "b = a <\n2" -- expect: 2
trace "b = not\na" -- expect: 2
trace "b = (\nt.x\n)" -- expect: 3
trace "b = -\n5" -- expect: 2
trace "b = a\nand\n(\nt\n)\n.x" -- expect: 2 6
trace "f(a ~=\n2\n)" -- expect: 1 2 3 1 3
-- Conditions
trace "if\na\nor\nb\nthen\nf()\nend" -- expect: 3 6 7
trace "if false then\nf()\nend\nif false then\nf()\nend" -- expect: 1 4 6
trace "goto x\ndo local c end\n::x::\nif false then f()\nend" -- expect: 1 4 5
trace "if -1 then\nf()\nend" -- expect: 2 3
-- A condition that ends a loop's body goes back by itself.
trace "local n = 2\nwhile n > 0 do\nn = n - 1\nif b then\nf()\nend\nend" -- expect: 1 2 3 4 2 3 4 2 7
trace "local n = 2\nwhile n > 0 do\nn = n - 1\nif a then\nf()\nend\nend" -- expect: 1 2 3 4 5 6 2 3 4 5 6 2 7
trace "local n = 0\nrepeat\nn = n + 1\nif b then f() end\nuntil n > 1" -- expect: 1 3 4 5 3 4 5
-- A loop that is left by break is not closed at its end.
trace "for _ in pairs { 1, 2 } do\nif a then\nbreak\nend\nend\nf()" -- expect: 1 2 3 6
trace "for _ in pairs { 1, 2 } do\nf()\nend" -- expect: 1 2 1 2 1 3
-- A captured variable has no line of its own.
trace "local c, d = f(\na)\nlocal function g() return c end\ng()" -- expect: 1 2 1 3 4 3
