-- cat: files to standard output.

local files = require "files"

local function run(asked)
  return files.each(asked, function(path)
    local attr, found = files.follow(path)
    if not attr then return nil, found end
    return dfs.get_file(found, "-")
  end)
end

return {
  summary = "write files to standard output",
  usage = "cat PATH...",
  examples = { "dfs cat /logs/a /logs/b | grep -c error" },
  operands = { 1 },
  run = run,
}
