-- df: space on the datanodes' disks.

local columns = require "columns"

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function row(name, node, bytes)
  local total, free, used = integer(node.total), integer(node.free), integer(node.used)
  local function size(n) return bytes and tostring(n) or dfs.size_text(n) end
  local percent = total > 0 and ("%d%%"):format((total - free) * 100 // total) or "-"
  return { name, size(total), size(used), size(free), percent }
end

local function run(asked)
  local status, problem = dfs.call("status")
  if not status then return nil, problem end
  if asked.json then
    io.write(dfs.json{ total = status.total, used = status.used, free = status.free }, "\n")
    return true
  end
  local nodes
  nodes, problem = dfs.call("nodes")
  if not nodes then return nil, problem end
  local rows = { { "NODE", "SIZE", "IN CHUNKS", "FREE", "FULL" } }
  for _, node in ipairs(nodes.nodes) do rows[#rows + 1] = row(tostring(node.node), node, asked.bytes) end
  rows[#rows + 1] = row("all", status, asked.bytes)
  columns.write(io.stdout, rows, { [2] = true, [3] = true, [4] = true, [5] = true })
  return true
end

return {
  summary = "space on the datanodes",
  usage = "df [-b]",
  options = {
    { name = "bytes", short = "b", help = "exact bytes" },
  },
  operands = { 0, 0 },
  json = true,
  run = run,
}
