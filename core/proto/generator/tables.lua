-- SPDX-License-Identifier: MIT
-- gen/tables.c: the shapes of all structs, the names of enums, calls and operations.

local model = require("generator.model")

local banner = [[
/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include <string.h>
#include "proto/gen/proto.h"

/* The first row's names: what most fields need. The others add what their type needs. */
#define FIELD(s, n, t) .name = #n, .key = ",\"" #n "\":", .key_size = sizeof(#n) + 3, \
	.type = PROTO_TYPE_##t, .offset = offsetof(struct s, n)
#define COUNT(s, n) .count_offset = offsetof(struct s, n##_count)
]]

local function enums(out, schema)
  for _, enum in ipairs(schema.enums) do
    out("static const char *const %s_names[] = { \"%s\" };", enum.name, table.concat(enum.values, '", "'))
    out("const struct proto_enum proto_%s_values = { \"%s\", %s_names, %d };", enum.name, enum.name,
      enum.name, #enum.values)
    out("_Static_assert(sizeof(enum proto_%s) == 4, \"codecs take an enum for a uint32_t\");", enum.name)
    out("")
    out("const char *proto_%s_name(enum proto_%s value)", enum.name, enum.name)
    out("{")
    out("\treturn (unsigned)value < %d ? %s_names[value] : \"?\";", #enum.values, enum.name)
    out("}")
    out("")
    out("int proto_%s_parse(const char *text, enum proto_%s *ret)", enum.name, enum.name)
    out("{")
    out("\tint value = proto_enum_find(&proto_%s_values, text);", enum.name)
    out("\tif (value < 0)")
    out("\t\treturn DFS_E_INVAL;")
    out("\t*ret = (enum proto_%s)value;", enum.name)
    out("\treturn 0;")
    out("}")
    out("")
  end
end

local function row(shape, field)
  local parts = { ("FIELD(%s, %s, %s)"):format(shape.c, field.name, field.type:upper()) }
  local function add(format, ...) parts[#parts + 1] = format:format(...) end
  if field.type == "list" then
    add("COUNT(%s, %s)", shape.c, field.name)
    add(".item = PROTO_TYPE_%s", field.item:upper())
  end
  if field.max then add(".max = %d", field.max) end
  if field.optional then add(".optional = true") end
  if field.default then add(".fallback = %d", field.default) end
  if field.enum then add(".values = &proto_%s_values", field.enum.name) end
  if field.shape then add(".of = &%s_shape", field.shape.c) end
  return table.concat(parts, ", ")
end

local function shapes(out, schema)
  for _, shape in ipairs(schema.shapes) do
    if #shape.fields > 0 then
      out("static const struct proto_field %s_fields[] = {", shape.c)
      for _, field in ipairs(shape.fields) do out("\t{ %s },", row(shape, field)) end
      out("};")
    end
    local fields = #shape.fields > 0 and shape.c .. "_fields" or "NULL"
    out("const struct proto_shape %s_shape = { \"%s\", sizeof(struct %s), %s, %d };", shape.c, shape.root,
      shape.c, fields, #shape.fields)
    out("_Static_assert(sizeof(struct %s) <= PROTO_STRUCT_SIZE, \"raise PROTO_STRUCT_SIZE\");", shape.c)
    out("")
  end
end

local function generic(out, shape)
  out("static int %s_encode_any(const void *from, struct buf *ret)", shape.c)
  out("{")
  out("\treturn proto_shape_encode(&%s_shape, from, ret);", shape.c)
  out("}")
  out("")
  out("static int %s_decode_any(struct arena *arena, const char *json, size_t size, void *ret,", shape.c)
  out("\tstruct dfs_error *err)")
  out("{")
  out("\treturn proto_shape_decode(&%s_shape, arena, json, size, ret, err);", shape.c)
  out("}")
  out("")
end

local function calls(out, schema)
  for _, call in ipairs(schema.calls) do
    generic(out, call.args)
    generic(out, call.reply)
  end
  out("static const struct proto_call_info calls[PROTO_CALLS] = {")
  for _, call in ipairs(schema.calls) do
    local a, r = call.args.c, call.reply.c
    out("\t[PROTO_CALL_%s] = { \"%s\", %s, PROTO_ROLE_%s, %s, sizeof(struct %s), sizeof(struct %s),",
      call.name:upper(), call.name, call.to == "master", call.auth:upper(), call.mutates, a, r)
    out("\t\t&%s_shape, &%s_shape,", a, r)
    out("\t\t%s_encode_any, %s_decode_any, %s_encode_any, %s_decode_any },", a, a, r, r)
  end
  out([[
};

const struct proto_call_info *proto_call_info(enum proto_call call)
{
	return call > PROTO_CALL_NONE && (unsigned)call < PROTO_CALLS ? &calls[call] : NULL;
}

enum proto_call proto_call_find(const char *name)
{
	for (int i = 1; i < PROTO_CALLS; i++) {
		if (strcmp(calls[i].name, name) == 0)
			return (enum proto_call)i;
	}
	return PROTO_CALL_NONE;
}
]])
end

local function ops(out, schema)
  out("static const struct {")
  out("\tconst char *name;")
  out("\tconst struct proto_shape *shape;")
  out("} ops[PROTO_OPS] = {")
  for _, shape in ipairs(schema.ops) do
    out("\t[PROTO_OP_%s] = { \"%s\", &%s_shape },", shape.short:upper(), shape.short, shape.c)
  end
  out([[
};

const char *proto_op_name(enum proto_op_kind kind)
{
	return kind > PROTO_OP_NONE && (unsigned)kind < PROTO_OPS ? ops[kind].name : "?";
}

const struct proto_shape *proto_op_shape(enum proto_op_kind kind)
{
	return kind > PROTO_OP_NONE && (unsigned)kind < PROTO_OPS ? ops[kind].shape : NULL;
}]])
end

return function(schema)
  local out, text = model.writer()
  out(banner)
  enums(out, schema)
  shapes(out, schema)
  calls(out, schema)
  ops(out, schema)
  return text()
end
