-- String literals, escapes, concatenation.

do
  print("tab\tquote\"backslash\\", 'single\'s', "a\
  b")
  print("\65\066\x41\u{41}\u{20AC}", #"\u{7FFFFFFF}", "a\z
         b", #"\0\00\000", "\x7E")
  print([[long
  string]], [==[with ]] inside]==], #[[
  first newline is skipped]])
end
-- expect: tab quote"backslash\ single's a
-- expect:   b
-- expect: ABAA€ 6 ab 3 ~
-- expect: long
-- expect:   string with ]] inside 26
print(#"\r\n", ("\a\b\f\n\r\t\v"):byte(1, -1)) -- expect: 2 7 8 12 10 13 9 11
print("con" .. "cat" .. 1 .. 2.0 .. -3) -- expect: concat12.0-3
print(("a" .. "b") == "ab", "a" .. "" == "a", ("x"):rep(0) == "") -- expect: true true true
local parts = ""
for i = 1, 10 do parts = parts .. i .. "," end
print(parts) -- expect: 1,2,3,4,5,6,7,8,9,10,
print(#("x"):rep(100000), ("ab"):rep(3, "-")) -- expect: 100000 ab-ab-ab
print(pcall(function() return "a" .. nil end))
-- expect: false strings.lua:24: attempt to concatenate a nil value
print(pcall(function() return "a" .. {} end))
-- expect: false strings.lua:26: attempt to concatenate a table value
print(pcall(function() local t = {}; return "a" .. t.x .. "b" end))
-- expect: false strings.lua:28: attempt to concatenate a nil value (field 'x')
print(load([[return "unfinished]]))
-- expect: nil [string "return "unfinished"]:1: unfinished string near <eof>
print(load("return 'line\nbreak'"))
-- expect: nil [string "return 'line..."]:1: unfinished string near ''line'
print(load([[return "\q"]]))
-- expect: nil [string "return "\q""]:1: invalid escape sequence near '"\q'
print(load([[return "\300"]]))
-- expect: nil [string "return "\300""]:1: decimal escape too large near '"\300"'
print(load([[return "\xZZ"]]))
-- expect: nil [string "return "\xZZ""]:1: hexadecimal digit expected near '"\xZ'
print(load([[return "\u{110000000}"]]))
-- expect: nil [string "return "\u{110000000}""]:1: UTF-8 value too large near '"\u{110000000'
print(load([[return "\u{zz}"]]))
-- expect: nil [string "return "\u{zz}""]:1: hexadecimal digit expected near '"\u{z'
print(load("return [[unfinished"))
-- expect: nil [string "return [[unfinished"]:1: unfinished long string (starting at line 1) near <eof>
print(load("return [=oops"))
-- expect: nil [string "return [=oops"]:1: invalid long string delimiter near '[='
print(load("--[[ unfinished comment"))
-- expect: nil [string "--[[ unfinished comment"]:1: unfinished long comment (starting at line 1) near <eof>
print(#"é", ("é"):byte(1, -1)) -- expect: 2 195 169
local s <const> = "x"
print(s .. s, (s):upper(), #s) -- expect: xx X 1
