-- Datanodes as people name them.

local machines = {}

-- A word that names a datanode: 2, node2, or host:port. Nil where it can be none of these.
function machines.word(text)
  local number = text:match("^node(%d+)$") or text:match("^%d+$")
  number = number and #number <= 9 and math.tointeger(tonumber(number))
  if number then return { node = number } end
  if text:find("^[^/%s]+:%d+$") then return { address = text } end
end

-- The datanode (node_info of docs/json.md) that a word names; nil and a sentence.
function machines.find(text)
  local word = machines.word(text)
  if not word then
    return nil, ("'%s' names no datanode: give its number, or host:port (dfs nodes)"):format(dfs.quote(text))
  end
  local reply, problem = dfs.call("nodes")
  if not reply then return nil, problem end
  for _, node in ipairs(reply.nodes) do
    if node.node == word.node or node.address == word.address then return node end
  end
  return nil, ("there is no datanode %s (dfs nodes lists them)"):format(dfs.quote(text))
end

-- "datanode 2 (127.0.0.1:7072)"
function machines.name(node)
  return ("datanode %d (%s)"):format(node.node, node.address)
end

return machines
