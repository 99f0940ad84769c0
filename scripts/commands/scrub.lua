-- scrub: how long ago every byte was read and compared; have it done now.

local args = require "args"
local columns = require "columns"

local WAIT_MS = 2000
local PATIENCE = 8 -- waits without a repair: what is bad still is not being repaired

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function size(text)
  return dfs.size_text(integer(text))
end

local function age(text)
  if text == "18446744073709551615" then return "never" end
  local seconds = integer(text) // 1000
  if seconds < 120 then return ("%d s"):format(seconds) end
  if seconds < 7200 then return ("%d min"):format(seconds // 60) end
  if seconds < 172800 then return ("%d h"):format(seconds // 3600) end
  return ("%d days"):format(seconds // 86400)
end

local function wanted(asked, node)
  return asked[1] == nil or tostring(node.node) == asked[1]
end

local function print_nodes(asked, reply)
  local rows = {
    { "NODE", "STATE", "SCRUB", "CHECKED", "OF", "RATE", "OLDEST", "FOUND", "BAD", "EXTRA" },
  }
  for _, node in ipairs(reply.nodes) do
    local scrub = node.scrub and node.scrub[1]
    if wanted(asked, node) then
      rows[#rows + 1] = scrub and {
        tostring(node.node), node.state, scrub.running > 0 and "running" or "resting",
        size(scrub.checked), size(scrub.total), size(scrub.rate) .. "/s", age(scrub.oldest_ms), scrub.found,
        scrub.bad, scrub.extra,
      } or { tostring(node.node), node.state, "unknown", "", "", "", "", "", "", "" }
    end
  end
  columns.write(io.stdout, rows,
    { [4] = true, [5] = true, [6] = true, [7] = true, [8] = true, [9] = true, [10] = true })
end

local function bad_of(asked, reply)
  local bad = 0
  for _, node in ipairs(reply.nodes) do
    if node.scrub and node.scrub[1] and node.state ~= "dead" and wanted(asked, node) then
      bad = bad + integer(node.scrub[1].bad)
    end
  end
  return bad
end

-- All that is short of replicas has none that is good, and nothing is put together from bad ones: nothing is
-- going to be repaired.
local function hopeless()
  local status = dfs.call("status")
  return status and integer(status.lost) > 0 and status.lost == status.under_goal
    and integer(status.repair_queued or 0) == 0 and #(status.copies or {}) == 0
end

-- Until the passes are over, then until what they found is repaired, or nothing of it is any more.
local function wait(asked, rows)
  local reply, problem
  repeat
    reply, problem = dfs.call("scrub_wait", { asked = rows, wait_ms = WAIT_MS })
    if not reply then return nil, problem end
  until reply.over
  local least, patience = bad_of(asked, reply), PATIENCE
  while least > 0 and patience > 0 and not hopeless() do
    reply, problem = dfs.call("scrub_wait", { asked = rows, repaired = true, wait_ms = WAIT_MS })
    if not reply then return nil, problem end
    local bad = bad_of(asked, reply)
    patience = bad < least and PATIENCE or patience - 1
    least = math.min(least, bad)
    if reply.over then break end
  end
  return reply
end

local function order(asked)
  local reply, problem = dfs.call("scrub", {
    node = tonumber(asked[1] or 0), now = asked.now, rate = tostring(asked.rate or 0),
  })
  if not reply then return nil, problem end
  local rows, refused = {}, 0
  for _, row in ipairs(reply.asked) do
    if (row.error or "") ~= "" then
      io.stderr:write(("dfs scrub: datanode %d: %s\n"):format(row.node, row.error))
      refused = refused + 1
    else
      rows[#rows + 1] = { node = row.node, begun = row.begun }
    end
  end
  return rows, refused
end

local function run(asked)
  if asked[1] and not asked[1]:find("^[1-9]%d*$") then
    return args.misuse(("%s is no datanode: they have numbers (dfs nodes)"):format(asked[1]))
  end
  if asked.wait and not asked.now then return args.misuse("--wait goes with --now") end
  local rows, refused = {}, 0
  if asked.now or asked.rate then
    rows, refused = order(asked)
    if not rows then return nil, refused end
  end
  if not asked.wait and (asked.now or asked.rate) then
    if not asked.json then
      local text = asked.now and "a pass has begun on %d datanodes: dfs scrub tells how far it is\n"
        or "%d datanodes have the new rate\n"
      io.write(text:format(#rows))
    end
    return refused == 0 and 0 or 1
  end
  local reply, problem
  if asked.wait then
    reply, problem = wait(asked, rows)
  else
    reply, problem = dfs.call("scrub_wait")
  end
  if not reply then return nil, problem end
  if asked.json then
    io.write(dfs.json(reply), "\n")
  else
    print_nodes(asked, reply)
  end
  local status, bad = dfs.call("status"), bad_of(asked, reply)
  local short = status and integer(status.under_goal) - integer(status.leaving) or 0
  if bad > 0 and short > 0 then
    local text = "%d bad replicas are not repaired, %d chunks have fewer good ones than their goal:"
      .. " dfs fsck names the files"
    return nil, { code = "CORRUPT", message = text:format(bad, short) }
  end
  return refused == 0 and 0 or 1
end

return {
  summary = "how long ago every byte was checked on its disk; check it now",
  usage = "scrub [NODE] [--now [--wait]] [--rate SIZE]",
  examples = {
    "dfs scrub", "dfs scrub --now --wait", "dfs scrub 3 --now --rate 200M", "dfs scrub --rate 16M",
  },
  options = {
    { name = "now", help = "begin a pass over everything at once" },
    { name = "wait", help = "until the passes are over, and what they found is repaired" },
    { name = "rate", argument = "SIZE", type = "size", min = 65536,
      help = "bytes a second for each data directory: of that pass, or, without --now, from now on" },
  },
  operands = { 0, 1 },
  json = true,
  run = run,
}
