-- Messages of the compiler.

local function try(source)
  local _, result, message = pcall(load, source, "=s")
  print(result and "compiles" or message:match("C stack overflow") or message)
end

try("x") -- expect: s:1: syntax error near <eof>
try("x = ") -- expect: s:1: unexpected symbol near <eof>
try("x = 1 1") -- expect: s:1: unexpected symbol near '1'
try("local") -- expect: s:1: <name> expected near <eof>
try("local 1") -- expect: s:1: <name> expected near '1'
try("local function") -- expect: s:1: <name> expected near <eof>
try("local x = = 1") -- expect: s:1: unexpected symbol near '='
try("if x then") -- expect: s:1: 'end' expected near <eof>
try("if x") -- expect: s:1: 'then' expected near <eof>
try("if x then else elseif y then end") -- expect: s:1: 'end' expected near 'elseif'
try("while true do\n\n") -- expect: s:3: 'end' expected (to close 'while' at line 1) near <eof>
try("for i = 1 do end") -- expect: s:1: ',' expected near 'do'
try("for 1, 2 do end") -- expect: s:1: <name> expected near '1'
try("for i in do end") -- expect: s:1: unexpected symbol near 'do'
try("for i, 2 in x do end") -- expect: s:1: <name> expected near '2'
try("repeat x = 1") -- expect: s:1: 'until' expected near <eof>
try("function f( end") -- expect: s:1: <name> or '...' expected near 'end'
try("function f(a,) end") -- expect: s:1: <name> or '...' expected near ')'
try("function f(..., a) end") -- expect: s:1: ')' expected near ','
try("function f.g:h.i() end") -- expect: s:1: '(' expected near '.'
try("return 1, ") -- expect: s:1: unexpected symbol near <eof>
try("return 1 x = 2") -- expect: s:1: <eof> expected near 'x'
try("f(") -- expect: s:1: unexpected symbol near <eof>
try("f(1,") -- expect: s:1: unexpected symbol near <eof>
try("f(1\n\n") -- expect: s:3: ')' expected (to close '(' at line 1) near <eof>
try("x = {") -- expect: s:1: unexpected symbol near <eof>
try("x = { 1, 2") -- expect: s:1: '}' expected near <eof>
try("x = { [1 = 2 }") -- expect: s:1: ']' expected near '='
try("x = (1") -- expect: s:1: ')' expected near <eof>
try("x = 1 +") -- expect: s:1: unexpected symbol near <eof>
try("x = 1 + * 2") -- expect: s:1: unexpected symbol near '*'
try("x = not") -- expect: s:1: unexpected symbol near <eof>
try("x = #") -- expect: s:1: unexpected symbol near <eof>
try("x.y = ") -- expect: s:1: unexpected symbol near <eof>
try("x:y = 1") -- expect: s:1: function arguments expected near '='
try("x:y") -- expect: s:1: function arguments expected near <eof>
try("(x) = 1 (y) = 2") -- expect: s:1: syntax error near '='
try("(x)") -- expect: s:1: syntax error near <eof>
try("1 = x") -- expect: s:1: unexpected symbol near '1'
try("f() = 1") -- expect: s:1: syntax error near '='
try("a, f() = 1, 2") -- expect: s:1: syntax error near '='
try("a, b") -- expect: s:1: '=' expected near <eof>
try("x = 'unfinished") -- expect: s:1: unfinished string near <eof>
try("x = \"a\nb\"") -- expect: s:1: unfinished string near '"a'
try("x = 5x") -- expect: s:1: malformed number near '5x'
try("x = 0x") -- expect: s:1: malformed number near '0x'
try("x = 1e") -- expect: s:1: malformed number near '1e'
try("x = 1..2") -- expect: s:1: malformed number near '1..2'
try("x = 3.4.5") -- expect: s:1: malformed number near '3.4.5'
try("x = @") -- expect: s:1: unexpected symbol near '@'
try("x = $y") -- expect: s:1: unexpected symbol near '$'
try("x = ~") -- expect: s:1: unexpected symbol near <eof>
try("x = !y") -- expect: s:1: unexpected symbol near '!'
try("::a::\n::a::") -- expect: s:2: label 'a' already defined on line 2
try("goto a") -- expect: s:1: no visible label 'a' for <goto> at line 1
try("do ::a:: end goto a") -- expect: s:1: no visible label 'a' for <goto> at line 1
try("break") -- expect: s:1: break outside loop near 'break'
try("for i = 1, 2 do i = 3 end") -- expect: s:1: attempt to assign to const variable 'i'
try("local x <const> = 1; x = 2") -- expect: s:1: attempt to assign to const variable 'x'
try("local x <foo> = 1") -- expect: s:1: unknown attribute 'foo'
try("return ...") -- expect: compiles
try("function f() return ... end")
-- expect: s:1: cannot use '...' outside a vararg function near '...'
try("x = function() end end") -- expect: s:1: <eof> expected near 'end'
try("end") -- expect: s:1: <eof> expected near 'end'
try("until x") -- expect: s:1: <eof> expected near 'until'
try("else") -- expect: s:1: <eof> expected near 'else'
try("x = }") -- expect: s:1: unexpected symbol near '}'
try("x = ]") -- expect: s:1: unexpected symbol near ']'
try("local t = {} t.1 = 2") -- expect: s:1: syntax error near '.1'
try("x = a.b:c") -- expect: s:1: function arguments expected near <eof>
try("and = 1") -- expect: s:1: unexpected symbol near 'and'
try("local end = 1") -- expect: s:1: <name> expected near 'end'
try("x = nil.y") -- expect: s:1: unexpected symbol near '.'
try("x = {} {}") -- expect: s:1: unexpected symbol near '{'
try("x = \\") -- expect: s:1: unexpected symbol near '\'
try("--[==[ never closed")
-- expect: s:1: unfinished long comment (starting at line 1) near <eof>
try("x = [==[ never closed ]=]")
-- expect: s:1: unfinished long string (starting at line 1) near <eof>
try(("x = " .. ("("):rep(300) .. "1" .. (")"):rep(300))) -- expect: C stack overflow
try(("do "):rep(300) .. ("end "):rep(300)) -- expect: C stack overflow
try("x = " .. ("{"):rep(300) .. ("}"):rep(300)) -- expect: C stack overflow
try("x = " .. ("-"):rep(1) .. (" -"):rep(300) .. "1") -- expect: C stack overflow
try("x = " .. ("a.."):rep(300) .. "a") -- expect: C stack overflow
try("local a = " .. ("function() return "):rep(300) .. "1" .. (" end"):rep(300))
-- expect: C stack overflow
print(load("return " .. ("1+"):rep(10000) .. "1", "=s")()) -- expect: 10001
print(#load("return '" .. ("x"):rep(100000) .. "'", "=s")()) -- expect: 100000
