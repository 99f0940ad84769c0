-- find: names in trees that fit.

local files = require "files"
local paths = require "paths"
local show = require "show"

local TYPES = { f = "file", d = "dir", l = "symlink" }

-- A shell pattern (*, ?, [a-z], [!a]) as a Lua pattern for the whole name.
local function glob(text)
  local at, parts = 1, {}
  while at <= #text do
    local set, past = text:match("^%[(!?.[^%]]*)%]()", at)
    local letter = text:sub(at, at)
    if letter == "*" then
      parts[#parts + 1] = ".*"
    elseif letter == "?" then
      parts[#parts + 1] = "."
    elseif set then
      parts[#parts + 1] = "[" .. set:gsub("^!", "^"):gsub("[%%%]]", "%%%0") .. "]"
      at = past - 1
    else
      parts[#parts + 1] = letter:gsub("%W", "%%%0")
    end
    at = at + 1
  end
  return "^" .. table.concat(parts) .. "$"
end

local function run(asked)
  if #asked == 0 then asked[1] = "/" end
  local pattern = asked.name and glob(asked.name)
  local kind = TYPES[asked.type]

  local function visit(path, attr)
    if kind and attr.kind ~= kind then return end
    if pattern and not paths.base(path):find(pattern) then return end
    if asked.json then
      show.line{ path = dfs.encode_name(path), attr = show.json(attr) }
    else
      io.write(show.name(path), "\n")
    end
  end

  return files.each(asked, function(path)
    local attr, problem = dfs.stat(path)
    if not attr then return nil, problem end
    path = dfs.path(path)
    visit(path, attr)
    if attr.kind ~= "dir" then return true end
    return files.walk(path, visit)
  end)
end

return {
  summary = "find names in trees",
  usage = "find [PATH...] [-name GLOB] [-type f|d|l]",
  examples = { "dfs find /sets -name '*.jpg' -type f" },
  options = {
    { name = "name", argument = "GLOB", dash = true, help = "names that fit: *, ?, [a-z], [!a]" },
    { name = "type", argument = "KIND", dash = true, choices = { "f", "d", "l" },
      help = "files, directories or links only" },
  },
  json = true,
  run = run,
}
