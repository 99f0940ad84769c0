-- Rendezvous hashing (Thaler, Ravishankar 1998), weighted by capacity: every node draws a lot for the chunk,
-- the best lots win. The answer follows from chunk and nodes alone: when a node comes or goes, only its share
-- moves.

-- A well mixed 64-bit number from two others (the finalizer of MurmurHash3).
local function hash(a, b)
  local x = a ~ (b * 0x9e3779b97f4a7c15)
  x = (x ~ (x >> 33)) * 0xff51afd7ed558ccd
  x = (x ~ (x >> 33)) * 0xc4ceb9fe1a85ec53
  return x ~ (x >> 33)
end

local function place(request, view)
  local function score(node)
    if node.free < request.size then return nil end
    local lot = ((hash(request.chunk, node.node) >> 11) + 0.5) * 0x1p-53 -- between 0 and 1, never either
    return -node.total / math.log(lot)
  end

  local nodes = view:top(request.goal, score, "rack")
  return { nodes = nodes, reason = "best lots, weighted by capacity, racks apart" }
end

return {
  kind = "place",
  summary = "rendezvous hashing, weighted by capacity, racks apart: little moves when nodes come and go",
  place = place,
}
