-- Files put or got, one or many at once: one progress line, failures and warnings collected, --json.

local progress = require "progress"

local transfers = {}
transfers.__index = transfers

local WAITING_MAX = 512 -- bounds the memory of a tree with millions of files

-- With `json` each file that is done is a line on standard output.
function transfers.new(verb, json)
  return setmetatable({
    verb = verb, json = json, progress = progress.new(), waiting = 0, total = 0, failures = {}, warned = {},
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

-- A file is done: `result`, or nil and an error.
function transfers:ended(result, problem, file, path)
  self.progress:file_done()
  self:note(result, problem)
  if not result then return end
  if result.warning then self:warn(result.warning) end
  if not self.json then return end
  require("show").line{
    path = dfs.encode_name(path), ["local"] = dfs.encode_name(file), bytes = tostring(result.bytes),
    goal = result.goal, chunks = result.chunks, retries = result.retries, warning = result.warning,
  }
end

-- One file now, by dfs.put_file or dfs.get_file; `size` where it is known.
function transfers:one(move, from, to, size, options)
  local transfer = setmetatable({ progress = self.progress:of_file(size) }, { __index = options })
  local result, problem = move(from, to, transfer)
  local put = move == dfs.put_file
  self:ended(result, problem, put and from or to, put and to or from)
end

-- Queue one of many, by dfs.queue_put or dfs.queue_get.
function transfers:add(queue, from, to, size, options)
  local transfer = setmetatable({ progress = self.progress:of_file(size) }, { __index = options })
  if self.waiting >= WAITING_MAX then self:wait() end
  self.waiting = self.waiting + 1
  self.progress:expect()
  local ok, problem = queue(from, to, transfer, function(...)
    self.waiting = self.waiting - 1
    self:ended(...)
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
