-- Sentences of the master (`reason` of docs/json.md), for people.

local reasons = {}

local WIDTH = 28 -- of what a sentence is about, before it is put on a line of its own

-- Each on its line: what it is about, or when it happened, then the sentence.
function reasons.write(file, list)
  local last
  for _, reason in ipairs(list) do
    local time = math.tointeger(tonumber(reason.time_ms or "0")) or 0
    local about = dfs.quote(reason.about)
    if time > 0 then
      about = os.date("%m-%d %H:%M:%S", time // 1000)
    elseif about == last then
      about = ""
    else
      last = about
    end
    if #about > WIDTH then
      file:write(about, "\n")
      about = ""
    end
    file:write(about, (" "):rep(WIDTH - #about), "  ", dfs.quote(reason.text), "\n")
  end
end

return reasons
