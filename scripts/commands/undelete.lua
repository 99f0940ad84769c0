-- undelete: bring back what was removed.

local files = require "files"

local function run(asked)
  local to
  if asked.to then
    local problem
    to, problem = dfs.path(asked.to)
    if not to then return nil, problem end
  end
  local back, problem = files.call("undelete", asked[1], {
    to = to and dfs.encode_name(to), entry = asked.at and tostring(asked.at),
  })
  if not back then return nil, problem end
  return true
end

return {
  summary = "bring back what was removed",
  usage = "undelete [--to PATH] [--at ID] PATH",
  details = [[
PATH is where it was. It comes back there, or with --to at another name, which must
be free, and its directory must exist. Of several removals of one path the newest is
taken, unless --at names another by its number in `dfs trash ls`. Bytes, attributes
and links are as they were.
]],
  examples = { "dfs undelete /sets/old", "dfs undelete --to /sets/older --at 1234 /sets/old" },
  options = {
    { name = "to", argument = "PATH", help = "where it goes" },
    { name = "at", argument = "ID", type = "integer", min = 1, help = "which removal, by its number" },
  },
  operands = { 1, 1 },
  run = run,
}
