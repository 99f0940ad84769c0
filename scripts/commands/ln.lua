-- ln: make symbolic links.

local args = require "args"
local files = require "files"
local paths = require "paths"

local function run(asked)
  if not asked.symbolic then return args.misuse("only symbolic links can be made: use -s") end
  local target = asked[1]
  local link = asked[2] or "/"
  local into, problem = files.is_directory(link)
  if into == nil then return nil, problem end
  if into then link = paths.join(link, paths.base(target)) end
  if asked.force then
    local attr = dfs.stat(link)
    if attr and attr.kind ~= "dir" then
      local removed
      removed, problem = files.call("remove", link)
      if not removed then return nil, problem end
    end
  end
  return files.call("symlink", link, { target = dfs.encode_name(target) })
end

return {
  summary = "make symbolic links",
  usage = "ln -s [-f] TARGET [LINK]",
  details = "TARGET is stored as it is written, and need not exist.\n",
  examples = { "dfs ln -s v2 /sets/current" },
  options = {
    { name = "symbolic", short = "s", help = "a symbolic link (the only kind for now)" },
    { name = "force", short = "f", help = "replace a file or link that is in the way" },
  },
  operands = { 1, 2 },
  run = run,
}
