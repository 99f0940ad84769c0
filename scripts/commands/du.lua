-- du: bytes in trees, summed up on this side.

local files = require "files"
local show = require "show"

-- The sum of a directory; each below it is handed to `told` first.
local function sum(path, told)
  local entries, problem = dfs.list(path)
  if not entries then return nil, problem end
  local total = { bytes = 0, files = 0 }
  for attr in entries do
    if attr.kind == "dir" then
      local below
      below, problem = sum(require("paths").join(path, attr.name), told)
      if not below then return nil, problem end
      total.bytes, total.files = total.bytes + below.bytes, total.files + below.files
    else
      total.bytes, total.files = total.bytes + attr.size, total.files + 1
    end
  end
  told(path, total)
  return total
end

local function measure(path, asked, told)
  local attr, problem = dfs.stat(path)
  if not attr then return nil, problem end
  if attr.kind ~= "dir" then
    told(path, { bytes = attr.size, files = 1 })
    return true
  end
  return sum(path, function(at, total)
    if not asked.summarize or at == path then told(at, total) end
  end)
end

local function run(asked)
  if #asked == 0 then asked[1] = "/" end
  local function told(path, total)
    if asked.json then
      show.line{ path = dfs.encode_name(path), bytes = tostring(total.bytes), files = tostring(total.files) }
    else
      io.write(show.size(total.bytes, asked.human), "\t", show.name(path), "\n")
    end
  end
  return files.each(asked, function(path)
    local canonical, problem = dfs.path(path)
    if not canonical then return nil, problem end
    return measure(canonical, asked, told)
  end)
end

return {
  summary = "bytes in files and trees",
  usage = "du [-sh] [PATH...]",
  details = "Counts the bytes of files once each, not their replicas.\n",
  examples = { "dfs du -sh /sets" },
  options = {
    { name = "summarize", short = "s", help = "one line for each PATH" },
    { name = "human", short = "h", help = "sizes as 64.0 MiB" },
  },
  json = true,
  run = run,
}
