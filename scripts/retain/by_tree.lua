-- Trees with times of their own. Copy it and write your own trees into TREES: the longest one that a path is
-- below counts.

local HOUR = 60 * 60 * 1000
local DAY = 24 * HOUR

local TREES = {
  ["/tmp"] = 0, -- freed at once
  ["/scratch"] = 12 * HOUR,
  ["/home"] = 30 * DAY,
}

local function retain(request)
  local path = request.path
  while path ~= "" do
    if TREES[path] then return TREES[path], "as all of " .. path end
    path = path:sub(1, -2 - #path:match("[^/]*$"))
  end
  return request.default
end

return {
  kind = "retain",
  summary = "nothing for /tmp, half a day for /scratch, a month for /home, else the configured time",
  retain = retain,
}
