-- bench: alloc
-- An interpreter in Lua: a tokeniser, a parser to a tree, the tree run as closures, and the same
-- language compiled to a stack machine with its own dispatch loop.
local function tokens_of(text)
  local list, at = {}, 1
  while true do
    at = text:find("%S", at)
    if not at then break end
    local token = text:match("^[%a_][%w_]*", at) or text:match("^%d+", at)
      or text:match("^==", at) or text:sub(at, at)
    list[#list + 1] = token
    at = at + #token
  end
  return list
end
local levels = { ["<"] = 1, ["=="] = 1, ["+"] = 2, ["-"] = 2, ["*"] = 3, ["%"] = 3 }
local function parse(text)
  local list, at = tokens_of(text), 1
  local function accept(t)
    if list[at] == t then at = at + 1; return true end
  end
  local function expect(t) if not accept(t) then error("expected " .. t .. " at " .. at, 0) end end
  local expression, block
  local function atom()
    local t = list[at]
    at = at + 1
    if t == "(" then
      local e = expression(1)
      expect(")")
      return e
    end
    if t:find("^%d") then return { kind = "number", value = tonumber(t) } end
    return { kind = "name", name = t }
  end
  function expression(level)
    local left = atom()
    while true do
      local op = list[at]
      local l = levels[op]
      if not l or l < level then return left end
      at = at + 1
      left = { kind = "binary", op = op, left = left, right = expression(l + 1) }
    end
  end
  local function statement()
    if accept("while") then
      local condition = expression(1)
      return { kind = "while", condition = condition, body = block() }
    elseif accept("if") then
      local node = { kind = "if", condition = expression(1), body = block() }
      if accept("else") then node.otherwise = block() end
      return node
    end
    local name = list[at]
    at = at + 1
    expect("=")
    local node = { kind = "assign", name = name, value = expression(1) }
    expect(";")
    return node
  end
  function block()
    expect("{")
    local body = { kind = "block" }
    while not accept("}") do body[#body + 1] = statement() end
    return body
  end
  local program = { kind = "block" }
  while list[at] do program[#program + 1] = statement() end
  return program
end

local operations = {
  ["+"] = function(a, b) return function(env) return a(env) + b(env) end end,
  ["-"] = function(a, b) return function(env) return a(env) - b(env) end end,
  ["*"] = function(a, b) return function(env) return a(env) * b(env) end end,
  ["%"] = function(a, b) return function(env) return a(env) % b(env) end end,
  ["<"] = function(a, b) return function(env) return a(env) < b(env) end end,
  ["=="] = function(a, b) return function(env) return a(env) == b(env) end end,
}
local closure = {}
local function close(node) return closure[node.kind](node) end
function closure.number(n) local v = n.value; return function() return v end end
function closure.name(n) local name = n.name; return function(env) return env[name] end end
function closure.binary(n) return operations[n.op](close(n.left), close(n.right)) end
function closure.assign(n)
  local name, value = n.name, close(n.value)
  return function(env) env[name] = value(env) end
end
closure["while"] = function(n)
  local condition, body = close(n.condition), close(n.body)
  return function(env) while condition(env) do body(env) end end
end
closure["if"] = function(n)
  local condition, body = close(n.condition), close(n.body)
  local otherwise = n.otherwise and close(n.otherwise)
  return function(env)
    if condition(env) then body(env) elseif otherwise then otherwise(env) end
  end
end
function closure.block(n)
  local list = {}
  for i, s in ipairs(n) do list[i] = close(s) end
  return function(env)
    for i = 1, #list do list[i](env) end
  end
end

local function assemble(program)
  local code = {}
  local function emit(op, arg)
    code[#code + 1] = { op = op, arg = arg }
    return #code
  end
  local emitters = {}
  local function visit(n) emitters[n.kind](n) end
  function emitters.number(n) emit("push", n.value) end
  function emitters.name(n) emit("load", n.name) end
  function emitters.binary(n) visit(n.left); visit(n.right); emit(n.op) end
  function emitters.assign(n) visit(n.value); emit("store", n.name) end
  function emitters.block(n) for _, s in ipairs(n) do visit(s) end end
  emitters["while"] = function(n)
    local start = #code + 1
    visit(n.condition)
    local exit = emit("unless")
    visit(n.body)
    emit("jump", start)
    code[exit].arg = #code + 1
  end
  emitters["if"] = function(n)
    visit(n.condition)
    local skip = emit("unless")
    visit(n.body)
    local past = n.otherwise and emit("jump")
    code[skip].arg = #code + 1
    if past then
      visit(n.otherwise)
      code[past].arg = #code + 1
    end
  end
  visit(program)
  emit("halt")
  return code
end
local function execute(code, env)
  local stack, top, pc, count = {}, 0, 1, 0
  while true do
    local instruction = code[pc]
    local op = instruction.op
    pc = pc + 1
    count = count + 1
    if op == "push" then top = top + 1; stack[top] = instruction.arg
    elseif op == "load" then top = top + 1; stack[top] = env[instruction.arg]
    elseif op == "store" then env[instruction.arg] = stack[top]; top = top - 1
    elseif op == "jump" then pc = instruction.arg
    elseif op == "unless" then
      if not stack[top] then pc = instruction.arg end
      top = top - 1
    elseif op == "halt" then return count
    else
      local a, b = stack[top - 1], stack[top]
      top = top - 1
      if op == "+" then stack[top] = a + b
      elseif op == "-" then stack[top] = a - b
      elseif op == "*" then stack[top] = a * b
      elseif op == "%" then stack[top] = a % b
      elseif op == "<" then stack[top] = a < b
      else stack[top] = a == b end
    end
  end
end

local source = [[
  i = 0; sum = 0; primes = 0;
  while i < limit {
    i = i + 1;
    d = 2; prime = 1;
    while d * d < i + 1 {
      if i % d == 0 { prime = 0; d = i; } else { d = d + 1; }
    }
    if prime == 1 { primes = primes + 1; sum = (sum * 31 + i) % 1000003; }
  }
]]
local tree
for _ = 1, 300 do tree = parse(source) end
local env = { limit = 11000 }
close(tree)(env)
print(env.i, env.primes, env.sum)
env = { limit = 8000 }
print(execute(assemble(tree), env), env.primes, env.sum)
