-- get of several files or of trees: directories first, then files side by side, modes and times of
-- directories last.

local files = require "files"
local paths = require "paths"
local transfers = require "transfers"

local get_tree = {}

local WHILE_FILLING = 448 -- 0700: a directory that is read-only at the end must be filled first

-- A directory that is there already must be one itself: through a symlink we would write somewhere else.
local function make_directory(path)
  local made, problem = dfs.local_mkdir(path, WHILE_FILLING)
  if made or problem.code ~= "EXIST" then return made, problem end
  local found = dfs.local_stat(path)
  if found and found.kind == "dir" then return true end
  return nil, problem
end

-- As cp does: what is in a symlink's place goes, unless it is a directory.
local function make_symlink(path, attr)
  local made, problem = dfs.local_symlink(attr.target, path)
  if not made and problem.code == "EXIST" then
    made, problem = dfs.local_remove(path)
    if made then made, problem = dfs.local_symlink(attr.target, path) end
  end
  if not made then return nil, problem end
  return dfs.local_chmod_mtime(path, nil, attr.mtime_ns)
end

-- Gets one inode; false where there is no way into a directory. Directories made are added to `made`.
local function get(batch, source, target, attr, made)
  if attr.kind == "file" then
    batch:add(dfs.queue_get, source, target, attr.size)
  elseif attr.kind == "symlink" then
    batch:note(make_symlink(target, attr))
  else
    if not batch:note(make_directory(target)) then return false end
    made[#made + 1] = { path = target, attr = attr }
  end
  return true
end

local function get_tree_at(batch, source, target, attr, made)
  if not get(batch, source, target, attr, made) or attr.kind ~= "dir" then return end
  local walked, problem = files.walk(source, function(path, child)
    local below = path:sub(#source + 1):gsub("^/", "")
    return not get(batch, path, paths.join(target, below), child, made) and "skip"
  end)
  if not walked then batch:fail(problem) end
end

local function get_any(batch, source, target, recursive, made)
  local attr, path
  if recursive then
    attr, path = dfs.stat(source)
    if attr then path = dfs.path(source) end
  else
    attr, path = files.follow(source)
  end
  if not attr then return batch:note(nil, path) end
  if attr.kind == "dir" and not recursive then
    return batch:note(nil, ("%s is a directory: use -r"):format(dfs.quote(source)))
  end
  get_tree_at(batch, path, target, attr, made)
end

-- `target_of(source)` says where each of `sources` goes.
function get_tree.run(sources, target_of)
  local batch, made = transfers.new("get", sources.json), {}
  for _, source in ipairs(sources) do get_any(batch, source, target_of(source), sources.recursive, made) end
  batch:wait()
  for i = #made, 1, -1 do
    local attr = made[i].attr
    local ok, problem = dfs.local_chmod_mtime(made[i].path, attr.mode, attr.mtime_ns)
    if not ok then batch:fail(problem) end
  end
  return batch:finish()
end

return get_tree
