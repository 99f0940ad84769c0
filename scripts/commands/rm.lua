-- rm: remove files and trees. They go into the trash.

local files = require "files"

local function run(asked)
  local by = (os.getenv("USER") or os.getenv("LOGNAME") or ""):sub(1, 63)
  return files.each(asked, function(path)
    local removed, problem = files.call("remove", path, {
      recursive = asked.recursive, now = asked.now, by = by,
    })
    if not removed and asked.force and problem.code == "NOENT" then return true end
    return removed, problem
  end)
end

return {
  summary = "remove files or trees: into the trash, or for good",
  usage = "rm [-rf] [--now] PATH...",
  details = [[
What is removed goes into the trash, a tree as a whole, and leaves it after a while
(three days unless the policy `retain` says otherwise). Until then `dfs undelete`
brings it back, and its space is not free. With --now it is freed at once.
]],
  examples = {
    "dfs rm /tmp/a /tmp/b", "dfs rm -r /sets/old && dfs undelete /sets/old", "dfs rm -r --now /scratch",
  },
  options = {
    { name = "recursive", short = "rR", help = "directories with all that is in them" },
    { name = "force", short = "f", help = "what does not exist is no error" },
    { name = "now", help = "free it at once: nothing brings it back" },
  },
  operands = { 1 },
  run = run,
}
