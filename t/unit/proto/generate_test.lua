-- SPDX-License-Identifier: MIT
-- The generator: what is committed is what the schema makes, --check tells when it is not, and a mistake in
-- the schema is a sentence, not a broken header. Run from the repository's root; prints TAP.

package.path = "core/proto/?.lua;" .. package.path

local count, failed = 0, 0

local function ok(good, name)
  count = count + 1
  if not good then failed = failed + 1 end
  print(("%s %d - %s"):format(good and "ok" or "not ok", count, name))
end

local function run(command)
  local pipe = assert(io.popen(command .. " 2>&1; echo status=$?"))
  local text = pipe:read("a")
  pipe:close()
  return tonumber(text:match("status=(%d+)%s*$")), text
end

local function contents(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  local text = file:read("a")
  file:close()
  return text
end

local function replace(path, text)
  os.remove(path)
  if not text then return end
  local file = assert(io.open(path, "wb"))
  file:write(text)
  file:close()
end

-- ---- a copy of the tree, damaged ------------------------------------------------------------------------

local generated = { "core/proto/gen/proto.h", "core/proto/gen/tables.c", "core/proto/gen/json.c",
  "core/proto/gen/pack.c", "web/lib/proto.js", "docs/protocol.md", "docs/json.md" }

local function with_copy(body)
  local dir = io.popen("mktemp -d"):read("l")
  run(("mkdir -p DIR/core DIR/web/lib DIR/docs DIR/include/dfs"):gsub("DIR", dir))
  run(("cp -r core/proto DIR/core"):gsub("DIR", dir))
  run(("cp include/dfs/error.h DIR/include/dfs && cp web/lib/proto.js DIR/web/lib"):gsub("DIR", dir))
  run(("cp docs/protocol.md docs/json.md DIR/docs"):gsub("DIR", dir))
  local good, why = pcall(body, dir, ("cd %s && lua5.4 core/proto/generate.lua"):format(dir))
  run("rm -rf " .. dir)
  assert(good, why)
end

with_copy(function(dir, generate)
  ok(run(generate .. " --check") == 0, "the committed files are what the schema makes")
  ok(run(generate .. " --chekc") == 2, "an unknown flag is misuse")
  for _, path in ipairs(generated) do
    local whole = contents(dir .. "/" .. path)
    for _, damaged in ipairs({ whole .. "\n", whole:sub(1, -2), false }) do
      replace(dir .. "/" .. path, damaged)
      local status, text = run(generate .. " --check")
      local named = text:find(path, 1, true) and not text:find("traceback")
      ok(status == 1 and named, path .. " that differs is named")
      replace(dir .. "/" .. path, whole)
    end
  end
  replace(dir .. "/" .. generated[1], "old")
  ok(run(generate) == 0 and run(generate .. " --check") == 0, "generating mends what differs")
  local schema = contents(dir .. "/core/proto/schema.lua")
  replace(dir .. "/core/proto/schema.lua", (schema:gsub('"node", "u32"', '"node", "u64"')))
  ok(run(generate .. " --check") == 1, "a changed schema makes the files stale")
  replace(dir .. "/core/proto/schema.lua", (schema:gsub('"node", "u32"', '"node", "u33"')))
  local status, text = run(generate)
  ok(status == 1 and text:find("type u33 is not known", 1, true), "a mistake in the schema is told")
end)

-- ---- mistakes -------------------------------------------------------------------------------------------

local model = require("generator.model")

local function small()
  return { protocol = 1, limits = { { "depth", 5, "x" } }, prints = {},
    common_errors = {}, mutation_errors = {},
    enums = { { name = "role", doc = "x", values = { "none", "read" } } },
    structs = { { name = "inner", doc = "x", fields = { { "a", "u32", "x" } } } },
    calls = { { name = "stat", to = "master", auth = "read", doc = "x", args = {}, reply = {} } },
    rows = {}, ops = {}, op_structs = {} }
end

local function refused(name, sentence, change)
  local schema = small()
  change(schema)
  local good, why = pcall(model.build, schema, 'X(NOENT, 3, "none")')
  ok(not good and tostring(why):find(sentence, 1, true), name .. " is refused")
  if good or not tostring(why):find(sentence, 1, true) then print("# " .. tostring(why)) end
end

local function field(...)
  local row = { ... }
  return function(schema) schema.calls[1].args = { row[1] } end
end

ok(pcall(model.build, small(), ""), "a small schema is taken")
refused("a field without documentation", "needs a few words", field({ "a", "u32", "" }))
refused("a text without a limit", "needs max", field({ "a", "text", "x" }))
refused("a number with a limit", "max is for", field({ "a", "u32", "x", max = 3 }))
refused("a limit that does not fit 16 bits", "max must be", field({ "a", "text", "x", max = 65536 }))
refused("an unknown type", "type uint is not known", field({ "a", "uint", "x" }))
refused("an unknown enum", "enum none is not known", field({ "a", "enum", "x", of = "none" }))
refused("an unknown struct", "struct none is not known", field({ "a", "struct", "x", of = "none" }))
refused("a list of texts", "a list of text is not known", field({ "a", "list", "x", of = "text", max = 3 }))
refused("a default without optional", "without optional", field({ "a", "u32", "x", default = 3 }))
refused("an optional struct", "cannot be optional",
  field({ "a", "struct", "x", of = "inner", optional = true }))
refused("a word of C", "is a word of C", field({ "default", "u32", "x" }))
refused("a name with a capital", "bad name", field({ "A", "u32", "x" }))
refused("the same field twice", "field a twice", function(schema)
  schema.calls[1].args = { { "a", "u32", "x" }, { "a", "u32", "x" } }
end)
refused("the same call twice", "stat twice", function(schema) schema.calls[2] = schema.calls[1] end)
refused("an unknown role", "role king", function(schema) schema.calls[1].auth = "king" end)
refused("an unknown error", "error NOPE", function(schema) schema.calls[1].errors = { "NOPE" } end)
refused("a struct in itself", "contains itself", function(schema)
  schema.structs[1].fields[2] = { "b", "list", "x", of = "inner", max = 3 }
end)
refused("a message that nests deeper than the limit", "nests deeper", function(schema)
  schema.limits[1][2] = 4
  schema.calls[1].args = { { "b", "list", "x", of = "inner", max = 3 } }
end)
refused("a message with more than 64 fields", "more than 64 fields", function(schema)
  for i = 1, 65 do schema.calls[1].args[i] = { "f" .. i, "u32", "x" } end
end)

print("1.." .. count)
os.exit(failed == 0 and 0 or 1)
