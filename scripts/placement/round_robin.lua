-- The rule of the system that this one began as: replica j of a file's chunk i goes to node (i + j) % n.
-- Simple to predict, blind to racks, load and free space; for experiments and small clusters of equal nodes.

local function place(request, view)
  local nodes = {}
  for _, node in ipairs(view.nodes) do
    if not node.avoid then nodes[#nodes + 1] = node end
  end
  local healthy = #nodes
  local taken = {}
  for j = 0, math.min(request.goal, healthy) - 1 do
    taken[j + 1] = nodes[(request.index + j) % healthy + 1]
  end
  for _, node in ipairs(view.nodes) do -- too few: then also those that just failed this writer
    if node.avoid and #taken < request.goal then taken[#taken + 1] = node end
  end
  return { nodes = taken, reason = ("chunk %d of its file, %d nodes in turn"):format(request.index, healthy) }
end

return {
  kind = "place",
  summary = "nodes in turn: replica j of chunk i on node (i + j) % n",
  place = place,
}
