-- SPDX-License-Identifier: MIT
-- gen/pack.c: the typed functions over proto/shape.h of what is stored.

local model = require("generator.model")

local banner = [[
/* SPDX-License-Identifier: MIT */
/* Made from core/proto/schema.lua by core/proto/generate.lua: change that, not this. */
// clang-format off
#include "proto/gen/proto.h"
]]

local functions = [[
int NAME_pack(const struct NAME *from, struct buf *ret)
{
	return proto_shape_pack(&NAME_shape, from, ret);
}

int NAME_unpack(const void *bytes, size_t size, struct arena *arena, struct NAME *ret, struct dfs_error *err)
{
	return proto_shape_unpack(&NAME_shape, bytes, size, arena, ret, err);
}
]]

return function(schema)
  local out, text = model.writer()
  out(banner)
  for _, shape in ipairs(schema.rows) do out((functions:gsub("NAME", shape.c))) end
  return (text():gsub("\n\n$", "\n"))
end
