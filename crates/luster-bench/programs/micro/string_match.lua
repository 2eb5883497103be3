-- string.find, string.match and string.gmatch, with plain texts, classes, captures and anchors.
local lines = {}
for i = 1, 200 do
  lines[i] = ("2024-%02d-%02d host%d app[%d]: user=name%d action=%s took %dms"):format(
    i % 12 + 1, i % 28 + 1, i % 7, 1000 + i, i * 31 % 97, i % 2 == 0 and "read" or "write", i * 17 % 500)
end
local sum, reads, words = 0, 0, 0
for _ = 1, 500 do
  for i = 1, #lines do
    local line = lines[i]
    local y, m, d = line:match("^(%d+)-(%d+)-(%d+)")
    sum = sum + #y + m * d
    if line:find("action=read", 1, true) then reads = reads + 1 end
    local pid, user = line:match("%[(%d+)%]: user=(%w+)")
    sum = sum + pid + #user
    sum = sum + line:match("took%s+(%d+)ms$")
    local s, e = line:find("[aeiou][^aeiou]+%d")
    sum = sum + s - e
  end
end
for _ = 1, 60 do
  for i = 1, #lines do
    for k, v in lines[i]:gmatch("(%w+)=(%w+)") do words = words + #k * #v end
  end
end
print(sum, reads, words)
