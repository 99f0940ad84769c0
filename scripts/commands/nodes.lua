-- nodes: the datanodes.

local columns = require "columns"

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function size(text)
  return dfs.size_text(integer(text))
end

local function run(asked)
  local reply, problem = dfs.call("nodes")
  if not reply then return nil, problem end
  if asked.json then
    io.write(dfs.json(reply), "\n")
    return true
  end
  local rows = {
    { "NODE", "ADDRESS", "RACK", "STATE", "SEEN", "CHUNKS", "USED", "FREE", "READ", "WRITE", "BAD", "WHY" },
  }
  for _, node in ipairs(reply.nodes) do
    rows[#rows + 1] = {
      tostring(node.node), node.address, node.rack, node.state,
      ("%.1f s"):format(integer(node.silence_ms) / 1000), node.chunks, size(node.used), size(node.free),
      size(node.read_rate) .. "/s", size(node.write_rate) .. "/s",
      node.scrub and node.scrub[1] and node.scrub[1].bad or "", node.why or "",
    }
  end
  columns.write(io.stdout, rows, { [5] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true,
    [11] = true })
  return true
end

return {
  summary = "the datanodes, their state and load",
  usage = "nodes",
  examples = { "dfs nodes", "dfs nodes --json | jq '.nodes[] | select(.state != \"up\")'" },
  operands = { 0, 0 },
  json = true,
  run = run,
}
