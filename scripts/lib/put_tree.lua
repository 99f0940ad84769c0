-- put of several files or of trees: directories first, then files side by side, times of directories last.

local files = require "files"
local paths = require "paths"
local transfers = require "transfers"

local put_tree = {}

local function make_directory(path, found)
  local made, problem = files.call("mkdir", path, { mode = found.mode })
  if made or problem.code ~= "EXIST" then return made, problem end
  local attr = dfs.stat(path)
  if attr and attr.kind == "dir" then return true end
  return nil, problem
end

-- As cp does: what is in a symlink's place goes, unless it is a directory.
local function make_symlink(path, found)
  local more = { target = dfs.encode_name(found.target), mtime_ns = tostring(found.mtime_ns) }
  local made, problem = files.call("symlink", path, more)
  if made or problem.code ~= "EXIST" then return made, problem end
  local attr = dfs.stat(path)
  if not attr or attr.kind == "dir" then return nil, problem end
  local removed
  removed, problem = files.call("remove", path)
  if not removed then return nil, problem end
  return files.call("symlink", path, more)
end

-- Puts `source` at `target`. Directories met are added to `made`.
local function put(batch, source, target, options, made)
  local found, problem = dfs.local_stat(source, not options.recursive)
  if not found then return batch:note(nil, problem) end
  if found.kind == "file" then return batch:add(dfs.queue_put, source, target, found.size, options) end
  if found.kind == "symlink" then return batch:note(make_symlink(target, found)) end
  if found.kind ~= "dir" then
    return batch:warn(("%s is neither a file nor a directory: skipped"):format(dfs.quote(source)))
  end
  if not options.recursive then
    return batch:note(nil, ("%s is a directory: use -r"):format(dfs.quote(source)))
  end
  local names
  names, problem = dfs.local_list(source)
  if not names then return batch:note(nil, problem) end
  if not batch:note(make_directory(target, found)) then return end
  made[#made + 1] = { path = target, mtime_ns = found.mtime_ns }
  for _, name in ipairs(names) do
    put(batch, paths.join(source, name), paths.join(target, name), options, made)
  end
end

-- `target_of(source)` says where each of `sources` goes.
function put_tree.run(sources, options, target_of)
  local batch, made = transfers.new("put", sources.json), {}
  options.recursive = sources.recursive
  for _, source in ipairs(sources) do
    local target, problem = target_of(source)
    if source == "-" then
      return require("args").misuse("standard input is stored alone, not with others")
    elseif not target then
      batch:note(nil, problem)
    else
      put(batch, source, target, options, made)
    end
  end
  batch:wait()
  for i = #made, 1, -1 do
    local set = { set_mtime = true, mtime_ns = tostring(made[i].mtime_ns) }
    local ok, problem = files.call("setattr", made[i].path, set)
    if not ok then batch:fail(problem) end
  end
  return batch:finish()
end

return put_tree
