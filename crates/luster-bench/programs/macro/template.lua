-- bench: alloc
-- A template engine: templates are turned into Lua source, loaded, and rendered into a buffer.
local Buffer = {}
Buffer.__index = Buffer
function Buffer.new() return setmetatable({ n = 0 }, Buffer) end
function Buffer:add(s)
  self.n = self.n + 1
  self[self.n] = s
  return self
end
function Buffer:string() return table.concat(self, "", 1, self.n) end

local function escape(s)
  return (tostring(s):gsub("[&<>\"]", { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;" }))
end
local function compile(template, name)
  local code = Buffer.new():add("local out, data, escape = ...\n")
  local at = 1
  while true do
    local from, to, mark, body = template:find("{([%%{])(.-)[%%}]}", at)
    local text = template:sub(at, (from or 0) - 1)
    if text ~= "" then code:add(("out:add(%q)\n"):format(text)) end
    if not from then break end
    if mark == "{" then
      code:add("out:add(escape(" .. body .. "))\n")
    else
      code:add(body .. "\n")
    end
    at = to + 1
  end
  return assert(load(code:string(), name, "t", {
    ipairs = ipairs, string = string, math = math,
  }))
end
local page = [[
<html><head><title>{{data.title}}</title></head>
<body>
<h1>{{data.title:upper()}}</h1>
{% for i, item in ipairs(data.items) do %}
  <li class="{{i % 2 == 0 and 'even' or 'odd'}}">{{item.name}}: {{string.format("%.2f", item.price)}}
  {% if item.price > 50 then %}<b>expensive & "rare"</b>{% else %}cheap{% end %}
  {% for _, tag in ipairs(item.tags) do %}<i>{{tag}}</i>{% end %}
  </li>
{% end %}
<p>{{#data.items}} items</p>
</body></html>
]]
local items = {}
for i = 1, 60 do
  items[i] = { name = "Item <" .. i .. ">", price = i * 37 % 101, tags = { "new", "a&b", "t" .. i } }
end
local total, hash = 0, 0
local render
for round = 1, 800 do
  if round % 4 == 1 then render = compile(page, "=page" .. round) end
  local out = Buffer.new()
  render(out, { title = "Offers " .. round % 10, items = items }, escape)
  local s = out:string()
  total = total + #s
  for i = 1, #s, 50 do hash = (hash * 31 + s:byte(i)) & 0xffffffff end
end
print(total, hash)
