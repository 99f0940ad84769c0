#!/usr/bin/lua5.4
-- A file includes its own folder, public headers (dfs/...) and folders of lower floors: never a peer, never up.
local floor = {
  base = 1, proto = 2, io = 2, store = 3, meta = 3, cluster = 3, client = 4, plugin = 4, net = 5, lua = 5, node = 6, cmd = 7,
}
-- Engines see the world only through io (ARCHITECTURE.md): none of these in their code.
local engines = { store = true, meta = true, cluster = true }
local forbidden = {
  "time%s*%(", "clock_gettime", "gettimeofday", "pthread_", "socket%s*%(", "rand%s*%(", "random%s*%(%s*%)", "fopen%s*%(",
  "[^_%w]open%s*%(", "getrandom", "sleep%s*%(", "getenv", "printf%s*%(%s*stderr", "[^_%w]exit%s*%(", "abort%s*%(%s*%)",
}

local count, failed = 0, 0
local function report(ok, name, detail)
  count = count + 1
  if not ok then failed = failed + 1 end
  print((ok and "ok " or "not ok ") .. count .. " - " .. name)
  if not ok then io.stderr:write("# ", detail, "\n") end
end

local function lines(path)
  local all = {}
  for line in io.lines(path) do all[#all + 1] = line end
  return all
end

local files = {}
for path in io.popen("git ls-files core include plugins; git ls-files -o --exclude-standard core include"):lines() do
  if path:match("%.[ch]$") then files[#files + 1] = path end
end
table.sort(files)

-- What is wrong with one file's includes, as a list of sentences.
local function includes(path, text)
  local wrong = {}
  local folder = path:match("^core/([^/]+)/")
  for _, line in ipairs(text) do
    local header = line:match('^%s*#%s*include%s+"([^"]+)"')
    local system = line:match("^%s*#%s*include%s+<([^>]+)>")
    if header then
      local other = header:match("^([^/]+)/")
      if path:match("^include/") then
        wrong[#wrong + 1] = path .. ": a public header includes " .. header
      elseif not floor[other] then
        wrong[#wrong + 1] = path .. ": " .. header .. " is in no folder of core"
      elseif other ~= folder and floor[other] >= floor[folder] then
        wrong[#wrong + 1] = ("%s (floor %d) includes %s (floor %d)"):format(path, floor[folder], header, floor[other])
      end
    elseif system and path:match("^include/") and system:match("^[^/]+/") and not system:match("^dfs/") then
      wrong[#wrong + 1] = path .. ": a public header includes <" .. system .. ">"
    end
  end
  return wrong
end

local function impure(path, text)
  local wrong = {}
  local comment = false
  for number, line in ipairs(text) do
    local code = line:gsub('"[^"]*"', '""'):gsub("/%*.-%*/", "")
    if comment then
      code, comment = code:match("%*/(.*)") or "", not code:find("*/", 1, true)
    end
    if code:find("/*", 1, true) then
      code, comment = code:match("^(.-)/%*"), true
    end
    for _, pattern in ipairs(forbidden) do
      local hit = (" " .. code):match("[^_%w>.]" .. pattern) or (pattern:sub(1, 1) == "[" and (" " .. code):match(pattern))
      if hit then wrong[#wrong + 1] = ("%s:%d: %s"):format(path, number, line) end
    end
  end
  return wrong
end

local bad, dirty, checked = {}, {}, 0
for _, path in ipairs(files) do
  local text = lines(path)
  local folder = path:match("^core/([^/]+)/")
  checked = checked + 1
  for _, sentence in ipairs(includes(path, text)) do bad[#bad + 1] = sentence end
  if engines[folder] then
    for _, sentence in ipairs(impure(path, text)) do dirty[#dirty + 1] = sentence end
  end
end

-- The test itself must be able to fail.
local up = includes("core/base/x.c", { '#include "node/master.h"' })
local peer = includes("core/meta/x.c", { '#include "store/store.h"' })
local clock = impure("core/meta/x.c", { "\tx = time(NULL);", "\ty = clock_gettime(a, b);" })

print("1..7")
report(#up == 1, "an include of a higher floor is found", "it was not")
report(#peer == 1, "an include of a peer is found", "it was not")
report(#clock == 2, "a clock in an engine is found", "found " .. #clock)
report(checked > 50, "the sources were found", checked .. " files")
report(#bad == 0, "no file includes upwards or sideways", table.concat(bad, "\n# "))
report(#dirty == 0, "engines reach no clock, thread, socket, randomness or file", table.concat(dirty, "\n# "))
local readmes = {}
for folder in pairs(floor) do
  local probe = io.popen("ls core/" .. folder .. "/*.c 2>/dev/null"):read("a")
  if probe ~= "" and not io.open("core/" .. folder .. "/README.md") then readmes[#readmes + 1] = "core/" .. folder end
end
report(#readmes == 0, "each folder of core has a README", table.concat(readmes, " "))
os.exit(failed == 0)
