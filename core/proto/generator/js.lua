-- SPDX-License-Identifier: MIT
-- web/lib/proto.js: what the page needs to speak the protocol.

local model = require("generator.model")

local function quoted(list)
  local parts = {}
  for i, value in ipairs(list) do parts[i] = ("%q"):format(value) end
  return "[" .. table.concat(parts, ", ") .. "]"
end

local function field_text(field)
  local parts = { ('name: "%s", type: "%s"'):format(field.name, field.type) }
  if field.of then parts[#parts + 1] = ('of: "%s"'):format(field.of) end
  if field.max then parts[#parts + 1] = ("max: %d"):format(field.max) end
  if field.optional then parts[#parts + 1] = "optional: true" end
  if field.default then parts[#parts + 1] = ("default: %d"):format(field.default) end
  return "{ " .. table.concat(parts, ", ") .. " }"
end

local function fields(out, indent, name, shape)
  if #shape.fields == 0 then
    out("%s%s: [],", indent, name)
    return
  end
  out("%s%s: [", indent, name)
  for _, field in ipairs(shape.fields) do out("%s  %s,", indent, field_text(field)) end
  out("%s],", indent)
end

local function calls(out, schema)
  out("export const CALLS = {")
  for _, call in ipairs(schema.calls) do
    out("  // %s", call.doc)
    out("  %s: {", call.name)
    out('    to: "%s", role: "%s", mutates: %s,', call.to, call.auth, call.mutates)
    fields(out, "    ", "args", call.args)
    fields(out, "    ", "reply", call.reply)
    out("  },")
  end
  out("};")
end

return function(schema)
  local out, text = model.writer()
  out("// SPDX-License-Identifier: MIT")
  out("// Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this.")
  out("")
  out("export const PROTOCOL = %d;", schema.protocol)
  out("")
  out("export const LIMITS = {")
  for _, limit in ipairs(schema.limits) do out("  %s: %d, // %s", limit[1], limit[2], limit[3]) end
  out("};")
  out("")
  out("export const ENUMS = {")
  for _, enum in ipairs(schema.enums) do out("  %s: %s, // %s", enum.name, quoted(enum.values), enum.doc) end
  out("};")
  out("")
  out("// Codes of a fault and their default sentences.")
  out("export const ERRORS = {")
  for _, row in ipairs(schema.errors) do out("  %s: %q,", row.name, row.text) end
  out("};")
  out("")
  out("// u64 and i64 are decimal strings, an id is 16 hex digits, names (bytes) are %%XX-encoded.")
  out("export const STRUCTS = {")
  for _, shape in ipairs(schema.structs) do fields(out, "  ", shape.name, shape) end
  out("};")
  out("")
  calls(out, schema)
  return text()
end
