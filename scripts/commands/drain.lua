-- drain: a datanode is emptied, so that it can be taken away.

local args = require "args"
local columns = require "columns"
local machines = require "machines"

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function size(text)
  return dfs.size_text(integer(text))
end

local function left(drain)
  local seconds = (integer(drain.estimate_ms) + 999) // 1000
  if seconds == 0 then return "" end
  if seconds < 120 then return ("%d s"):format(seconds) end
  if seconds < 7200 then return ("%d min"):format(seconds // 60) end
  return ("%d h"):format(seconds // 3600)
end

local function list(asked)
  local reply, problem = dfs.call("drains")
  if not reply then return nil, problem end
  if asked.json then
    io.write(dfs.json({ drains = dfs.array(reply.drains) }), "\n")
    return true
  end
  local rows = {
    { "NODE", "ADDRESS", "STATE", "HOLDS", "CHUNKS LEFT", "BYTES LEFT", "RATE", "TIME LEFT", "" },
  }
  for _, drain in ipairs(reply.drains) do
    rows[#rows + 1] = {
      tostring(drain.node), drain.address, drain.state, drain.held, drain.chunks, size(drain.bytes),
      size(drain.rate) .. "/s", left(drain), drain.text,
    }
  end
  if #rows == 1 then
    io.write("no datanode is being emptied\n")
    return true
  end
  columns.write(io.stdout, rows, { [4] = true, [5] = true, [6] = true, [7] = true, [8] = true })
  return true
end

local function tell(asked, drain)
  if asked.json then
    io.write(dfs.json(drain), "\n")
  elseif drain.draining then
    io.write(machines.name(drain), ": ", drain.text, "\n")
  else
    io.write(machines.name(drain), " is in use\n")
  end
  return true
end

-- The drain of that node, once it is safe to unplug.
local function wait(node)
  return require("watch").until_done(function()
    local reply, problem = dfs.call("drains")
    if not reply then return nil, problem end
    for _, drain in ipairs(reply.drains) do
      if drain.node == node.node then return drain end
    end
    return { gone = true }
  end, function(drain)
    if drain.gone then return nil, ("somebody cancelled the drain of %s"):format(machines.name(node)) end
    return drain.safe
  end, function(drain)
    return ("%s: %s"):format(machines.name(drain), drain.text)
  end)
end

local function forget(asked, node)
  local reply, problem = dfs.call("forget", { node = node.node })
  if not reply then return nil, problem end
  if asked.json then
    io.write(dfs.json(reply.drain), "\n")
  else
    io.write(machines.name(node), " is forgotten\n")
  end
  return true
end

local function run(asked)
  if not asked[1] then
    if asked.cancel or asked.wait or asked.forget then return args.misuse("name the datanode") end
    return list(asked)
  end
  if asked.cancel and asked.wait then return args.misuse("--cancel and --wait do not go together") end
  if asked.forget and (asked.cancel or asked.wait) then
    return args.misuse("--forget goes with neither --cancel nor --wait")
  end
  local node, problem = machines.find(asked[1])
  if not node then return nil, problem end
  if asked.forget then return forget(asked, node) end
  local reply
  reply, problem = dfs.call("drain", { node = node.node, cancel = asked.cancel or false })
  if not reply then return nil, problem end
  local drain = reply.drain
  if asked.wait and not drain.safe then
    drain, problem = wait(node)
    if not drain then return nil, problem end
  end
  return tell(asked, drain)
end

return {
  summary = "empty a datanode, so that it can be taken away",
  usage = "drain [NODE] [--cancel | --wait | --forget]",
  details = [[
NODE is its number, `node2`, or its address. It takes nothing new from then on, and what it holds is copied
to the others; it stays so over restarts until --cancel. It may be taken away once it is said to be safe to
unplug: here, in `dfs nodes` and in `dfs status`. Once it is stopped and dead, --forget takes it off these
lists. Without NODE those that are being emptied are listed.]],
  examples = {
    "dfs drain 2", "dfs drain 10.0.0.12:7071 --wait", "dfs drain", "dfs drain 2 --cancel",
    "dfs drain 2 --forget",
  },
  options = {
    { name = "cancel", help = "use it again; nothing was deleted from it" },
    { name = "forget", help = "it is gone for good; should it return, it is a new datanode" },
    { name = "wait", help = "until it is safe to unplug; ctrl-C ends the waiting, not the drain" },
  },
  operands = { 0, 1 },
  json = true,
  run = run,
}
