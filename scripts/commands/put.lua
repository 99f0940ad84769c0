-- put: store local files and trees.

local args = require "args"
local files = require "files"
local paths = require "paths"
local transfers = require "transfers"

local function transfer_of(asked)
  return { goal = asked.goal, chunk_size = asked.chunk_size, async = asked.durability == "async" }
end

-- One file, or standard input.
local function put_one(source, dest, asked)
  local found = source ~= "-" and dfs.local_stat(source, true) or {}
  if found.kind == "dir" then return nil, ("%s is a directory: use -r"):format(dfs.quote(source)) end
  local batch = transfers.new("put", asked.json)
  batch:one(dfs.put_file, source, dest, found.kind == "file" and found.size or nil, transfer_of(asked))
  return batch:finish()
end

-- Where `source` goes, canonical: `dest` itself, or in it where that is a directory.
local function target_of(source, dest, into)
  if not into then return dfs.path(dest) end
  if source == "-" then return args.misuse("standard input has no name: give a file as DEST") end
  return dfs.path(paths.join(dest, paths.base(source)))
end

local function run(asked)
  local dest = #asked > 1 and table.remove(asked) or "/"
  local into, problem = files.is_directory(dest)
  if into == nil then return nil, problem end
  if not into and (#asked > 1 or paths.says_directory(dest)) then
    return nil, ("%s is not a directory"):format(dfs.quote(dest))
  end
  if #asked > 1 or asked.recursive then
    return require("put_tree").run(asked, transfer_of(asked), function(source)
      return target_of(source, dest, into)
    end)
  end
  local target
  target, problem = target_of(asked[1], dest, into)
  if not target then return nil, problem end
  return put_one(asked[1], target, asked)
end

return {
  summary = "store files or trees",
  usage = "put [-r] FILE... [DEST]",
  details = [[
FILE is stored as DEST, inside DEST where that is a directory, and as /FILE
without one. FILE - is standard input. Modes and times are kept; in trees
symlinks stay symlinks. What is asked for is brought within the cluster's limits.
]],
  examples = {
    "dfs put data.bin",
    "dfs put -r imagenet /sets/",
    "dfs put --goal 2 --chunk-size 16M big.iso /images/big.iso",
    "tar c . | dfs put - /backup/home.tar",
  },
  options = {
    { name = "recursive", short = "rR", help = "whole trees, placed as `cp -r` does" },
    { name = "goal", argument = "N", type = "integer", min = 1, max = 9, help = "how many replicas to keep" },
    { name = "chunk-size", argument = "SIZE", type = "size", min = 64 << 10, max = 1 << 30,
      help = "64K to 1G" },
    { name = "durability", argument = "HOW", choices = { "sync", "async" },
      help = "sync (default): stored means on every replica's disk; async: in its memory" },
  },
  operands = { 1 },
  json = true,
  run = run,
}
