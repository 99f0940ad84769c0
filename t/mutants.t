#!/usr/bin/lua5.4
-- Does the simulator see a broken promise? Each mutant breaks one rule in one place of the real code; the storm
-- (t/sim/chaos_test) must find it. `t/mutants.t N...` tries some of them. A mutant whose text is not found any more has to be renewed with the code.
local mutants = {
  { "an absent replica proves that there is none (RULES 1, decision 2)",
    "core/cluster/freezing.c", "open->floor == 0 && open->seal->by_writer", "open->floor == 0" },
  { "an acknowledgement before the disk has it is lost with the power (RULES 10)",
    "core/store/append.c", "append->kind == SYNC_PROMPT && append->status == 0", "false && append->status == 0" },
  { "a chunk is freed though a file refers to it (RULES 9)",
    "core/meta/chunk.c", "if (row->refs > 0 || row->session != 0 ||", "if (row->session != 0 ||" },
  { "a repeated rename is done anew (RULES 17)",
    "core/meta/apply.c", "if (record->client != 0 && answer_find(", "if (false && answer_find(" },
  { "what one datanode alone holds is acknowledged (RULES 24)",
    "core/node/master/writes.c", "	if (whole >= least)\n", "	if (whole >= least || true)\n" },
  { "a replica that a full report does not name stays good (RULES 23)",
    "core/cluster/reports.c", "			missing(cluster, chunk, node);\n	}\n	orphans_end_round",
    "			count++;\n	}\n	orphans_end_round" },
  { "the whole spans of bad replicas are not used (RULES 3, decision 13)",
    "core/cluster/health.c", "tally.pieces += pieces_fit(cluster, chunk, node);", "tally.pieces += 0;" },
  { "safe to unplug, though what it holds is elsewhere once only",
    "core/cluster/drain.c", "if (good >= chunk->goal || chunk->length == 0)", "if (good > 0 || chunk->length == 0)" },
  { "a restored master deletes before anybody has accepted it (RULES 16)",
    "core/node/master/fence.c", "	else if (meta_held(master->meta, NULL))\n		why", "	else if (false)\n		why" },
  { "what came back from the trash is in there still (RULES 14)",
    "core/meta/op_trash.c", "	trash_del(txn, number, &entry);\n	if (row.kind", "	if (row.kind" },
}
local seeds = tonumber(os.getenv("MUTANT_SEEDS") or 1000)
local build = os.getenv("DFS_T_BUILD") or "build"

local function read(path)
  local file = assert(io.open(path))
  local text = file:read("a")
  file:close()
  return text
end

local function write(path, text)
  local file = assert(io.open(path, "w"))
  file:write(text)
  file:close()
end

local function output(command)
  local pipe = assert(io.popen(command))
  local text = pipe:read("a")
  pipe:close()
  return text
end

local function quoted(text) return "'" .. text:gsub("'", "'\\''") .. "'" end

-- The only command of the build that makes this target, or compiles this source.
local function command_for(target, source)
  local found
  for line in output(("ninja -C %s -t commands %s"):format(quoted(build), target)):gmatch("[^\n]+") do
    if not source or line:find("/" .. source, 1, true) then found = line end
  end
  return assert(found, "the build has no command for " .. (source or target))
end

local function replace_once(text, from, to)
  local first, last = text:find(from, 1, true)
  if not first then return nil, "its text is not there any more: renew the mutant" end
  if text:find(from, last + 1, true) then return nil, "its text is there twice: name more of it" end
  return text:sub(1, first - 1) .. to .. text:sub(last + 1)
end

-- The storm with one source file replaced: its object comes before the libraries, which then keep theirs.
local function make(mutant, folder)
  local _, source, from, to = table.unpack(mutant)
  local text, why = replace_once(read(source), from, to)
  if not text then return nil, why end
  write(folder .. "/mutant.c", text)
  local compile = command_for("t/sim/chaos_test", source)
  compile = compile:gsub("%-MD.*$", "") .. ("-o %s/mutant.o -c %s/mutant.c"):format(folder, folder)
  local link = command_for("t/sim/chaos_test")
  link = link:gsub("%-o t/sim/chaos_test ", ("-o %s/chaos %s/mutant.o "):format(folder, folder), 1)
  for _, command in ipairs { compile, link } do
    local ok = os.execute(("cd %s && { %s; } >%s/log 2>&1"):format(quoted(build), command, folder))
    if not ok then return nil, "it does not compile:\n" .. read(folder .. "/log") end
  end
  return folder .. "/chaos"
end

if build:find("asan", 1, true) then
  print("1..0 # SKIP mutants are found by the ordinary build, ten times faster")
  os.exit(true)
end
print("1.." .. #mutants)
local folder = output("mktemp -d"):match("%S+")
local failed = 0
local asked = {}
for _, number in ipairs(arg) do asked[tonumber(number) or 0] = true end
for i, mutant in ipairs(mutants) do
  if #arg > 0 and not asked[i] then goto next end
  local program, why = make(mutant, folder)
  local seen
  if program then
    local told = output(("%s 1 %d 2>&1"):format(program, seeds))
    seen = told:match("# (seed [^\n]+)")
    why = ("%d seeds saw nothing"):format(seeds)
  end
  if not seen then failed = failed + 1 end
  print(("%s %d - %s"):format(seen and "ok" or "not ok", i, mutant[1]))
  io.stderr:write("# ", (seen or why):gsub("\n", "\n# "), "\n")
  ::next::
end
os.execute("rm -rf " .. folder)
os.exit(failed == 0)
