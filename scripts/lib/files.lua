-- What verbs do with files of the DFS over and over: call with a path, follow a link, walk a tree.

local paths = require "paths"

local files = {}

local LINKS_MAX = 8

local problem_mt = { __tostring = function(problem) return problem.message end }

-- An error as the `dfs` module makes them.
function files.error(code, message)
  return setmetatable({ code = code, message = message }, problem_mt)
end

-- A call whose arguments begin with a path: canonical, encoded.
function files.call(name, path, more)
  local canonical, problem = dfs.path(path)
  if not canonical then return nil, problem end
  local call_args = { path = dfs.encode_name(canonical) }
  for key, value in pairs(more or {}) do call_args[key] = value end
  return dfs.call(name, call_args)
end

-- Attributes and path of what `path` leads to, its last name's symlinks followed.
function files.follow(path)
  local at, problem = dfs.path(path)
  for _ = 0, LINKS_MAX do
    local attr
    if at then attr, problem = dfs.stat(at) end
    if not attr then return nil, problem end
    if attr.kind ~= "symlink" then return attr, at end
    at = attr.target:sub(1, 1) == "/" and attr.target or paths.join(paths.parent(at), attr.target)
    at = paths.resolve(at)
  end
  return nil, files.error("INVAL", ("%s: more than %d symlinks"):format(dfs.quote(path), LINKS_MAX))
end

-- Is there a directory at `path`? nil and an error where that can't be told.
function files.is_directory(path)
  local attr, problem = files.follow(path)
  if attr then return attr.kind == "dir" end
  if problem.code == "NOENT" then return false end
  return nil, problem
end

-- A name that a directory may hold. A master that sends another one must not lead us out of a local tree.
local function safe(name)
  return name ~= "" and name ~= "." and name ~= ".." and not name:find("/", 1, true)
end

-- Call visit(path, attr) for all below directory `path`, a directory before what is in it. Stops at the first
-- error; a directory for which visit returns "skip" is not entered.
function files.walk(path, visit)
  local entries, problem = dfs.list(path)
  if not entries then return nil, problem end
  for attr in entries do
    if not safe(attr.name) then
      return nil, files.error("PROTO", ("%s: the master sent a bad name"):format(dfs.quote(path)))
    end
    local child = paths.join(path, attr.name)
    if visit(child, attr) ~= "skip" and attr.kind == "dir" then
      local done
      done, problem = files.walk(child, visit)
      if not done then return nil, problem end
    end
  end
  return true
end

-- Run action(path) -> ok, err for each path: where one fails the others are still done. For verbs like rm.
function files.each(list, action)
  local failures = {}
  for _, path in ipairs(list) do
    local ok, problem = action(path)
    if not ok then failures[#failures + 1] = tostring(problem) end
  end
  if #failures == 0 then return true end
  return nil, require("failures").sentence(failures, #list)
end

return files
