-- Names with many bytes, and many lines and variables, are what short and few are.
local name = ("n"):rep(1 << 20)
local f = load("local " .. name .. ", b = 1, 2 return debug.getlocal(1, 1)", name)
local found, value = f()
print(found == name, value) -- expect: true 1
local info = debug.getinfo(f, "SL")
print(info.source == name, #info.short_src, info.what) -- expect: true 59 main
print(info.activelines[1], info.activelines[2]) -- expect: true nil
local g = load("local " .. name .. " = 5 return function(...) return " .. name .. " end")()
found, value = debug.getupvalue(g, 1)
print(found == name, value, select("#", debug.getupvalue(g, 1))) -- expect: true 5 2
print(debug.setupvalue(g, 1, 6) == name, g()) -- expect: true 6
local h = load("local " .. name .. " = 7 return debug.setlocal(1, 1, 8), " .. name)
found, value = h()
print(found == name, value) -- expect: true 8
local parameters = load("return function(a, " .. name .. ") end")()
print(debug.getlocal(parameters, 2) == name) -- expect: true

local long = load(("x = 1\n"):rep(20000))
local lines, count = debug.getinfo(long, "L").activelines, 0
for _ in pairs(lines) do count = count + 1 end
print(count >= 20000, lines[1], lines[20000], lines[20002]) -- expect: true true true nil
local many = load(("do local a end "):rep(20000) .. "local z, y = 1, 2 return debug.getlocal(1, 2)")
print(many()) -- expect: y 2

print(pcall(debug.getinfo, 1, ("S"):rep(100) .. "X"))
-- expect: false bad argument #2 to 'debug.getinfo' (invalid option)
print(debug.getinfo(1, ("l"):rep(100)).currentline) -- expect: 28
debug.sethook(print, "x\0crl")
print(debug.gethook()) -- expect: nil
debug.sethook(function() end, "xxlxx")
print(select(2, debug.gethook())) -- expect: l 0
debug.sethook()
local message = ("m"):rep(1 << 20)
print(#debug.traceback(message .. "\0x", 99), #debug.traceback(message, 99))
-- expect: 1048593 1048593
print(#debug.traceback("m\0" .. message, 99)) -- expect: 18
