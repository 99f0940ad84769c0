-- Paths, of the DFS and of the local machine alike: bytes between slashes.

local paths = {}

-- Last name of a path: "c" of "/a/b/c" and "/a/b/c/"; "" of "/".
function paths.base(path)
  return path:match("([^/]*)/*$")
end

-- The directory that a path's last name stands in: "/a/b" of "/a/b/c", "/" of "/a", "." of "a".
function paths.parent(path)
  local parent = path:match("^(.*[^/])/+[^/]+/*$")
  if parent then return parent end
  return path:sub(1, 1) == "/" and "/" or "."
end

function paths.join(directory, name)
  if name == "" then return directory end
  return directory:sub(-1) == "/" and directory .. name or directory .. "/" .. name
end

-- Does the writer of this path say that it is a directory?
function paths.says_directory(path)
  return path:sub(-1) == "/"
end

-- A DFS path with "." and ".." taken out by their letters; ".." of "/" is "/".
function paths.resolve(path)
  local names = {}
  for name in path:gmatch("[^/]+") do
    if name == ".." then
      names[#names] = nil
    elseif name ~= "." then
      names[#names + 1] = name
    end
  end
  return "/" .. table.concat(names, "/")
end

return paths
