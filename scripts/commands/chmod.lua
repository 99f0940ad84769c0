-- chmod: change permission bits. They are kept and given back; who may do what is the token's matter.

local args = require "args"
local files = require "files"
local modes = require "modes"

local function run(asked)
  local mode = table.remove(asked, 1)
  local changer = modes.changer(mode)
  if not changer then return args.misuse(("'%s' is no mode such as 644 or u+x"):format(dfs.quote(mode))) end
  return require("trees").each(asked, asked.recursive, function(path, attr)
    if attr.kind == "symlink" then return true end
    return files.call("setattr", path, { set_mode = true, mode = changer(attr.mode) })
  end)
end

return {
  summary = "change permission bits",
  usage = "chmod [-R] MODE PATH...",
  examples = { "dfs chmod 640 /sets/a", "dfs chmod -R go-w /sets" },
  options = {
    { name = "recursive", short = "R", help = "directories and all that is in them" },
  },
  operands = { 2 },
  run = run,
}
