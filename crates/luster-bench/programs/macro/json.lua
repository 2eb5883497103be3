-- bench: alloc
-- JSON: a tree of values is written, read back by a recursive descent parser, and written again.
local escapes = { ['"'] = '\\"', ["\\"] = "\\\\", ["\n"] = "\\n", ["\t"] = "\\t", ["\r"] = "\\r" }
local unescapes = { ['"'] = '"', ["\\"] = "\\", ["/"] = "/", n = "\n", t = "\t", r = "\r", b = "\b", f = "\f" }

local function quote(s)
  return '"' .. s:gsub('[%c"\\]', function(c)
    return escapes[c] or string.format("\\u%04x", c:byte())
  end) .. '"'
end

local write
local writers = {
  ["nil"] = function(out) out[#out + 1] = "null" end,
  boolean = function(out, v) out[#out + 1] = tostring(v) end,
  number = function(out, v)
    out[#out + 1] = math.type(v) == "integer" and tostring(v) or string.format("%.6f", v)
  end,
  string = function(out, v) out[#out + 1] = quote(v) end,
  table = function(out, v)
    if #v > 0 then
      out[#out + 1] = "["
      for i, item in ipairs(v) do
        if i > 1 then out[#out + 1] = "," end
        write(out, item)
      end
      out[#out + 1] = "]"
    else
      local keys = {}
      for k in pairs(v) do keys[#keys + 1] = k end
      table.sort(keys)
      out[#out + 1] = "{"
      for i, k in ipairs(keys) do
        if i > 1 then out[#out + 1] = "," end
        out[#out + 1] = quote(k)
        out[#out + 1] = ":"
        write(out, v[k])
      end
      out[#out + 1] = "}"
    end
  end,
}
function write(out, v) writers[type(v)](out, v) end
local function encode(v)
  local out = {}
  write(out, v)
  return table.concat(out)
end

local null = {}
local function decode(text)
  local at = 1
  local value
  local function fail(what) error(what .. " at " .. at, 0) end
  local function skip() at = text:find("[^ \t\r\n]", at) or #text + 1 end
  local function expect(c)
    skip()
    if text:sub(at, at) ~= c then fail("expected " .. c) end
    at = at + 1
  end
  local function read_string()
    local parts = {}
    at = at + 1
    while true do
      local stop = text:find('["\\]', at)
      if not stop then fail("open string") end
      parts[#parts + 1] = text:sub(at, stop - 1)
      if text:byte(stop) == 34 then
        at = stop + 1
        return #parts == 1 and parts[1] or table.concat(parts)
      end
      local c = text:sub(stop + 1, stop + 1)
      if c == "u" then
        parts[#parts + 1] = utf8.char(tonumber(text:sub(stop + 2, stop + 5), 16))
        at = stop + 6
      else
        parts[#parts + 1] = unescapes[c] or fail("bad escape")
        at = stop + 2
      end
    end
  end
  local function read_array()
    local list = {}
    at = at + 1
    skip()
    if text:sub(at, at) == "]" then at = at + 1; return list end
    while true do
      list[#list + 1] = value()
      skip()
      local c = text:sub(at, at)
      at = at + 1
      if c == "]" then return list elseif c ~= "," then fail("bad array") end
    end
  end
  local function read_object()
    local object = {}
    at = at + 1
    skip()
    if text:sub(at, at) == "}" then at = at + 1; return object end
    while true do
      skip()
      local key = read_string()
      expect(":")
      object[key] = value()
      skip()
      local c = text:sub(at, at)
      at = at + 1
      if c == "}" then return object elseif c ~= "," then fail("bad object") end
    end
  end
  function value()
    skip()
    local c = text:sub(at, at)
    if c == "{" then return read_object() end
    if c == "[" then return read_array() end
    if c == '"' then return read_string() end
    local word = text:match("^%a+", at)
    if word then
      at = at + #word
      if word == "true" then return true elseif word == "false" then return false end
      if word == "null" then return null end
      fail("bad word")
    end
    local number = text:match("^-?%d+%.?%d*[eE]?[+-]?%d*", at)
    if not number then fail("bad value") end
    at = at + #number
    return tonumber(number)
  end
  local result = value()
  skip()
  if at <= #text then fail("rest") end
  return result
end

local users = {}
for i = 1, 250 do
  users[i] = {
    id = i,
    name = "User \"" .. i .. "\"",
    email = "user" .. i .. "@example.org",
    score = i / 7,
    active = i % 3 == 0,
    tags = { "alpha", "beta\n", "tab\t" .. i },
    address = { street = "Long Street " .. i * 3, city = "Town\\" .. i % 10, zip = 10000 + i },
    scores = { i, i * 2, i * 3, i * 4, -i, i / 8 },
  }
end
local data = { users = users, total = #users, version = "1.0", control = "\1\2" }
local text, first
for round = 1, 14 do
  text = encode(data)
  first = first or text
  data = decode(text)
  assert(encode(data) == text)
end
local hash = 0
for i = 1, #text do hash = (hash * 31 + text:byte(i)) & 0xffffffff end
print(#text, hash, text == first, data.users[250].name, data.users[7].score)
print(pcall(decode, '{"a": [1, 2'))
