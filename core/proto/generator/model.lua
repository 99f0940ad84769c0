-- SPDX-License-Identifier: MIT
-- The schema checked and put into the form that the writers of output want: a list of shapes, each with its C
-- names. A mistake in the schema ends here with a sentence.

local M = {}

-- JSON type and C type of a scalar, and how it is named in shape.h.
M.scalars = {
  u64 = { c = "uint64_t " }, i64 = { c = "int64_t " }, id = { c = "uint64_t " }, u32 = { c = "uint32_t " },
  bool = { c = "bool " }, text = { c = "const char *" }, bytes = { c = "const char *" },
}
local listable = { u64 = true, i64 = true, id = true, u32 = true }

local reserved = {}
for word in ([[auto break case char const continue default do double else enum extern float for goto if int
  long register return short signed sizeof static struct switch typedef union unsigned void volatile while
  inline restrict bool true false errno stdin stdout stderr linux unix assert offsetof]]):gmatch("%S+") do
  reserved[word] = true
end

local function fail(where, format, ...)
  error(("schema.lua: %s: " .. format):format(where, ...), 0)
end

local function check_name(where, name)
  if type(name) ~= "string" or not name:match("^%l[%l%d_]*$") then
    fail(where, "bad name %s", tostring(name))
  end
end

local function check_list(schema, where, field)
  local scalar, shape = listable[field.of], schema.struct_by_name[field.of]
  if not scalar and not shape then fail(where, "a list of %s is not known", tostring(field.of)) end
  field.item, field.shape = scalar and field.of or "struct", shape
end

local function check_max(where, field, documented_only)
  local wanted = field.type == "text" or field.type == "bytes" or field.type == "list"
  if wanted and not math.type(field.max) and not documented_only then fail(where, "needs max") end
  if not wanted and field.max then fail(where, "max is for text, bytes and list") end
  if field.max and (field.max < 1 or field.max > 65535) then fail(where, "max must be 1..65535") end
end

local function check_default(where, field)
  if field.default == nil then return end
  if not field.optional then fail(where, "a default without optional") end
  if field.type ~= "u32" and field.type ~= "u64" then fail(where, "a default is for u32 and u64") end
end

local function field_of(schema, shape, row)
  local where = shape.name .. "." .. tostring(row[1])
  local field = { name = row[1], type = row[2], doc = row[3], max = row.max, of = row.of,
    optional = row.optional or false, default = row.default }
  check_name(where, field.name)
  if reserved[field.name] then fail(where, "is a word of C") end
  if type(field.doc) ~= "string" or field.doc == "" then fail(where, "needs a few words of documentation") end
  if field.type == "enum" then
    field.enum = schema.enum_by_name[field.of] or fail(where, "enum %s is not known", tostring(field.of))
  elseif field.type == "struct" then
    field.shape = schema.struct_by_name[field.of] or fail(where, "struct %s is not known", tostring(field.of))
    if field.optional then fail(where, "a struct cannot be optional") end
  elseif field.type == "list" then
    check_list(schema, where, field)
  elseif not M.scalars[field.type] then
    fail(where, "type %s is not known", tostring(field.type))
  end
  check_max(where, field, shape.documented_only)
  check_default(where, field)
  return field
end

-- `c` is the name of the C struct, `root` what an error's path begins with.
local function shape_of(schema, name, c, root, doc, rows)
  local shape = { name = name, c = c, root = root, doc = doc, rows = rows, fields = {} }
  schema.shapes[#schema.shapes + 1] = shape
  return shape
end

local function fill(schema, shape)
  local seen = {}
  for i, row in ipairs(shape.rows) do
    shape.fields[i] = field_of(schema, shape, row)
    if seen[row[1]] then fail(shape.name, "field %s twice", row[1]) end
    seen[row[1]] = true
  end
  if #shape.fields > 64 then fail(shape.name, "more than 64 fields") end
end

-- Levels of nesting in JSON: an object is one, a list of objects two.
local function depth_of(shape, under)
  under = under or {}
  if under[shape] then fail(shape.name, "contains itself") end
  under[shape] = true
  local deepest = 0
  for _, field in ipairs(shape.fields) do
    local extra = field.type == "list" and 1 or 0
    deepest = math.max(deepest, extra + (field.shape and depth_of(field.shape, under) or 0))
  end
  under[shape] = nil
  return 1 + deepest
end

-- C wants an embedded struct defined before the struct that embeds it.
local function in_order(shapes)
  local done, out = {}, {}
  local function visit(shape)
    if done[shape] then return end
    done[shape] = true
    for _, field in ipairs(shape.fields) do
      if field.type == "struct" then visit(field.shape) end
    end
    out[#out + 1] = shape
  end
  for _, shape in ipairs(shapes) do visit(shape) end
  return out
end

local function by_name(list, what)
  local map = {}
  for _, entry in ipairs(list) do
    check_name(what, entry.name)
    if map[entry.name] then fail(what, "%s twice", entry.name) end
    map[entry.name] = entry
  end
  return map
end

local function documented(list, what)
  for _, entry in ipairs(list) do
    if (entry.doc or "") == "" then fail(what .. " " .. entry.name, "needs a few words of documentation") end
  end
end

local function build_structs(schema, source)
  for _, kind in ipairs({ "structs", "op_structs" }) do
    documented(source[kind], "struct")
    for _, entry in ipairs(source[kind]) do
      local shape = shape_of(schema, entry.name, "proto_" .. entry.name, entry.name, entry.doc, entry.fields)
      if schema.struct_by_name[entry.name] then fail("structs", "%s twice", entry.name) end
      schema.struct_by_name[entry.name] = shape
      table.insert(schema[kind], shape)
    end
  end
end

local function build_calls(schema, source)
  local roles = {}
  for _, value in ipairs(schema.enum_by_name.role.values) do roles[value] = true end
  by_name(source.calls, "calls")
  documented(source.calls, "call")
  for _, entry in ipairs(source.calls) do
    local call = { name = entry.name, to = entry.to, auth = entry.auth, mutates = entry.mutates or false,
      doc = entry.doc, errors = entry.errors or {} }
    if not roles[call.auth] then fail(call.name, "role %s is not known", tostring(call.auth)) end
    if call.to ~= "master" and call.to ~= "datanode" then fail(call.name, "to %s", tostring(call.to)) end
    for _, name in ipairs(call.errors) do
      if not schema.errors[name] then fail(call.name, "error %s is not known", name) end
    end
    local c = "proto_" .. call.name
    call.args = shape_of(schema, call.name .. "_args", c .. "_args", "args", call.doc, entry.args)
    call.reply = shape_of(schema, call.name .. "_reply", c .. "_reply", "reply", call.doc, entry.reply)
    call.index = #schema.calls + 1
    schema.calls[call.index] = call
  end
end

local function build_packed(schema, source)
  for _, kind in ipairs({ "rows", "ops" }) do
    local prefix = kind == "rows" and "row_" or "op_"
    by_name(source[kind], kind)
    documented(source[kind], kind)
    for i, entry in ipairs(source[kind]) do
      local name = prefix .. entry.name
      local shape = shape_of(schema, name, "proto_" .. name, entry.name, entry.doc, entry.fields)
      shape.short, shape.index = entry.name, i
      table.insert(schema[kind], shape)
    end
  end
end

-- The rows of DFS_ERRORS: X(NAME, number, "text")
local function errors_of(header)
  local list = {}
  for name, number, text in header:gmatch('X%(([%u_]+), (%d+), "([^"]*)"%)') do
    list[#list + 1] = { name = name, number = tonumber(number), text = text }
    list[name] = list[#list]
  end
  return list
end

-- Shapes that are documented only: no C is made of them.
local function build_prints(schema, source)
  local replies = {}
  for _, call in ipairs(schema.calls) do replies[call.name] = call.reply end
  for _, entry in ipairs(source.prints) do
    local shape = { name = entry.verb, rows = entry.fields, fields = {}, documented_only = true }
    if entry.call then
      shape = replies[entry.call] or fail(entry.verb, "call %s is not known", entry.call)
    else
      fill(schema, shape)
    end
    table.insert(schema.prints, { verb = entry.verb, doc = entry.doc, shape = shape })
  end
end

function M.build(source, error_header)
  local schema = { protocol = source.protocol, limits = source.limits, enums = source.enums,
    errors = errors_of(error_header),
    common_errors = source.common_errors, mutation_errors = source.mutation_errors,
    enum_by_name = by_name(source.enums, "enums"), struct_by_name = {}, shapes = {},
    structs = {}, op_structs = {}, calls = {}, rows = {}, ops = {}, prints = {} }
  build_structs(schema, source)
  build_calls(schema, source)
  build_packed(schema, source)
  for _, shape in ipairs(schema.shapes) do fill(schema, shape) end
  build_prints(schema, source)
  local limit = 0
  for _, row in ipairs(schema.limits) do
    if row[1] == "depth" then limit = row[2] end
  end
  for _, shape in ipairs(schema.shapes) do
    -- The batch's list and the envelope's object stand around each message.
    if depth_of(shape) + 2 > limit then fail(shape.name, "nests deeper than limits.depth") end
  end
  schema.shapes = in_order(schema.shapes)
  return schema
end

-- The shapes that travel in JSON, in the schema's order.
function M.messages(schema)
  local list = {}
  for _, shape in ipairs(schema.structs) do list[#list + 1] = shape end
  for _, call in ipairs(schema.calls) do
    list[#list + 1], list[#list + 2] = call.args, call.reply
  end
  return list
end

-- Lines appended, joined at the end.
function M.writer()
  local lines = {}
  local function out(format, ...)
    lines[#lines + 1] = select("#", ...) > 0 and format:format(...) or format
  end
  return out, function() return table.concat(lines, "\n") .. "\n" end
end

return M
