-- status: the cluster in a page. Exit code 1 where something is wrong, so that scripts can ask.

local columns = require "columns"
local machines = require "machines"

-- A policy that failed is a trouble for so long; then it is a number in its line.
local POLICY_ERROR_MS = 10 * 60 * 1000

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

local function size(text)
  return dfs.size_text(integer(text))
end

-- What an operator should look at, each in a few words.
local function troubles(status)
  local list = {}
  local function add(wrong, text, ...)
    if wrong then list[#list + 1] = text:format(...) end
  end
  local read_only = status.read_only or ""
  local down = status.nodes_known - status.nodes_up - (status.nodes_unplugged or 0)
  add(read_only ~= "", "read-only: %s", read_only)
  add((status.hold or "") ~= "" and status.hold ~= read_only, "%s", status.hold)
  add((status.checkpoint_error or "") ~= "", "no checkpoint of the metadata: %s", status.checkpoint_error)
  add((status.kept_error or "") ~= "", "the datanodes do not keep the newest metadata: %s", status.kept_error)
  add(status.nodes_known == 0, "no datanode has registered")
  add(down > 0, "%d of %d datanodes are not up", down, status.nodes_known)
  add(integer(status.lost) > 0, "%s chunks have no good replica", status.lost)
  local under = integer(status.under_goal) - integer(status.leaving or "0")
  add(under > 0, "%d chunks have fewer good replicas than their goal", under)
  for _, missed in ipairs(status.missed or {}) do
    add(true, "chunk %s: %s", missed.chunk, missed.why)
  end
  add(integer(status.bad) > 0, "%s replicas are bad (dfs scrub, dfs fsck)", status.bad)
  add(integer(status.orphans_foreign or "0") > 0,
    "%s replicas are of chunks newer than this master's metadata: left alone", status.orphans_foreign)
  local paused = status.purge_paused or ""
  add(paused ~= "", "trash: %s", paused)
  for _, policy in ipairs(status.policies or {}) do
    local recent = integer(policy.error_ago_ms or "0") < POLICY_ERROR_MS
    add((policy.error or "") ~= "" and recent, "policy %s: %s", policy.kind, policy.error)
  end
  return list
end

local function uptime(ms)
  local seconds = integer(ms) // 1000
  if seconds < 120 then return ("%d s"):format(seconds) end
  if seconds < 7200 then return ("%d min"):format(seconds // 60) end
  if seconds < 172800 then return ("%d h"):format(seconds // 3600) end
  return ("%d days"):format(seconds // 86400)
end

local function duration(ms)
  local seconds = (integer(ms) + 999) // 1000
  if seconds < 120 then return ("%d s"):format(seconds) end
  return seconds < 7200 and ("%d min"):format(seconds // 60) or ("%d h"):format(seconds // 3600)
end

-- "2 with one live replica, 5 with two": the fewest first.
local function by_live(status)
  local list = {}
  for i, count in ipairs(status.under_by_live or {}) do
    if integer(count) > 0 then
      list[#list + 1] = i == 1 and ("%s lost"):format(count) or ("%s with %d live"):format(count, i - 1)
    end
  end
  return table.concat(list, ", ")
end

-- What repair is at, a line each; nothing where there is nothing to do.
local function repair_rows(status, add)
  local left, estimate = integer(status.repair_left), integer(status.repair_estimate_ms)
  if by_live(status) ~= "" then add("under goal", "%s", by_live(status)) end
  if left > 0 or #(status.copies or {}) > 0 then
    add("repair", "%s queued, %s delayed, %s to copy, %s/s%s", status.repair_queued or 0,
      status.repair_delayed or 0, size(left), size(status.repair_rate or 0),
      estimate > 0 and (", about %s"):format(duration(estimate)) or "")
  end
  for _, copy in ipairs(status.copies or {}) do
    add("copy", "%s from datanode %d to %d, %s, for %s", copy.chunk, copy.from, copy.to, size(copy.length),
      duration(copy.for_ms))
  end
  if integer(status.trimming) > 0 then add("trim", "%s replicas above their goal", status.trimming) end
end

local function state(status, wrong)
  if #wrong > 0 then return table.concat(wrong, "; ") end
  return status.safe_mode and "safe mode: waiting for the datanodes' reports" or "well"
end

local function print_page(status, wrong, drains)
  local rows = {}
  local function add(title, text, ...) rows[#rows + 1] = { title, text:format(...) } end
  add("state", "%s", state(status, wrong))
  add("cluster", "%s, epoch %s, up for %s", status.cluster, status.epoch, uptime(status.uptime_ms))
  add("datanodes", "%d of %d up", status.nodes_up, status.nodes_known)
  for _, drain in ipairs(drains or {}) do add("draining", "%s: %s", machines.name(drain), drain.text) end
  add("space", "%s, %s in chunks, %s free", size(status.total), size(status.used), size(status.free))
  add("files", "%s in %s directories, %s", status.files, status.dirs, size(status.bytes))
  if integer(status.trash_entries) > 0 then
    add("trash", "%s names, %s files, %s", status.trash_entries, status.trash_files or "0",
      size(status.trash_bytes))
  end
  if integer(status.orphans or "0") > 0 then
    add("orphans", "%s replicas that the metadata does not know, %s, the oldest for %s", status.orphans,
      size(status.orphan_bytes or "0"), uptime(status.orphan_age_ms or "0"))
  end
  add("chunks", "%s, %s open, %s under goal, %s lost", status.chunks, status.open_chunks, status.under_goal,
    status.lost)
  repair_rows(status, add)
  add("checked", "%s", status.scrub_oldest_ms == "18446744073709551615" and "not all of it yet"
    or ("all of it in the last %s"):format(uptime(status.scrub_oldest_ms)))
  add("writing", "%s sessions", status.sessions)
  add("log", "%s operations", status.operations)
  if integer(status.checkpoint or "0") > 0 then
    add("checkpoint", "of operation %s, %s ago", status.checkpoint, uptime(status.checkpoint_age_ms or "0"))
  end
  if integer(status.kept or "0") > 0 then
    add("kept", "on the datanodes up to operation %s, stored %s ago, %s (dfs master rescue)", status.kept,
      uptime(status.kept_age_ms or "0"), size(status.kept_bytes or "0"))
  end
  for _, policy in ipairs(status.policies or {}) do
    local last = (policy.error or "") ~= "" and
      (", the last %s ago: %s"):format(uptime(policy.error_ago_ms or "0"), policy.error) or ""
    add("policy", "%s by %s: %s decisions, %s by the built-in%s", policy.kind, policy.name, policy.decisions,
      policy.fallbacks, last)
  end
  columns.write(io.stdout, rows)
end

local function run(asked)
  local status, problem = dfs.call("status")
  if not status then return nil, problem end
  local wrong = troubles(status)
  if asked.json then
    status.troubles = dfs.array(wrong)
    io.write(dfs.json(status), "\n")
  else
    local drains = (status.nodes_draining or 0) > 0 and dfs.call("drains")
    print_page(status, wrong, drains and drains.drains)
  end
  return #wrong == 0 and 0 or 1
end

return {
  summary = "the cluster in a page; exit code 1 where something is wrong",
  usage = "status",
  examples = { "dfs status", "dfs status >/dev/null || mail -s 'dfs needs you' ops" },
  operands = { 0, 0 },
  json = true,
  run = run,
}
