-- Strings compared for equality and for order, short and long, and used as tags in a chain of ifs.
local words = {}
local seed = 42
for i = 1, 500 do
  seed = (seed * 1103515245 + 12345) & 0x7fffffff
  words[i] = "w" .. seed % 100000 .. (i % 3 == 0 and "-suffix" or "")
end
local less, equal = 0, 0
for _ = 1, 12 do
  for i = 1, #words do
    local a = words[i]
    for j = 1, #words do
      local b = words[j]
      if a < b then less = less + 1 end
      if a == b then equal = equal + 1 end
    end
  end
end
local tags = { "add", "sub", "mul", "div", "neg", "nop" }
local acc = 0
for i = 1, 4000000 do
  local tag = tags[i % 6 + 1]
  if tag == "add" then acc = acc + 1
  elseif tag == "sub" then acc = acc - 2
  elseif tag == "mul" then acc = acc * 3 % 1000
  elseif tag == "div" then acc = acc // 2
  elseif tag == "neg" then acc = -acc
  end
end
local long1, long2, long3 = ("x"):rep(200), ("x"):rep(200), ("x"):rep(199) .. "y"
for i = 1, 1500000 do
  if long1 == long2 then equal = equal + 1 end
  if long1 < long3 then less = less + 1 end
end
print(less, equal, acc)
