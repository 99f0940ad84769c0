-- log: what happened in the cluster lately, as far as its master remembers.

local machines = require "machines"
local reasons = require "reasons"

local function question(asked)
  local word, ask = asked[1], { limit = asked.count or 100 }
  if not word then return ask end
  if word:find("^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$") then
    ask.chunk = word:lower()
    return ask
  end
  local node, problem = machines.find(word)
  if not node then return nil, problem end
  ask.node = node.node
  return ask
end

local function run(asked)
  local ask, problem = question(asked)
  if not ask then return nil, problem end
  local reply
  reply, problem = dfs.call("history", ask)
  if not reply then return nil, problem end
  if asked.json then
    io.write(dfs.json({ events = dfs.array(reply.events) }), "\n")
  else
    reasons.write(io.stdout, reply.events)
  end
  return true
end

return {
  summary = "what happened in the cluster lately",
  usage = "log [CHUNK|NODE] [-n COUNT]",
  details = "The master remembers its last 4,096 events; one that was restarted begins anew.",
  examples = { "dfs log", "dfs log node2 -n 20" },
  options = {
    { name = "count", short = "n", argument = "COUNT", type = "integer", min = 1, max = 1000,
      help = "how many of the last (100)" },
  },
  operands = { 0, 1 },
  json = true,
  run = run,
}
