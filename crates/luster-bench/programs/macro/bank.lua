-- bench: alloc
-- A bank: accounts with closures as interest rules, a ledger of records, errors that roll back,
-- reports by sorting and grouping. Much like what scripts do all day.
local Account = {}
Account.__index = Account
local Savings = setmetatable({}, { __index = Account })
Savings.__index = Savings
local next_number = 1000
function Account.open(class, owner, rule)
  next_number = next_number + 1
  return setmetatable({ number = next_number, owner = owner, balance = 0, history = {}, rule = rule }, class)
end
function Account:deposit(amount)
  if amount <= 0 then error({ code = "amount", account = self }) end
  self.balance = self.balance + amount
  self:record("deposit", amount)
end
function Account:withdraw(amount)
  if amount > self:available() then error({ code = "funds", account = self }) end
  self.balance = self.balance - amount
  self:record("withdraw", amount)
end
function Account:available() return self.balance + 100 end
function Savings:available() return self.balance end
function Account:record(kind, amount)
  local h = self.history
  h[#h + 1] = { kind = kind, amount = amount, balance = self.balance }
  if #h > 40 then
    self.history = table.move(h, 21, #h, 1, {})
  end
end
function Account:month() self.balance = self.balance + self.rule(self.balance) end

local function flat(rate) return function(balance) return balance * rate // 1000 end end
local function stepped(limit, low, high)
  local below, above = flat(low), flat(high)
  return function(balance) return balance < limit and below(balance) or above(balance) end
end
local seed = 77
local function random(n)
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  return (seed >> 8) % n
end
local accounts, failures = {}, {}
for i = 1, 400 do
  local class = i % 3 == 0 and Savings or Account
  accounts[i] = Account.open(class, "owner" .. i % 50, i % 2 == 0 and flat(2) or stepped(500, 1, 3))
  accounts[i]:deposit(random(1000) + 1)
end
local function transfer(from, to, amount)
  local before = to.balance
  to:deposit(amount)
  local ok, e = pcall(from.withdraw, from, amount)
  if not ok then
    to.balance = before
    to:record("rollback", -amount)
    error(e, 0)
  end
end
for step = 1, 220000 do
  local ok, e = pcall(transfer, accounts[random(400) + 1], accounts[random(400) + 1], random(300))
  if not ok then failures[e.code] = (failures[e.code] or 0) + 1 end
  if step % 5000 == 0 then
    for _, a in ipairs(accounts) do a:month() end
  end
end
local owners, names = {}, {}
for _, a in ipairs(accounts) do
  if not owners[a.owner] then names[#names + 1] = a.owner end
  owners[a.owner] = (owners[a.owner] or 0) + a.balance
end
table.sort(names, function(a, b)
  if owners[a] ~= owners[b] then return owners[a] > owners[b] end
  return a < b
end)
for i = 1, 3 do print(names[i], owners[names[i]]) end
local entries = 0
for _, a in ipairs(accounts) do
  for _, h in ipairs(a.history) do entries = entries + (h.kind == "rollback" and 1 or 0) end
end
print(failures.funds, failures.amount, entries)
