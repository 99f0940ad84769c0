-- SPDX-License-Identifier: MIT
-- docs/json.md: what verbs print with --json.

local model = require("generator.model")
local markdown = require("generator.markdown")

local intro = [[
# What --json prints

Made from `core/proto/schema.lua` by `core/proto/generate.lua`: change that, not this.

With `--json` a verb prints JSON on standard output and nothing else there. Errors stay sentences on standard
error, with the exit codes of the manual. Fields may be added in later versions; none is taken away or changes
its type.
]]

-- The structs and enums that a shape speaks of, each once, in the order met.
local function mentioned(shape, seen)
  for _, field in ipairs(shape.fields) do
    local entry = field.enum or field.shape
    if entry and not seen[entry] then
      seen[entry] = true
      seen[#seen + 1] = entry
      if field.shape then mentioned(field.shape, seen) end
    end
  end
end

return function(schema)
  local out, text = model.writer()
  local seen = {}
  out("%s", intro)
  markdown.types(out)
  out("## Verbs")
  out("")
  for _, print_ in ipairs(schema.prints) do
    out("### dfs %s", print_.verb)
    out("")
    out("%s.", markdown.capital(print_.doc))
    out("")
    markdown.fields(out, print_.shape)
    mentioned(print_.shape, seen)
  end
  out("## Objects and values")
  out("")
  for _, entry in ipairs(seen) do
    out("### %s", entry.name)
    out("")
    if entry.values then
      out("%s: %s.\n", markdown.capital(entry.doc), markdown.code_list(entry.values))
    else
      out("%s.\n", markdown.capital(entry.doc))
      markdown.fields(out, entry)
    end
  end
  return (text():gsub("\n+$", "\n"))
end
