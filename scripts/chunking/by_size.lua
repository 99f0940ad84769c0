-- Larger files, larger chunks: the smallest power of two with which a file has at most 64 chunks, from 16 MiB
-- to 1 GiB. Smaller files are read in parallel from several nodes; huge ones do not fill the master's tables.

local SMALLEST, LARGEST = 16 << 20, 1 << 30
local MIN = 64 << 10
local CHUNKS = 64
local UNKNOWN = 64 << 20 -- a pipe does not tell how long it is

local function chunk_size(request)
  if request.asked then return math.max(MIN, math.min(request.asked, LARGEST)), "asked for" end
  if not request.size then return UNKNOWN, "size unknown" end
  local bytes = SMALLEST
  while bytes < LARGEST and request.size > bytes * CHUNKS do bytes = bytes * 2 end
  return bytes, ("at most %d chunks"):format(CHUNKS)
end

return {
  kind = "chunk_size",
  summary = "16 MiB to 1 GiB: larger files get larger chunks, at most 64 of them up to 64 GiB",
  chunk_size = chunk_size,
}
