-- SPDX-License-Identifier: MIT
-- Pieces of Markdown that both documents are made of.

local M = {}

local types = {
  { "u64", "0 to 2^64-1, a decimal string: `\"4096\"` (browsers and cJSON hold doubles)" },
  { "i64", "-2^63 to 2^63-1, a decimal string" },
  { "id", "64 bits, 16 lower-case hex digits: `\"000000000000002a\"`" },
  { "u32", "a whole number from 0 to 2^32-1" },
  { "bool", "`true` or `false`" },
  { "text", "a string of UTF-8, without NUL; the limit counts bytes" },
  { "bytes", "a name or path: bytes without NUL. What is not valid UTF-8, and `%`, is `%XX`: "
    .. "`\"50%25\"`, `\"%FFname\"`. The limit counts bytes after decoding" },
}

-- Each `of` a struct or enum is a link to its heading.
local function type_text(field)
  local text = field.type
  if field.type == "enum" then
    text = ("[%s](#%s)"):format(field.enum.name, field.enum.name)
  elseif field.type == "struct" then
    text = ("[%s](#%s)"):format(field.shape.name, field.shape.name)
  elseif field.type == "list" then
    local of = field.shape and ("[%s](#%s)"):format(field.of, field.of) or field.of
    text = "list of " .. of
  end
  if field.max then text = ("%s, at most %d"):format(text, field.max) end
  if field.default then return text .. (", default %d"):format(field.default) end
  return field.optional and text .. ", optional" or text
end

function M.fields(out, shape, title)
  if #shape.fields == 0 then
    if title then out("%s: none.\n", title) end
    return
  end
  out("| %s | type | what |", title or "field")
  out("|---|---|---|")
  for _, field in ipairs(shape.fields) do
    out("| `%s` | %s | %s |", field.name, type_text(field), (field.doc:gsub("|", "\\|")))
  end
  out("")
end

function M.code_list(names)
  local parts = {}
  for i, name in ipairs(names) do parts[i] = "`" .. name .. "`" end
  return table.concat(parts, ", ")
end

function M.capital(text) return (text:gsub("^%l", string.upper)) end

function M.types(out)
  out("| type | in JSON |")
  out("|---|---|")
  for _, row in ipairs(types) do out("| %s | %s |", row[1], row[2]) end
  out("")
  out("An optional field may be absent: then it is 0, false, empty, the first value of its enum, or the")
  out("default given.")
  out("")
end

return M
