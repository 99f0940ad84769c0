-- stat: all that the master knows about names, without their chunks (see info).

local show = require "show"

local function print_one(path, attr)
  io.write(show.name(path), "\n")
  local rows = {
    { "  kind", attr.kind },
    { "  size", tostring(attr.size) },
    { "  mode", ("%04o  %s"):format(attr.mode, show.mode(attr)) },
    { "  owner", ("%d:%d"):format(attr.uid, attr.gid) },
    { "  changed", show.time(attr.mtime_ns) },
    { "  inode", attr.inode },
    { "  generation", tostring(attr.generation) },
    { "  links", tostring(attr.links) },
  }
  if attr.kind == "file" then
    table.insert(rows, 3, { "  goal", tostring(attr.goal) })
    table.insert(rows, 4, { "  chunk size", show.size(attr.chunk_size, true) })
  end
  if attr.target then table.insert(rows, 2, { "  target", show.name(attr.target) }) end
  require("columns").write(io.stdout, rows)
end

local function run(asked)
  return require("files").each(asked, function(path)
    local attr, problem = dfs.stat(path)
    if not attr then return nil, problem end
    local canonical = dfs.path(path)
    if asked.json then
      show.line{ path = dfs.encode_name(canonical), attr = show.json(attr) }
    else
      print_one(canonical, attr)
    end
    return true
  end)
end

return {
  summary = "show the attributes of names",
  usage = "stat PATH...",
  examples = { "dfs stat /sets/a", "dfs stat --json /sets/a | jq -r .attr.size" },
  operands = { 1 },
  json = true,
  run = run,
}
