-- Many files put or got at once: at most so many waiting, one progress line, failures and warnings collected.

local progress = require "progress"

local transfers = {}
transfers.__index = transfers

local WAITING_MAX = 512 -- bounds the memory of a tree with millions of files

function transfers.new(verb)
  return setmetatable({
    verb = verb, progress = progress.new(0), waiting = 0, total = 0, failures = {}, warned = {},
  }, transfers)
end

-- Tell once on standard error; the exit code stays.
function transfers:warn(sentence)
  if self.warned[sentence] then return end
  self.warned[sentence] = true
  self.progress:finish()
  io.stderr:write(("dfs %s: warning: %s\n"):format(self.verb, sentence))
end

function transfers:fail(problem)
  self.failures[#self.failures + 1] = tostring(problem)
end

-- How one of all ended: ok, or nil and an error.
function transfers:note(ok, problem)
  self.total = self.total + 1
  if not ok then self:fail(problem) end
  return ok
end

-- Queue one by dfs.queue_put or dfs.queue_get; `size` where it is known.
function transfers:add(queue, from, to, size, options)
  local transfer = setmetatable({ progress = self.progress:of_file(size) }, { __index = options })
  if self.waiting >= WAITING_MAX then self:wait() end
  self.waiting = self.waiting + 1
  self.progress.files = self.progress.files + 1
  local ok, problem = queue(from, to, transfer, function(result, failure)
    self.waiting = self.waiting - 1
    self.progress:file_done()
    if result and result.warning then self:warn(result.warning) end
    self:note(result, failure)
  end)
  if not ok then
    self.waiting = self.waiting - 1
    self:note(nil, problem)
  end
end

function transfers:wait()
  local ok, problem = dfs.wait()
  if not ok and #self.failures == 0 then self:fail(problem) end
end

-- Wait for all; true, or nil and one sentence about what failed.
function transfers:finish()
  self:wait()
  self.progress:finish()
  if #self.failures == 0 then return true end
  return nil, require("failures").sentence(self.failures, self.total)
end

return transfers
