-- why: why something is as it is.

local machines = require "machines"
local reasons = require "reasons"

-- What a word is: a datanode, a chunk, or else a path.
local function what(word)
  if word == nil then return {} end
  if word:find("^%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x%x$") then return { chunk = word:lower() } end
  if word:sub(1, 1) ~= "/" and machines.word(word) then
    local node, problem = machines.find(word)
    if not node then return nil, problem end
    return { node = node.node }
  end
  local path, problem = dfs.path(word)
  if not path then return nil, problem end
  return { path = dfs.encode_name(path) }
end

-- All that the master says, page by page.
local function ask(question)
  local list = dfs.array()
  while true do
    local reply, problem = dfs.call("why", question)
    if not reply then return nil, problem end
    table.move(reply.reasons, 1, #reply.reasons, #list + 1, list)
    if (reply.next or "0") == "0" then return list end
    question.offset = reply.next
  end
end

local function run(asked)
  local question, problem = what(asked[1])
  if not question then return nil, problem end
  question.all = asked.all or false
  local list
  list, problem = ask(question)
  if not list then return nil, problem end
  if asked.json then
    io.write(dfs.json({ reasons = list }), "\n")
  elseif #list == 0 then
    io.write("all is well: nothing waits, nothing is missing\n")
  else
    reasons.write(io.stdout, list)
  end
  return true
end

return {
  summary = "why a file, a chunk, a datanode or the cluster is as it is",
  usage = "why [PATH|CHUNK|NODE] [--all]",
  details = [[
Of a PATH: what holds it, where it went, which of its chunks are not well and what they wait for. Of a CHUNK
(16 hex digits, as `dfs info` shows): why on these datanodes, how its replicas are, what is in the way. Of a
NODE (its number, `node2`, or its address): its state and since when, what is missing because of it. Without
any: whatever is not well. A file that is called like a datanode is asked for with a slash: /node2.]],
  examples = { "dfs why", "dfs why /sets/data.bin", "dfs why 0000010000000017", "dfs why node2" },
  options = { { name = "all", help = "of a file: every chunk, not only those that are not well" } },
  operands = { 0, 1 },
  json = true,
  run = run,
}
