-- get: fetch files and trees.

local args = require "args"
local files = require "files"
local paths = require "paths"
local transfers = require "transfers"

local function get_one(source, dest, json)
  local attr, path = files.follow(source)
  if not attr then return nil, path end
  if attr.kind == "dir" then return nil, ("%s is a directory: use -r"):format(dfs.quote(source)) end
  local batch = transfers.new("get", json)
  batch:one(dfs.get_file, path, dest, attr.size)
  return batch:finish()
end

local function run(asked)
  local dest = #asked > 1 and table.remove(asked) or "."
  if dest == "-" then
    if asked.json then return args.misuse("--json and the file can't both go to standard output") end
    return files.each(asked, function(source) return get_one(source, "-") end)
  end
  local found = dfs.local_stat(dest, true)
  local into = found and found.kind == "dir"
  if not into and (#asked > 1 or paths.says_directory(dest)) then
    return nil, ("%s is not a directory"):format(dfs.quote(dest))
  end
  local function target_of(source)
    return into and paths.join(dest, paths.base(source)) or dest
  end
  if #asked > 1 or asked.recursive then return require("get_tree").run(asked, target_of) end
  return get_one(asked[1], target_of(asked[1]), asked.json)
end

return {
  summary = "fetch files or trees",
  usage = "get [-r] PATH... [DEST]",
  details = [[
PATH is written to DEST, inside DEST where that is a directory, and into the
current directory without one. DEST - is standard output. Modes and times are
kept; a file appears when it is whole.
]],
  examples = {
    "dfs get /sets/data.bin",
    "dfs get -r /sets/imagenet .",
    "dfs get /backup/home.tar - | tar t",
  },
  options = {
    { name = "recursive", short = "rR", help = "whole trees, placed as `cp -r` does" },
  },
  operands = { 1 },
  json = true,
  run = run,
}
