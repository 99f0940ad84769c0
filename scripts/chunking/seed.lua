-- The chunk size of the system that this one began as: 4 MiB, unless the user asks for another.

local DEFAULT = 4 << 20
local MIN, MAX = 64 << 10, 1 << 30

local function chunk_size(request)
  return math.max(MIN, math.min(request.asked or DEFAULT, MAX))
end

return {
  kind = "chunk_size",
  summary = "4 MiB for every file; a user may ask for 64 KiB to 1 GiB",
  chunk_size = chunk_size,
}
