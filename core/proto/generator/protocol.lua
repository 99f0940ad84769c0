-- SPDX-License-Identifier: MIT
-- docs/protocol.md: the reference for people, of all calls, structs, enums and limits.

local model = require("generator.model")
local markdown = require("generator.markdown")

local intro = [[
# The protocol

Made from `core/proto/schema.lua` by `core/proto/generate.lua`: change that, not this.

Clients and datanodes call the master, and the master calls datanodes over the channels that they opened.
This page is every call with its fields. How bytes of chunks travel (HTTP between clients and datanodes)
stands in [contracts.md](contracts.md).

## How a call travels

Over a channel, which is a WebSocket to `/v1/rpc` of the master with `Authorization: Bearer TOKEN`: one JSON
text a message, an object or an array of objects (a batch). Many calls may be under way; answers come in any
order and name the call by its number.

    {"i":7,"m":"stat","a":{"path":"/sets/data.bin"}}                               a call
    {"i":8,"m":"mkdir","a":{"path":"/new"},"c":"0000000000000017","s":"3"}         a call that mutates
    {"i":7,"r":{"attr":{"name":"data.bin","kind":"file","inode":"000000000000002a", ... }}}
    {"i":8,"e":{"code":"EXIST","message":"/new: already exists"}}

| member | in | what |
|---|---|---|
| `i` | all | the caller's number for the call, a number from 0 to 2^53 |
| `m` | calls | which call |
| `a` | calls | its arguments, an object |
| `c`, `s` | calls that mutate | client (`id`, of hello) and sequence (`u64`), done once (RULES 17) |
| `r` | replies | the reply, an object |
| `e` | faults | the error, a [fault](#fault) |

The same calls answer to `POST /v1/rpc/NAME`: the body is the arguments, the answer the reply or the fault,
`?client=ID&sequence=N` stand for `c` and `s`.

A message that is no JSON, passes a limit below or is no envelope closes the channel. Anything else that is
wrong with a call is answered by a fault: an unknown call by `UNSUPPORTED`, a field that is missing, of the
wrong type, over its limit or given twice by `PROTO` with the field's name. Members and fields that are not
known are ignored: a newer peer may send them.

## Types
]]

local code_list, capital, fields = markdown.code_list, markdown.capital, markdown.fields

local to_text = { master = "the master", datanode = "a datanode" }

local function call(out, entry)
  out("### %s", entry.name)
  out("")
  out("%s. Role `%s`%s.", capital(entry.doc), entry.auth, entry.mutates and "; mutates" or "")
  out("")
  fields(out, entry.args, "argument")
  fields(out, entry.reply, "reply")
  if #entry.errors > 0 then out("Errors: %s.\n", code_list(entry.errors)) end
end

local groups = {
  { "Clients to the master", function(entry) return entry.to == "master" and entry.auth ~= "node" end },
  { "Datanodes to the master", function(entry) return entry.to == "master" and entry.auth == "node" end },
  { "The master to datanodes", function(entry) return entry.to == "datanode" end },
}

local function overview(out, schema)
  out("## Calls")
  out("")
  out("Every call may be answered with %s;", code_list(schema.common_errors))
  out("one that mutates also with %s.", code_list(schema.mutation_errors))
  out("Codes are explained [below](#errors).")
  out("A role includes those before it: %s; `node` is for datanodes.",
    code_list({ "read", "write", "admin" }))
  out("")
  out("| call | to | role | mutates | what |")
  out("|---|---|---|---|---|")
  for _, entry in ipairs(schema.calls) do
    out("| [%s](#%s) | %s | %s | %s | %s |", entry.name, entry.name, to_text[entry.to], entry.auth,
      entry.mutates and "yes" or "", entry.doc)
  end
  out("")
end

local function tables_of_values(out, schema)
  out("## Enums")
  out("")
  for _, enum in ipairs(schema.enums) do
    out("### %s", enum.name)
    out("")
    out("%s: %s.", capital(enum.doc), code_list(enum.values))
    out("")
  end
  out("## Errors")
  out("")
  out("| code | what |")
  out("|---|---|")
  for _, row in ipairs(schema.errors) do out("| `%s` | %s |", row.name, row.text) end
end

return function(schema)
  local out, text = model.writer()
  out("%s", intro)
  markdown.types(out)
  out("## Limits")
  out("")
  out("Protocol %d. A message or field over a limit is refused.", schema.protocol)
  out("")
  out("| limit | | of |")
  out("|---|---|---|")
  for _, limit in ipairs(schema.limits) do out("| %s | %d | %s |", limit[1], limit[2], limit[3]) end
  out("")
  overview(out, schema)
  for _, group in ipairs(groups) do
    out("## %s", group[1])
    out("")
    for _, entry in ipairs(schema.calls) do
      if group[2](entry) then call(out, entry) end
    end
  end
  out("## Structs")
  out("")
  for _, shape in ipairs(schema.structs) do
    out("### %s", shape.name)
    out("")
    out("%s.", capital(shape.doc))
    out("")
    fields(out, shape)
  end
  tables_of_values(out, schema)
  return text()
end
