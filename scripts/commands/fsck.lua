-- fsck: the metadata against itself, and against the replicas that there are.

local show = require "show"

local WAIT_MS = 2000

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function name(path)
  return show.name(dfs.decode_name(path))
end

-- "/a, /b and 3 more: what is wrong"
local function line(fault)
  local names = {}
  for _, row in ipairs(fault.paths or {}) do names[#names + 1] = name(row.path) end
  local more = integer(fault.names) - #names
  local who = table.concat(names, ", ")
  if more > 0 then who = ("%s and %d more"):format(who, more) end
  return (who ~= "" and who .. ": " or "") .. fault.text
end

local function read(check, each)
  local after = 0
  while true do
    local reply, problem = dfs.call("fsck_read", { check = check, after = after, wait_ms = WAIT_MS })
    if not reply then return nil, problem end
    for _, fault in ipairs(reply.faults) do each(fault) end
    after = after + #reply.faults
    if reply.over then return reply end
  end
end

local function print_summary(reply, notes, asked)
  local parts = { ("%s chunks looked at"):format(reply.chunks), ("%s faults"):format(reply.wrong) }
  if notes > 0 then parts[#parts + 1] = ("%d notes"):format(notes) end
  if integer(reply.orphans) > 0 then
    parts[#parts + 1] = ("%s replicas that the metadata does not know, left alone"):format(reply.orphans)
  end
  if asked.repair then
    parts[#parts + 1] = ("%s counts mended"):format(reply.mended)
    parts[#parts + 1] = ("%s repairs begun"):format(reply.queued)
  end
  io.write(table.concat(parts, ", "), "\n")
end

local function run(asked)
  local begun, problem = dfs.call("fsck", {
    path = asked[1] and dfs.encode_name(dfs.path(asked[1])) or "/", repair = asked.repair or false,
  })
  if not begun then return nil, problem end
  local faults, notes = {}, 0
  local reply
  reply, problem = read(begun.check, function(fault)
    if not fault.wrong then notes = notes + 1 end
    if asked.json then
      faults[#faults + 1] = fault
    else
      io.write(line(fault), "\n")
    end
  end)
  if not reply then return nil, problem end
  if asked.json then
    reply.faults = dfs.array(faults)
    io.write(dfs.json(reply), "\n")
  else
    print_summary(reply, notes, asked)
  end
  if (reply.error or "") ~= "" then
    return nil, { code = "CORRUPT", message = "the check could not go on: " .. reply.error }
  end
  return integer(reply.wrong) == 0 and 0 or 1
end

return {
  summary = "check metadata and replicas, and name the files that are affected",
  usage = "fsck [PATH] [--repair]",
  examples = { "dfs fsck", "dfs fsck /sets --json", "dfs fsck --repair" },
  options = {
    { name = "repair",
      help = "datanodes report anew, repairs begin at once, wrong counts are set right; nothing is deleted" },
  },
  operands = { 0, 1 },
  json = true,
  run = run,
}
