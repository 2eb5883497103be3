-- What the cases of the differential test are run with, on either engine: how results are put into
-- text, and the values with metatables that calls are given. The test sets the global DIR to a
-- folder that is its own.

local assert, error, getmetatable, next, pcall = assert, error, getmetatable, next, pcall
local rawget, setmetatable = rawget, setmetatable
local tostring, type = tostring, type
local floattype, gsub, format, byte = math.type, string.gsub, string.format, string.byte
local load, sub, tointeger = load, string.sub, math.tointeger
local concat, sort, pack = table.concat, table.sort, table.pack
local setmeta, close, io_open = debug.setmetatable, io.close, io.open
local input, output = io.input, io.output
local status = coroutine.status
local strings = getmetatable("")
local stringindex = strings.__index
local stdin, stdout = io.stdin, io.stdout

package.path = DIR .. "/?.lua"
package.cpath = DIR .. "/?.so"

-- Text without what differs from run to run: addresses and the name of the folder.
local folder = gsub(DIR, "%W", "%%%0")
local function normal(text)
  text = gsub(text, folder, "DIR")
  text = gsub(text, "0x%x%x%x%x%x%x+", "ADDRESS")
  return text
end

local function escape(char)
  return format("\\%d", byte(char))
end

local render

local function table_text(value, depth)
  if depth > 2 then return "{...}" end
  local parts = {}
  -- The length of a table with holes may be this or that, so that it must not be shown.
  local length = 0
  while length < 300 and rawget(value, length + 1) ~= nil do
    length = length + 1
    parts[length] = render(rawget(value, length), depth + 1)
  end
  local others = {}
  for key, element in next, value do
    if not (floattype(key) == "integer" and key >= 1 and key <= length) then
      others[#others + 1] = render(key, depth + 1) .. "=" .. render(element, depth + 1)
    end
  end
  sort(others)
  for i = 1, #others do parts[#parts + 1] = others[i] end
  return "{" .. concat(parts, ",") .. "}"
end

function render(value, depth)
  local kind = type(value)
  if kind == "string" then
    return '"' .. gsub(normal(value), '[%c"\\\128-\255]', escape) .. '"'
  elseif kind == "number" then
    if floattype(value) == "integer" then return format("%d", value) end
    if value ~= value then return "nan" end
    return format("%.17g", value) .. "f"
  elseif kind == "table" then
    return table_text(value, depth)
  elseif kind == "nil" or kind == "boolean" then
    return tostring(value)
  elseif kind == "thread" then
    return "thread:" .. status(value)
  end
  return kind
end

local lines = {}
local current

local function add(text)
  lines[#lines + 1] = current .. " " .. text
end

-- Puts its arguments into the output as one line. SUCCESS says whether they may come from a call of
-- pcall that was none.
function SHOW(...)
  SUCCESS = (...) ~= false
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = render(parts[i], 0) end
  add(concat(parts, "; "))
end

-- Puts text into the output as it is.
function SAY(...)
  local parts = pack(...)
  for i = 1, parts.n do parts[i] = tostring(parts[i]) end
  add((gsub(normal(concat(parts, " ")), "[%c\128-\255\\]", escape)))
end

-- The files that a case has opened.
local opened = {}

-- Runs a case, and puts things back in order that it may have changed.
function CASE(number, case)
  current = number
  local ok, message = pcall(case)
  if not ok then add("error: " .. render(message, 0)) end
  setmeta("", strings)
  setmeta(nil, nil)
  setmeta(true, nil)
  setmeta(0, nil)
  setmeta(error, nil)
  setmeta(coroutine.running(), nil)
  strings.__index = stringindex
  call = nil
  if input() ~= stdin then input(stdin) end
  if output() ~= stdout then
    opened[#opened + 1] = output()
    output(stdout)
  end
  for i = 1, #opened do
    -- What is still in a buffer would be written later, into another case's file.
    pcall(close, opened[i])
    opened[i] = nil
  end
end

-- What has been put into the output since the last time.
function FINISH()
  local text = concat(lines, "\n")
  lines = {}
  return text
end

V = {}

V.long = ("0123456789"):rep(9)

-- A value whose type has a name of its own.
function V.named()
  return setmetatable({}, { __name = "Named" })
end

-- A value whose type's name is no string.
function V.misnamed()
  return setmetatable({}, { __name = 5 })
end

function V.textual()
  return setmetatable({}, { __tostring = function() return "textual" end })
end

-- A value whose __tostring does not return a string.
function V.textless()
  return setmetatable({}, { __tostring = function() return {} end })
end

-- A value whose __tostring returns a number, which counts as a string.
function V.numeric()
  return setmetatable({}, { __tostring = function() return 5 end })
end

function V.protected()
  return setmetatable({}, { __metatable = "protected" })
end

function V.callable()
  return setmetatable({}, { __call = function(_, ...) return "called", ... end })
end

-- An object that goes by way of metamethods to a table that holds what is given.
function V.proxy(...)
  local target = { ... }
  return setmetatable({}, {
    __index = function(_, key) return target[key] end,
    __newindex = function(_, key, value) target[key] = value end,
    __len = function() return #target end,
    __pairs = function() return next, target, nil end,
  })
end

-- An object with a length that it is told.
function V.length(length)
  return setmetatable({}, { __len = function() return length end })
end

-- An object with all operators, which tell what they are given.
local function tell(name)
  return function(a, b) return name .. ":" .. type(a) .. ":" .. type(b) end
end
function V.operators()
  return setmetatable({}, {
    __add = tell "add", __sub = tell "sub", __mul = tell "mul", __div = tell "div",
    __mod = tell "mod", __pow = tell "pow", __unm = tell "unm", __idiv = tell "idiv",
    __band = tell "band", __bor = tell "bor", __bxor = tell "bxor", __shl = tell "shl",
    __shr = tell "shr", __bnot = tell "bnot", __concat = tell "concat", __eq = tell "eq",
    __lt = tell "lt", __le = tell "le", __len = tell "len", __call = tell "call",
    __index = tell "index",
  })
end

-- An object that raises errors.
function V.failing()
  local function fail() error("failing", 2) end
  return setmetatable({}, {
    __index = fail, __newindex = fail, __len = fail, __call = fail, __lt = fail, __le = fail,
    __eq = fail, __concat = fail, __tostring = fail, __pairs = fail, __close = fail,
  })
end

function V.suspended()
  local thread = coroutine.create(function(...)
    local got = ...
    while true do got = coroutine.yield(got) end
  end)
  coroutine.resume(thread, 1)
  return thread
end

function V.dead()
  local thread = coroutine.create(function() error("died") end)
  coroutine.resume(thread)
  return thread
end

-- A file with some text in it, opened in a mode; files opened for writing are empty.
local text = "first line\n42 0x1F 1e2 .5\n\n  -7\nlast without end"
local function write_file(name, contents)
  local file = assert(io_open(DIR .. "/" .. name, "wb"))
  file:write(contents)
  file:close()
end
function V.file(mode)
  write_file("file", text)
  local file = assert(io_open(DIR .. "/file", mode or "r"))
  opened[#opened + 1] = file
  return file
end

function V.closed()
  local file = V.file()
  file:close()
  return file
end

write_file("good.lua", "return ...")
write_file("fails.lua", "error('fails')")
write_file("wrong.lua", "return return")
write_file("numbers", "1 -1 0x 0x1p4 1e+ 1e5 .e1 nan inf 99999999999999999999 0xffffffffffffffffff - +3 5.. 7")
write_file("text", text)

-- What programs use besides the library.

-- A value as text that is the same in every run.
function STR(value)
  local kind = type(value)
  if kind == "string" or kind == "number" or kind == "boolean" or kind == "nil" then
    return tostring(value)
  end
  return kind
end

-- Text that does not grow from loop to loop.
function LIMIT(text)
  if type(text) == "string" and #text > 60 then return sub(text, 1, 60) end
  return text
end

-- The integer that a number is, or one that is another.
function INTEGER(number)
  return tointeger(number) or 6
end

-- An iterator that counts up to a limit.
function COUNT(limit, i)
  if i < limit then return i + 1 end
end

-- Tells of the outcome of a call, and whether it was a success.
function CHECK(ok, ...)
  SAY(ok, ...)
  return ok
end

-- Runs a program, with globals of its own.
function RUN(text)
  local globals = setmetatable({}, { __index = _G })
  local main, message = load(text, "=program", "t", globals)
  if main then SAY("done", pcall(main, 1, "two")) else SAY("refused", message) end
end
