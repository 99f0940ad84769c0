-- info: a file with its chunks, and where each of their replicas is.

local files = require "files"
local show = require "show"

local PAGE = 256

local function integer(text)
  return math.tointeger(tonumber(text))
end

-- Call visit(extent) for each extent. All pages are of one state of the file (RULES 9).
local function each_extent(path, visit)
  local reply, problem = files.call("locate", path, { limit = PAGE })
  while reply do
    for _, extent in ipairs(reply.extents) do visit(extent) end
    local last = reply.extents[#reply.extents]
    if not reply.more or not last then return true end
    reply, problem = dfs.call("locate", {
      inode = reply.attr.inode, generation = reply.attr.generation, limit = PAGE,
      offset = tostring(integer(last.offset) + integer(last.length)),
    })
  end
  return nil, problem
end

local function crc_text(crc)
  return ("%08x"):format(crc)
end

local function replicas_text(extent)
  local parts = {}
  for i, replica in ipairs(extent.replicas) do
    parts[i] = ("%d@%s %s"):format(replica.node, replica.address, replica.state)
  end
  return #parts > 0 and table.concat(parts, ", ") or "none"
end

local function print_attr(path, attr)
  io.write(show.name(path), "\n")
  local rows = {
    { "  kind", attr.kind }, { "  size", ("%d (%s)"):format(attr.size, dfs.size_text(attr.size)) },
    { "  mode", ("%04o  %s"):format(attr.mode, show.mode(attr)) }, { "  changed", show.time(attr.mtime_ns) },
  }
  if attr.target then rows[#rows + 1] = { "  target", show.name(attr.target) } end
  if attr.kind == "file" then
    rows[#rows + 1] = { "  goal", tostring(attr.goal) }
    rows[#rows + 1] = { "  chunk size", ("%d (%s)"):format(attr.chunk_size, dfs.size_text(attr.chunk_size)) }
  end
  require("columns").write(io.stdout, rows)
end

local function print_file(path, attr)
  print_attr(path, attr)
  if attr.kind ~= "file" then return true end
  local rows = { { "  OFFSET", "LENGTH", "CHUNK", "VERSION", "STATE", "CRC32C", "REPLICAS" } }
  local ok, problem = each_extent(path, function(extent)
    rows[#rows + 1] = {
      "  " .. extent.offset, extent.length, extent.chunk, extent.version, extent.state, crc_text(extent.crc),
      replicas_text(extent),
    }
  end)
  if not ok then return nil, problem end
  if #rows > 1 then require("columns").write(io.stdout, rows, { [1] = true, [2] = true, [4] = true }) end
  return true
end

local function print_json(path, attr)
  local document = { path = dfs.encode_name(path), attr = show.json(attr), extents = dfs.array() }
  if attr.kind == "file" then
    local ok, problem = each_extent(path, function(extent)
      extent.ticket = "" -- a permission, not information
      table.insert(document.extents, extent)
    end)
    if not ok then return nil, problem end
  end
  show.line(document)
  return true
end

local function run(asked)
  return files.each(asked, function(path)
    local attr, problem = dfs.stat(path)
    if not attr then return nil, problem end
    return (asked.json and print_json or print_file)(dfs.path(path), attr)
  end)
end

return {
  summary = "show a file's chunks and where their replicas are",
  usage = "info PATH...",
  examples = { "dfs info /sets/data.bin", "dfs info --json /sets/data.bin | jq '.extents[].replicas'" },
  operands = { 1 },
  json = true,
  run = run,
}
