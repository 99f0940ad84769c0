-- rmdir: remove empty directories.

local files = require "files"

local function run(asked)
  return files.each(asked, function(path) return files.call("remove", path, { directory = true }) end)
end

return {
  summary = "remove empty directories",
  usage = "rmdir PATH...",
  operands = { 1 },
  run = run,
}
