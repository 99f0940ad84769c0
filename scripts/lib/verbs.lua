-- Which verbs there are: the scripts in the directories of commands, and the roles, which are C.

local verbs = {}

-- { { name = "up", summary = "..." }, ... } from the host's text.
function verbs.roles()
  local roles = {}
  for name, summary in dfs.roles:gmatch("([^\t\n]+)\t([^\n]*)") do
    roles[#roles + 1] = { name = name, summary = summary }
  end
  return roles
end

-- Names of the scripts, sorted, each once.
function verbs.scripts()
  local seen, names = {}, {}
  for _, directory in ipairs(dfs.directories) do
    for _, file in ipairs(dfs.local_list(directory) or {}) do
      local name = file:match("^([%w_][%w_-]*)%.lua$")
      if name and not seen[name] then
        seen[name] = true
        names[#names + 1] = name
      end
    end
  end
  table.sort(names)
  return names
end

-- All names, for suggestions.
function verbs.names()
  local names = verbs.scripts()
  for _, role in ipairs(verbs.roles()) do names[#names + 1] = role.name end
  return names
end

return verbs
