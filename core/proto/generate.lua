-- SPDX-License-Identifier: MIT
-- From core/proto/schema.lua to what is made of it: the C codec, the page's constants, the documentation.
--
--   lua5.4 core/proto/generate.lua           write the files
--   lua5.4 core/proto/generate.lua --check   exit 1 and name each file that is not what the schema makes
--
-- Run from the repository's root. The output depends on the schema alone, byte for byte.

package.path = "core/proto/?.lua;" .. package.path

local model = require("generator.model")

local outputs = {
  { "core/proto/gen/proto.h", require("generator.header") },
  { "core/proto/gen/tables.c", require("generator.tables") },
  { "core/proto/gen/json.c", require("generator.json") },
  { "core/proto/gen/pack.c", require("generator.pack") },
  { "web/lib/proto.js", require("generator.js") },
  { "docs/protocol.md", require("generator.protocol") },
  { "docs/json.md", require("generator.prints") },
}

local function read(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "wb"))
  assert(file:write(text))
  assert(file:close())
end

local function main(flag)
  if flag and flag ~= "--check" then
    io.stderr:write("usage: lua5.4 core/proto/generate.lua [--check]\n")
    return 2
  end
  local schema, stale = model.build(require("schema"), read("include/dfs/error.h")), 0
  for _, output in ipairs(outputs) do
    local path, text = output[1], output[2](schema)
    if read(path) ~= text then
      stale = stale + 1
      if flag then
        io.stderr:write(path, ": differs from core/proto/schema.lua: run lua5.4 core/proto/generate.lua\n")
      else
        write(path, text)
      end
    end
  end
  return flag and stale > 0 and 1 or 0
end

os.exit(main(...))
