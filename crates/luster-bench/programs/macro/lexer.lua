-- bench: alloc
-- Tokenises a generated source of a small language by patterns, then evaluates its constants.
local seed = 31
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local names = { "alpha", "beta", "gamma", "delta_1", "x", "y", "result", "index" }
local operators = { "+", "-", "*", "/", "==", "<=", "~=", ".." }
local lines = {}
for i = 1, 2500 do
  local kind = random(5)
  local a, b = names[random(#names) + 1], names[random(#names) + 1]
  local op = operators[random(#operators) + 1]
  if kind == 0 then lines[i] = "-- comment number " .. i .. " about " .. a
  elseif kind == 1 then lines[i] = "local " .. a .. " = " .. b .. " " .. op .. " " .. random(10000)
  elseif kind == 2 then lines[i] = "if " .. a .. " " .. op .. " " .. random(100) .. "." .. random(100) .. " then " .. b .. "() end"
  elseif kind == 3 then lines[i] = "  " .. a .. "[" .. random(50) .. "] = \"text\\\"" .. b .. "\" .. '" .. i .. "'"
  else lines[i] = "\treturn function(" .. a .. ", " .. b .. ") return {" .. a .. " = 0x" .. string.format("%x", random(65536)) .. "} end" end
end
local source = table.concat(lines, "\n")

local keywords = {}
for word in ("local if then end return function while do for in and or not"):gmatch("%a+") do keywords[word] = true end
local Token = {}
Token.__index = Token
function Token:weight() return #self.text * (self.kind == "name" and 2 or 1) + self.line end

local function tokenise(text)
  local tokens, at, line = {}, 1, 1
  local function add(kind, stop)
    tokens[#tokens + 1] = setmetatable({ kind = kind, text = text:sub(at, stop), line = line }, Token)
    at = stop + 1
  end
  while at <= #text do
    local c = text:sub(at, at)
    if c == "\n" then
      line = line + 1
      at = at + 1
    elseif c == " " or c == "\t" then
      at = text:find("[^ \t]", at) or #text + 1
    elseif c:find("[%a_]") then
      local _, stop = text:find("^[%w_]+", at)
      add(keywords[text:sub(at, stop)] and "keyword" or "name", stop)
    elseif c:find("%d") then
      local _, stop = text:find("^0[xX]%x+", at)
      if not stop then _, stop = text:find("^%d+%.?%d*", at) end
      add("number", stop)
    elseif c == '"' or c == "'" then
      local stop = at
      repeat
        stop = text:find("[\\" .. c .. "]", stop + 1)
        local escaped = text:sub(stop, stop) == "\\"
        if escaped then stop = stop + 1 end
      until not escaped
      add("string", stop)
    elseif text:find("^%-%-", at) then
      at = text:find("\n", at, true) or #text + 1
    else
      local two = text:sub(at, at + 1)
      local double = two == "==" or two == "<=" or two == "~=" or two == ".."
      add("operator", double and at + 1 or at)
    end
  end
  return tokens
end

local counts, weight, numbers = {}, 0, 0
for _ = 1, 14 do
  for _, token in ipairs(tokenise(source)) do
    counts[token.kind] = (counts[token.kind] or 0) + 1
    weight = (weight * 3 + token:weight()) & 0xffffffff
    if token.kind == "number" then numbers = numbers + tonumber(token.text) end
  end
end
for _, kind in ipairs({ "keyword", "name", "number", "operator", "string" }) do print(kind, counts[kind]) end
print(weight, string.format("%.4f", numbers))
