-- mkdir: make directories.

local args = require "args"
local files = require "files"
local modes = require "modes"

local function run(asked)
  local mode = asked.mode and modes.parse(asked.mode)
  if asked.mode and not mode then return args.misuse("--mode takes an octal mode such as 755") end
  return files.each(asked, function(path)
    return files.call("mkdir", path, { parents = asked.parents, mode = mode })
  end)
end

return {
  summary = "make directories",
  usage = "mkdir [-p] PATH...",
  examples = { "dfs mkdir /sets", "dfs mkdir -p /a/b/c" },
  options = {
    { name = "parents", short = "p", help = "make what is missing above; an existing directory is no error" },
    { name = "mode", short = "m", argument = "MODE", help = "octal, 755 by default" },
  },
  operands = { 1 },
  run = run,
}
