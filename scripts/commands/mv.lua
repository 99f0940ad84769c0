-- mv: rename, or move into a directory.

local files = require "files"
local paths = require "paths"

local function move(from, to, no_replace)
  local source, problem = dfs.path(from)
  if not source then return nil, problem end
  local target
  target, problem = dfs.path(to)
  if not target then return nil, problem end
  return dfs.call("rename", {
    path = dfs.encode_name(source), to = dfs.encode_name(target), no_replace = no_replace,
  })
end

local function run(asked)
  local dest = table.remove(asked)
  local into, problem = files.is_directory(dest)
  if into == nil then return nil, problem end
  if not into and (#asked > 1 or paths.says_directory(dest)) then
    return nil, ("%s is not a directory"):format(dfs.quote(dest))
  end
  return files.each(asked, function(source)
    return move(source, into and paths.join(dest, paths.base(source)) or dest, asked.no_clobber)
  end)
end

return {
  summary = "rename files or directories, or move them into one",
  usage = "mv [-n] PATH... DEST",
  details = "Whoever looks sees the old name or the new one, never neither. A file at DEST is replaced.\n",
  examples = { "dfs mv /a /b", "dfs mv /a /b /sets/" },
  options = {
    { name = "no-clobber", short = "n", help = "fail where DEST exists" },
  },
  operands = { 2 },
  run = run,
}
