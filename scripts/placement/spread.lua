-- Spread replicas as GFS does (section 4.2): racks apart, emptier disks first, and few recent creations on
-- any one node, because a fresh chunk means heavy writing soon.

local RECENT_WEIGHT = 0.02 -- ten chunks placed in the last minute weigh as much as a disk that is 20 % fuller
local RATE_WEIGHT = 0.1 / (100 << 20) -- so do 200 MiB/s of writing

local function place(request, view)
  local function score(node)
    if node.free < request.size then return nil end
    return node.free / node.total - node.recent * RECENT_WEIGHT - node.write_rate * RATE_WEIGHT
  end

  local nodes = view:top(request.goal, score, "rack")
  local first = nodes[1]
  local reason = first and string.format("%d racks known; first: %.0f %% free, %d recent, rack %s",
    view.racks, 100 * first.free / first.total, first.recent, first.rack)
  return { nodes = nodes, reason = reason }
end

return {
  kind = "place",
  summary = "racks apart, emptier disks first, few recent creations on any one node (GFS 4.2)",
  place = place,
}
