-- string.match: taking lines apart, with and without captures, hits and misses.
local lines = {
  "2026-11-22T10:31:07 INFO  server: listening on port 8080",
  "2026-11-22T10:31:09 WARN  client 192.168.0.17: slow answer (1250 ms)",
  "name = luster",
  "   indented text with spaces behind   ",
  "GET /index.html?x=1&y=2 HTTP/1.1",
  "# a comment",
}
local sum = 0
for i = 1, 20000 do
  for j = 1, #lines do
    local line = lines[j]
    local year, month, day = line:match("^(%d+)-(%d+)-(%d+)")
    if year then sum = sum + #year + #month + #day end
    local key, value = line:match("^(%w+)%s*=%s*(.-)$")
    if key then sum = sum + #key + #value end
    sum = sum + #(line:match("%a+") or "") + #line:match("^%s*(.-)%s*$")
    if line:match("^#") then sum = sum + 1 end
    sum = sum + (line:match("()%d+%s+ms") or 0)
  end
end
print(sum)
