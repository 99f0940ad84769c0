std = "lua54"
max_line_length = 110
-- The client host gives commands one global, `dfs`; policies see the sandbox's own list.
files["scripts/commands"] = { read_globals = { "dfs" } }
files["scripts/lib"] = { read_globals = { "dfs" } }
-- Stubs for editors: they define it, and their functions are empty.
files["scripts/meta"] = { globals = { "dfs" }, ignore = { "212", "631" } }
exclude_files = { "build*" }
