-- SPDX-License-Identifier: MIT
-- gen/proto.h: the structs, enums and functions that C code includes.

local model = require("generator.model")

local banner = [[
/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#ifndef PROTO_GEN_PROTO_H
#define PROTO_GEN_PROTO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proto/shape.h"

/*
 * Every message, row and operation as a C struct. Of each struct X that travels in JSON:
 *   X_encode     append as a JSON object          X_decode       check, parse and decode JSON text
 *   X_to_json    add the fields to a cJSON object
 * of each row:   X_pack, X_unpack (binary). What they promise stands in proto/shape.h.
 *
 * Strings are NUL-terminated; after decoding never NULL; encoders take NULL as "". A zeroed struct is a
 * valid one; where zero is not what an absent field means there is an initializer PROTO_..._INIT.
 */
]]

local function constants(out, schema)
  out("#define PROTO_VERSION %d", schema.protocol)
  for _, limit in ipairs(schema.limits) do
    out("#define PROTO_%s_MAX %d /* %s */", limit[1]:upper(), limit[2], limit[3])
  end
  out("")
end

local function enums(out, schema)
  for _, enum in ipairs(schema.enums) do
    local upper = enum.name:upper()
    out("/* %s */", enum.doc)
    out("enum proto_%s {", enum.name)
    for _, value in ipairs(enum.values) do out("\tPROTO_%s_%s,", upper, value:upper()) end
    out("};")
    out("enum { PROTO_%s_COUNT = %d };", upper, #enum.values)
    out("/* \"?\" for what is no value; DFS_E_INVAL for a name of none. */")
    out("const char *proto_%s_name(enum proto_%s value);", enum.name, enum.name)
    out("int proto_%s_parse(const char *text, enum proto_%s *ret);", enum.name, enum.name)
    out("extern const struct proto_enum proto_%s_values;", enum.name)
    out("")
  end
end

local function comment(field)
  local parts = { field.doc }
  local unit = field.type == "list" and "" or " bytes"
  if field.max then parts[#parts + 1] = ("at most %d%s"):format(field.max, unit) end
  return table.concat(parts, "; ")
end

local function declare(out, field)
  local doc = comment(field)
  if field.type == "enum" then
    out("\tenum proto_%s %s; /* %s */", field.enum.name, field.name, doc)
  elseif field.type == "struct" then
    out("\tstruct %s %s; /* %s */", field.shape.c, field.name, doc)
  elseif field.type == "list" then
    local c = field.shape and ("struct %s "):format(field.shape.c) or model.scalars[field.item].c
    out("\t%s*%s; /* %s */", c, field.name, doc)
    out("\tsize_t %s_count;", field.name)
  else
    out("\t%s%s; /* %s */", model.scalars[field.type].c, field.name, doc)
  end
end

local function initializer(out, shape)
  local parts = {}
  for _, field in ipairs(shape.fields) do
    local value = field.default or 0
    if value ~= 0 then parts[#parts + 1] = (".%s = %d"):format(field.name, value) end
  end
  if #parts > 0 then out("#define %s_INIT { %s }", shape.c:upper(), table.concat(parts, ", ")) end
end

local function structs(out, schema)
  for _, shape in ipairs(schema.shapes) do
    out("/* %s */", shape.doc)
    out("struct %s {", shape.c)
    for _, field in ipairs(shape.fields) do declare(out, field) end
    if #shape.fields == 0 then out("\tbool none; /* no fields */") end
    out("};")
    initializer(out, shape)
    out("extern const struct proto_shape %s_shape;", shape.c)
    out("")
  end
end

local function json_functions(out, schema)
  out("/* ---- JSON ---- */")
  out("")
  for _, shape in ipairs(model.messages(schema)) do
    local c = shape.c
    out("int %s_encode(const struct %s *from, struct buf *ret);", c, c)
    out("int %s_decode(struct arena *arena, const char *json, size_t size, struct %s *ret,", c, c)
    out("\tstruct dfs_error *err);")
    out("int %s_to_json(const struct %s *from, struct cJSON *object);", c, c)
  end
  out("")
end

local function calls(out, schema)
  out("/* ---- calls ---- */")
  out("")
  out("enum proto_call {")
  out("\tPROTO_CALL_NONE,")
  for _, call in ipairs(schema.calls) do out("\tPROTO_CALL_%s, /* %s */", call.name:upper(), call.doc) end
  out("};")
  out("enum { PROTO_CALLS = %d }; /* one more than the last */", #schema.calls + 1)
  out([[

struct proto_call_info {
	const char *name;
	bool to_master;       /* false: to a datanode */
	enum proto_role role; /* the least that the caller's token must have */
	bool mutates;         /* carries (client, sequence): RULES 17 */
	size_t args_size, reply_size;
	const struct proto_shape *args, *reply;
	int (*args_encode)(const void *args, struct buf *ret);
	int (*args_decode)(struct arena *arena, const char *json, size_t size, void *ret, struct dfs_error *err);
	int (*reply_encode)(const void *reply, struct buf *ret);
	int (*reply_decode)(struct arena *arena, const char *json, size_t size, void *ret, struct dfs_error *err);
};

/* NULL for PROTO_CALL_NONE and what is out of range. */
const struct proto_call_info *proto_call_info(enum proto_call call);
/* PROTO_CALL_NONE where there is none of that name. */
enum proto_call proto_call_find(const char *name);
]])
end

local function packed(out, schema)
  out("/* ---- rows: X_unpack gives DFS_E_CORRUPT for what X_pack did not make ---- */")
  out("")
  for _, shape in ipairs(schema.rows) do
    out("int %s_pack(const struct %s *from, struct buf *ret);", shape.c, shape.c)
    out("int %s_unpack(const void *bytes, size_t size, struct arena *arena,", shape.c)
    out("\tstruct %s *ret, struct dfs_error *err);", shape.c)
  end
  out("")
  out("/* ---- operations ---- */")
  out("")
  out("/* The numbers are on disk: never change one. */")
  out("enum proto_op_kind {")
  out("\tPROTO_OP_NONE,")
  for _, shape in ipairs(schema.ops) do out("\tPROTO_OP_%s, /* %s */", shape.short:upper(), shape.doc) end
  out("};")
  out("enum { PROTO_OPS = %d }; /* one more than the last */", #schema.ops + 1)
  out("")
  out("struct proto_op {")
  out("\tenum proto_op_kind kind;")
  out("\tunion {")
  for _, shape in ipairs(schema.ops) do out("\t\tstruct %s %s;", shape.c, shape.short) end
  out("\t};")
  out("};")
  out([[

enum { PROTO_OP_BODY = offsetof(struct proto_op, mkdir) }; /* where the union begins */

/* "?" for PROTO_OP_NONE and what is out of range. */
const char *proto_op_name(enum proto_op_kind kind);
/* Shape of the body, NULL likewise; the body stands at PROTO_OP_BODY. */
const struct proto_shape *proto_op_shape(enum proto_op_kind kind);
/* PROTO_FORMAT, one byte of kind, the body. DFS_E_INVAL for no operation. */
int proto_op_pack(const struct proto_op *from, struct buf *ret);
int proto_op_unpack(const void *bytes, size_t size, struct arena *arena, struct proto_op *ret,
	struct dfs_error *err);
/* Deep copy through the arena. */
int proto_op_copy(struct arena *arena, const struct proto_op *from, struct proto_op *ret);

#endif]])
end

return function(schema)
  local out, text = model.writer()
  out(banner)
  constants(out, schema)
  enums(out, schema)
  structs(out, schema)
  json_functions(out, schema)
  calls(out, schema)
  packed(out, schema)
  return text()
end
