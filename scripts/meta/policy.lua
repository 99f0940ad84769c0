---@meta
-- What a policy is asked and sees: types for editors that speak LuaLS. Never loaded. See docs/guide/policies.md.

---@class policy.node
---@field node integer        # its number
---@field rack string
---@field total integer       # bytes
---@field free integer
---@field used integer
---@field chunks integer
---@field write_rate number   # bytes/s, recent
---@field read_rate number
---@field recent integer      # chunks placed there in the last minute
---@field avoid boolean       # it failed this writer a moment ago

---@class policy.view         # read-only
---@field nodes policy.node[] # in order of their numbers
---@field racks integer       # how many
---@field top fun(self: policy.view, k: integer, score: (fun(node: policy.node): number|false|nil), apart: "rack"?): policy.node[]

---@class policy.rng
---@field int fun(self: policy.rng, n: integer): integer  # 1..n
---@field float fun(self: policy.rng): number             # 0 <= x < 1

---@class policy.place_request
---@field chunk integer
---@field path string
---@field index integer       # which chunk of its file, from 0
---@field size integer        # bytes it may grow to
---@field goal integer        # replicas wanted
---@field rng policy.rng

---@class policy.file_request
---@field path string
---@field size integer?       # nil: not known
---@field asked integer?      # what the user asked for
---@field nodes integer       # datanodes

---@class policy.place
---@field kind "place"
---@field summary string
---@field place fun(request: policy.place_request, view: policy.view): { nodes: (integer|policy.node)[], reason: string? }

---@class policy.chunk_size
---@field kind "chunk_size"
---@field summary string
---@field chunk_size fun(request: policy.file_request): integer, string?
---@field goal (fun(request: policy.file_request): integer)?

---@class policy.retain_request
---@field path string
---@field kind "file"|"dir"|"symlink"
---@field size integer?       # bytes of a file; nil: a tree
---@field default integer     # ms, as configured

---@class policy.retain
---@field kind "retain"
---@field summary string
---@field retain fun(request: policy.retain_request): integer, string?

---@class policy.repair_request
---@field chunk integer
---@field size integer        # bytes
---@field goal integer        # replicas wanted
---@field good integer        # that count towards the goal
---@field live integer        # good ones on live nodes, those being emptied too
---@field wanted boolean      # somebody waits for it
---@field attempts integer    # copies of it that failed
---@field waited number       # seconds in line
---@field sources integer[]   # nodes that it can be read from now
---@field rng policy.rng

---@class policy.repair_answer
---@field urgency number?     # the highest of those asked about goes first; 0 where absent
---@field delay number?       # seconds, 0 to 300
---@field source (integer|policy.node)?
---@field target (integer|policy.node)?
---@field reason string?

---@class policy.repair      # view.nodes: those that can take the copy now
---@field kind "repair"
---@field summary string
---@field repair fun(request: policy.repair_request, view: policy.view): policy.repair_answer?
