-- ls: what is in a directory.

local columns = require "columns"
local files = require "files"
local show = require "show"

-- Call visit(attr, name) for what `path` shows: the entries of a directory, or itself.
local function each(path, asked, visit)
  local attr, problem = dfs.stat(path)
  if not attr then return nil, problem end
  if attr.kind ~= "dir" or asked.directory then
    visit(attr, path)
    return true
  end
  local entries
  entries, problem = dfs.list(path)
  if not entries then return nil, problem end
  for entry in entries do
    if asked.all or asked.json or entry.name:sub(1, 1) ~= "." then visit(entry, entry.name) end
  end
  return true
end

local function long_row(attr, name, human)
  local shown = show.name(name)
  if attr.target then shown = shown .. " -> " .. show.name(attr.target) end
  local goal = attr.kind == "file" and tostring(attr.goal) or "-"
  return {
    show.mode(attr), goal, ("%d:%d"):format(attr.uid, attr.gid), show.size(attr.size, human),
    show.time(attr.mtime_ns), shown,
  }
end

local function list(path, asked)
  if not asked.long then
    return each(path, asked, function(_, name) io.write(show.name(name), "\n") end)
  end
  local rows = {}
  local ok, problem = each(path, asked, function(attr, name)
    rows[#rows + 1] = long_row(attr, name, asked.human)
  end)
  columns.write(io.stdout, rows, { [2] = true, [4] = true })
  return ok, problem
end

-- Written as it comes: a directory need not fit in memory.
local function list_json(path, asked)
  local canonical, problem = dfs.path(path)
  if not canonical then return nil, problem end
  local before = ('{"path":%s,"entries":['):format(dfs.json(dfs.encode_name(canonical)))
  local ok
  ok, problem = each(path, asked, function(attr)
    io.write(before, dfs.json(show.json(attr)))
    before = ","
  end)
  if not ok then return nil, problem end
  io.write(before == "," and "" or before, "]}\n")
  return true
end

local function run(asked)
  if #asked == 0 then asked[1] = "/" end
  if asked.json then
    return files.each(asked, function(path) return list_json(path, asked) end)
  end
  local several, first = #asked > 1, true
  return files.each(asked, function(path)
    if several then io.write(first and "" or "\n", show.name(path), ":\n") end
    first = false
    return list(path, asked)
  end)
end

return {
  summary = "list directories",
  usage = "ls [-la] [PATH...]",
  details = [[
Names in order of their bytes; of the root without a PATH. With -l: mode, goal,
owner, bytes (of a directory: names in it), time of change, name. --json has all.
]],
  examples = { "dfs ls", "dfs ls -lh /sets", "dfs ls --json /sets | jq -r '.entries[].name'" },
  options = {
    { name = "long", short = "l", help = "mode, goal, owner, size and time too" },
    { name = "all", short = "a", help = "names that begin with a dot too" },
    { name = "directory", short = "d", help = "a directory itself, not what is in it" },
    { name = "human", short = "h", help = "sizes as 64.0 MiB" },
  },
  json = true,
  run = run,
}
