-- balance: replicas are moved from full datanodes to empty ones.

local args = require "args"

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function tell(asked, balance)
  if asked.json then
    io.write(dfs.json(balance), "\n")
  else
    io.write(balance.text, "\n")
  end
  return true
end

-- What it came to, once nothing is being moved any more.
local function wait()
  return require("watch").until_done(function()
    local reply, problem = dfs.call("balancing")
    return reply and reply.balance, problem
  end, function(balance)
    return not balance.on and balance.moving == 0
  end, function(balance)
    return balance.text
  end)
end

local function run(asked)
  if asked.stop and (asked.wait or asked.within or asked.show) then
    return args.misuse("--stop goes alone")
  end
  local reply, problem
  if asked.show then
    reply, problem = dfs.call("balancing")
  else
    reply, problem = dfs.call("balance", { stop = asked.stop or false, within = asked.within or 0 })
  end
  if not reply then return nil, problem end
  local balance = reply.balance
  if asked.wait and (balance.on or balance.moving > 0) then
    balance, problem = wait()
    if not balance then return nil, problem end
  end
  tell(asked, balance)
  if asked.wait and integer(balance.imbalance) > 10 * balance.within then return 1 end
  return true
end

return {
  summary = "move replicas from full datanodes to empty ones",
  usage = "balance [--within PERCENT] [--wait] | --stop | --show",
  details = [[
Each datanode's used share of its capacity is brought within PERCENT (default 5) of the cluster's: at 40 %
used on the whole, from 38 % to 42 %. A few chunks at a time, each copied first and deleted then, behind
all repairs; racks stay apart. It goes on over restarts of the master and ends by itself: when it is reached,
or no move brings it closer. With --wait exit code 1 where it is not reached.]],
  examples = { "dfs balance --wait", "dfs balance --within 10", "dfs balance --show", "dfs balance --stop" },
  options = {
    { name = "within", argument = "PERCENT", type = "integer", min = 1, max = 100, help = "how even (5)" },
    { name = "wait", help = "until it has ended; ctrl-C ends the waiting alone" },
    { name = "stop", help = "no more moves; those under way end" },
    { name = "show", help = "how it stands; nothing is begun" },
  },
  operands = { 0, 0 },
  json = true,
  run = run,
}
