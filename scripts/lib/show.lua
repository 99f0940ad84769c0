-- Attributes as people and programs read them.

local show = {}

local terminal = dfs.isatty(1)

-- A name: as it is for programs, control bytes quoted for a terminal.
function show.name(name)
  return terminal and dfs.quote(name) or name
end

local TYPES = { file = "-", dir = "d", symlink = "l" }

-- "drwxr-xr-x"
function show.mode(attr)
  local text = TYPES[attr.kind] or "?"
  for shift = 6, 0, -3 do
    local bits = attr.mode >> shift
    text = text .. (bits & 4 ~= 0 and "r" or "-") .. (bits & 2 ~= 0 and "w" or "-")
      .. (bits & 1 ~= 0 and "x" or "-")
  end
  return text
end

function show.time(mtime_ns)
  return os.date("%Y-%m-%d %H:%M:%S", mtime_ns // 1000000000)
end

-- Bytes: exact, or as people say it.
function show.size(bytes, human)
  return human and dfs.size_text(bytes) or tostring(bytes)
end

-- An attr in the form that all --json use (docs/json.md): 64-bit numbers are strings, names are encoded.
function show.json(attr)
  return {
    name = dfs.encode_name(attr.name), kind = attr.kind, size = tostring(attr.size), mode = attr.mode,
    uid = attr.uid, gid = attr.gid, links = attr.links, mtime_ns = tostring(attr.mtime_ns),
    inode = attr.inode, generation = tostring(attr.generation), goal = attr.goal,
    chunk_size = tostring(attr.chunk_size), target = attr.target and dfs.encode_name(attr.target),
  }
end

-- One JSON document, on a line of its own.
function show.line(document)
  io.write(dfs.json(document), "\n")
end

return show
