-- touch: make empty files, or set the time of change.

local args = require "args"
local files = require "files"

-- "@SECONDS", "YYYY-MM-DD" or "YYYY-MM-DD HH:MM[:SS]" (local time) as nanoseconds; nil where it is none.
local function parse_time(text)
  local seconds = text:match("^@(%-?%d+)$")
  if seconds then return math.tointeger(tonumber(seconds)) * 1000000000 end
  local year, month, day, rest = text:match("^(%d%d%d%d)%-(%d%d)%-(%d%d)(.*)$")
  if not year then return nil end
  local hour, min, sec = rest:match("^[ T](%d%d):(%d%d):?(%d*)$")
  if rest ~= "" and not hour then return nil end
  local time = os.time{
    year = tonumber(year), month = tonumber(month), day = tonumber(day),
    hour = tonumber(hour) or 0, min = tonumber(min) or 0, sec = tonumber(sec) or 0,
  }
  return time and time * 1000000000
end

local function run(asked)
  local time = asked.date and parse_time(asked.date) or not asked.date and dfs.now_ns()
  if not time then
    return args.misuse(("'%s' is no time such as 2024-05-01 12:00"):format(dfs.quote(asked.date)))
  end
  local set = { set_mtime = true, mtime_ns = tostring(time) }
  return files.each(asked, function(path)
    local done, problem = files.call("setattr", path, set)
    if done or problem.code ~= "NOENT" then return done, problem end
    if asked.no_create then return true end
    return files.call("create", path, { mtime_ns = set.mtime_ns })
  end)
end

return {
  summary = "make empty files, or set when files were changed",
  usage = "touch [-c] [-d TIME] PATH...",
  examples = { "dfs touch /flags/ready", "dfs touch -d '2024-05-01 12:00' /sets/a" },
  options = {
    { name = "no-create", short = "c", help = "only what exists" },
    { name = "date", short = "d", argument = "TIME",
      help = "YYYY-MM-DD [HH:MM[:SS]] or @SECONDS; now without it" },
  },
  operands = { 1 },
  run = run,
}
