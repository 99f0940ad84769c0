-- rm: remove files and trees.

local files = require "files"

local function run(asked)
  return files.each(asked, function(path)
    local removed, problem = files.call("remove", path, { recursive = asked.recursive })
    if not removed and asked.force and problem.code == "NOENT" then return true end
    return removed, problem
  end)
end

return {
  summary = "remove files or trees",
  usage = "rm [-rf] PATH...",
  examples = { "dfs rm /tmp/a /tmp/b", "dfs rm -r /sets/old" },
  options = {
    { name = "recursive", short = "rR", help = "directories with all that is in them" },
    { name = "force", short = "f", help = "what does not exist is no error" },
  },
  operands = { 1 },
  run = run,
}
