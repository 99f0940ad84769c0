-- Times as people write and read them: "90s", "12h", "3d".

local ages = {}

local UNITS = { ms = 1, s = 1000, m = 60000, h = 3600000, d = 86400000, w = 604800000 }

-- Milliseconds; nil and a sentence where the text is none.
function ages.parse(text)
  local count, unit = text:match("^(%d+)(%l+)$")
  local ms = UNITS[unit or ""]
  if text == "0" then return 0 end
  if not ms or #count > 12 then
    return nil, ("'%s' is no time such as 90s, 12h or 3d"):format(dfs.quote(text))
  end
  return math.tointeger(tonumber(count)) * ms
end

-- "2 d 5 h", "40 min", "12 s": two units at most.
function ages.text(ms)
  local seconds = ms // 1000
  if seconds < 120 then return ("%d s"):format(seconds) end
  if seconds < 7200 then return ("%d min"):format(seconds // 60) end
  if seconds < 172800 then return ("%d h"):format(seconds // 3600) end
  local hours = seconds % 86400 // 3600
  return hours > 0 and ("%d d %d h"):format(seconds // 86400, hours) or ("%d d"):format(seconds // 86400)
end

return ages
