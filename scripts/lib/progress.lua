-- A progress line on standard error for what takes longer than a second and has a terminal to show it on.

local progress = {}
progress.__index = progress

local DELAY, INTERVAL = 1, 0.2

function progress.new()
  local now = dfs.clock()
  return setmetatable({
    shows = dfs.isatty(2), start = now, next = now + DELAY, drawn = false,
    bytes = 0, total = 0, files = 0, done = 0,
  }, progress)
end

local function text(self, now)
  local seconds = math.max(now - self.start, 0.001)
  local rate = dfs.size_text(math.floor(self.bytes / seconds)) .. "/s"
  local files = self.files > 0 and ("%d of %d files, "):format(self.done, self.files) or ""
  if self.total and self.total > 0 then
    local percent = math.min(100, 100 * self.bytes // self.total)
    return ("%s%d%% of %s, %s"):format(files, percent, dfs.size_text(self.total), rate)
  end
  return ("%s%s, %s"):format(files, dfs.size_text(self.bytes), rate)
end

local function draw(self)
  local now = dfs.clock()
  if not self.shows or now < self.next then return end
  self.next = now + INTERVAL
  self.drawn = true
  io.stderr:write("\r\27[K", text(self, now))
end

-- A function to hand to one transfer as its `progress`. The total grows with each file whose size is known.
function progress:of_file(size)
  local before = 0
  if self.total then self.total = size and self.total + size end
  return function(bytes)
    self.bytes = self.bytes + bytes - before
    before = bytes
    draw(self)
  end
end

-- One more of many files will come.
function progress:expect()
  self.files = self.files + 1
end

function progress:file_done()
  self.done = self.done + 1
  draw(self)
end

-- Wipe the line: what follows stands on a clean one.
function progress:finish()
  if self.drawn then io.stderr:write("\r\27[K") end
end

return progress
