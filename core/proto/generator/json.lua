-- SPDX-License-Identifier: MIT
-- gen/json.c: the typed functions over proto/shape.h of what travels in JSON.

local model = require("generator.model")

local banner = [[
/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include "proto/gen/proto.h"
]]

local functions = [[
int NAME_encode(const struct NAME *from, struct buf *ret)
{
	return proto_shape_encode(&NAME_shape, from, ret);
}

int NAME_decode(struct arena *arena, const char *json, size_t size, struct NAME *ret, struct dfs_error *err)
{
	return proto_shape_decode(&NAME_shape, arena, json, size, ret, err);
}

int NAME_to_json(const struct NAME *from, struct cJSON *object)
{
	return proto_shape_to_json(&NAME_shape, from, object);
}
]]

return function(schema)
  local out, text = model.writer()
  out(banner)
  for _, shape in ipairs(model.messages(schema)) do out((functions:gsub("NAME", shape.c))) end
  return (text():gsub("\n\n$", "\n"))
end
