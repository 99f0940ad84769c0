-- trash: what was removed and is still there; freeing it.

local ages = require "ages"
local args = require "args"
local columns = require "columns"
local show = require "show"

local function integer(text)
  return math.tointeger(tonumber(text)) or 0
end

-- A PATH as the calls want it; "" is everything.
local function path_of(text)
  if not text then return "" end
  local path, problem = dfs.path(text)
  if not path then return nil, problem end
  return dfs.encode_name(path)
end

-- Call visit(entry) for each name in the trash that was at `path` or below, the oldest first.
local function each(path, visit)
  local after = "0"
  while true do
    local page, problem = dfs.call("trash_list", { path = path, after = after })
    if not page then return nil, problem end
    for _, entry in ipairs(page.entries) do visit(entry) end
    if not page.more then return true end
    after = page.next
  end
end

local function size(entry)
  if not entry.counted then return "..." end
  return dfs.size_text(integer(entry.bytes))
end

local function row(entry)
  local path = show.name(dfs.decode_name(entry.path))
  if entry.kind == "dir" then path = path .. "/" end
  return {
    entry.entry, show.time(integer(entry.time_ms) * 1000000), entry.by ~= "" and show.name(entry.by) or "-",
    size(entry), entry.counted and entry.files or "...", ages.text(integer(entry.left_ms)), path,
  }
end

local function list(asked)
  local path, problem = path_of(asked[2])
  if not path then return nil, problem end
  if asked.json then
    local before = '{"entries":['
    local ok
    ok, problem = each(path, function(entry)
      io.write(before, dfs.json(entry))
      before = ","
    end)
    if not ok then return nil, problem end
    io.write(before == "," and "" or before, "]}\n")
    return true
  end
  local rows = { { "ID", "REMOVED", "BY", "SIZE", "FILES", "GOES IN", "PATH" } }
  local ok
  ok, problem = each(path, function(entry) rows[#rows + 1] = row(entry) end)
  if not ok then return nil, problem end
  if #rows > 1 then columns.write(io.stdout, rows, { [1] = true, [4] = true, [5] = true }) end
  return true
end

-- Freed in steps: a large trash does not hold up the master.
local function empty(asked)
  local what, problem = { after = "0" }
  if asked[2] and asked[2]:find("^%d+$") then
    what.entry = asked[2]
  else
    what.path, problem = path_of(asked[2])
    if not what.path then return nil, problem end
  end
  if asked.older then
    local ms, sentence = ages.parse(asked.older)
    if not ms then return args.misuse("--older: " .. sentence) end
    what.older_ms = tostring(ms)
  end
  local freed = 0
  while true do
    local step
    step, problem = dfs.call("trash_empty", what)
    if not step then return nil, problem end
    freed = freed + integer(step.freed)
    if not step.more then break end
    what.after = step.next
  end
  if asked.json then
    io.write(dfs.json{ freed = tostring(freed) }, "\n")
  else
    io.write(("%d freed\n"):format(freed))
  end
  return true
end

local function run(asked)
  if asked[1] == "ls" then
    if asked.older then return args.misuse("--older goes with empty") end
    return list(asked)
  end
  if asked[1] == "empty" then return empty(asked) end
  return args.misuse(("ls or empty, not '%s'"):format(dfs.quote(asked[1])))
end

return {
  summary = "what was removed and can come back; freeing it at once",
  usage = "trash ls [PATH] | trash empty [--older AGE] [PATH|ID]",
  details = [[
`ls` shows what was removed from PATH or below it (default: everything): its number,
when, by whom, its size, how long it stays, where it was. The time that it stays is the
master's living time: while no master runs nothing grows older. `empty` frees what is
in the trash at once and for good: all of it, what was removed longer ago than AGE
(90s, 12h, 3d), what was at PATH or below, the one with that number.
]],
  examples = { "dfs trash ls", "dfs trash ls /sets", "dfs trash empty --older 1d", "dfs trash empty 1234" },
  options = {
    { name = "older", argument = "AGE", help = "only what was removed longer ago" },
  },
  operands = { 1, 2 },
  json = true,
  run = run,
}
