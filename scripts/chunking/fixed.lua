-- One chunk size for every file, 64 MiB as in GFS (section 2.5), unless the user asks for another.

local DEFAULT = 64 << 20
local MIN, MAX = 64 << 10, 1 << 30

local function chunk_size(request)
  return math.max(MIN, math.min(request.asked or DEFAULT, MAX))
end

local function goal(request)
  return math.min(request.asked or 3, 9)
end

return {
  kind = "chunk_size",
  summary = "64 MiB for every file; a user may ask for 64 KiB to 1 GiB",
  chunk_size = chunk_size,
  goal = goal,
}
