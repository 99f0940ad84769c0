-- Help texts, made of the tables that the scripts return.

local args = require "args"

local help = {}

local function flag_text(option)
  local short = option.short and ("-%s, "):format(option.short:sub(1, 1)) or "    "
  local dashes = option.dash and "-" or "--"
  return ("  %s%s%s%s"):format(short, dashes, option.name, option.argument and " " .. option.argument or "")
end

-- Lines "left  right" with the right sides under each other.
local function aligned(rows)
  local width, lines = 0, {}
  for _, row in ipairs(rows) do width = math.max(width, #row[1]) end
  for i, row in ipairs(rows) do lines[i] = ("%-" .. width .. "s  %s\n"):format(row[1], row[2]) end
  return table.concat(lines)
end

-- The page of one verb.
function help.of(name, verb)
  local rows, parts = {}, {}
  for i, option in ipairs(args.options(verb)) do rows[i] = { flag_text(option), option.help } end
  parts[1] = ("dfs %s: %s\n\nusage: dfs %s\n\n%s"):format(name, verb.summary, verb.usage, aligned(rows))
  if verb.details then parts[#parts + 1] = "\n" .. verb.details end
  if verb.examples then
    parts[#parts + 1] = "\nexamples:\n"
    for _, example in ipairs(verb.examples) do parts[#parts + 1] = ("  %s\n"):format(example) end
  end
  return table.concat(parts)
end

-- The list of `rows`, { name, summary } each.
function help.list(rows)
  local indented = {}
  for i, row in ipairs(rows) do indented[i] = { "  " .. row[1], row[2] } end
  return aligned(indented)
end

return help
