-- What is nearest to its loss first: fewest live replicas, then what somebody waits for, then small chunks,
-- which are safe the soonest, but nobody waits for ever. Between which nodes, the master decides.

local LIVE, WANTED, OLD = 1e6, 1e5, 30 -- of urgency; seconds in line from which on age alone counts
local MIB = 1 << 20

local function repair(request, view)
  local urgency = -LIVE * request.live
  if request.wanted then urgency = urgency + WANTED end
  if request.waited > OLD then
    urgency = urgency + math.min(request.waited, WANTED / 2)
  else
    urgency = urgency - request.size / MIB / 1024
  end
  return {
    urgency = urgency,
    reason = string.format("%d of %d live, %d could take it", request.live, request.goal, #view.nodes),
  }
end

return {
  kind = "repair",
  summary = "fewest live replicas first, then what is waited for, then the small ones (GFS 4.3)",
  repair = repair,
}
