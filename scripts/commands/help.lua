-- help: the verbs, or one of them.

local args = require "args"
local command = require "command"
local help = require "help"
local verbs = require "verbs"

local function list()
  local rows, roles = {}, {}
  for _, name in ipairs(verbs.scripts()) do
    local ok, verb, alias = pcall(command.load, name)
    local summary = ok and verb and (alias and "the same as " .. alias or verb.summary) or "(does not load)"
    rows[#rows + 1] = { name, summary }
  end
  for _, role in ipairs(verbs.roles()) do roles[#roles + 1] = { role.name, role.summary } end
  io.write("usage: dfs [--master H:P] [--token T] [--config FILE] [--commands DIR] VERB [ARGUMENTS]\n")
  io.write("\nverbs:\n")
  io.write(help.list(rows))
  if #roles > 0 then io.write("\nroles:\n", help.list(roles)) end
  io.write("\n`dfs help VERB` tells more about one.\n")
end

local function run(asked)
  local name = asked[1]
  if not name then return list() end
  local verb = command.load(name)
  if verb then
    io.write(help.of(name, verb))
    return true
  end
  for _, role in ipairs(verbs.roles()) do
    if role.name == name then
      io.write(("dfs %s: %s\n\n`dfs %s --help` tells more.\n"):format(name, role.summary, name))
      return true
    end
  end
  local nearest = require("nearest").of(name, verbs.names())
  local hint = nearest and (": did you mean `%s`?"):format(nearest) or ""
  return args.misuse(("there is no verb '%s'%s"):format(dfs.quote(name), hint))
end

return {
  summary = "list the verbs, or explain one",
  usage = "help [VERB]",
  examples = { "dfs help", "dfs help put" },
  operands = { 0, 1 },
  run = run,
}
