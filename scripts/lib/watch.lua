-- Waiting for something that the cluster does by itself: asked once a second, shown on a terminal.

local watch = {}

local INTERVAL, PATIENCE = 1, 120

-- Errors that a master which is being restarted gives.
local passing = { UNAVAIL = true, CLOSED = true, TIMEOUT = true, BUSY = true }

-- Ask until ask() gives a value whose done(value) is true: that value. done may give nil and a problem to
-- stop. line(value) is what a terminal shows meanwhile. A master that is away is waited for, two minutes.
function watch.until_done(ask, done, line)
  local terminal, drawn, failing = dfs.isatty(2), false, nil
  local function finish(...)
    if drawn then io.stderr:write("\r\27[K") end
    return ...
  end
  while true do
    local value, problem = ask()
    if value then
      local over, wrong = done(value)
      if over then return finish(value) end
      if wrong then return finish(nil, wrong) end
      failing = nil
      if terminal then
        drawn = true
        io.stderr:write("\r\27[K", line(value))
      end
    elseif not passing[problem.code] or dfs.clock() - (failing or dfs.clock()) > PATIENCE then
      return finish(nil, problem)
    else
      failing = failing or dfs.clock()
    end
    dfs.sleep(INTERVAL)
  end
end

return watch
