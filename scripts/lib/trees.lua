-- Doing one thing to paths and, where asked, to all below them.

local files = require "files"

local trees = {}

-- action(path, attr) -> ok, err. A failure is told at the end; the others are still done.
function trees.each(list, recursive, action)
  local failed, total = {}, 0

  local function apply(path, attr)
    local ok, problem = action(path, attr)
    total = total + 1
    if not ok then failed[#failed + 1] = tostring(problem) end
  end

  for _, path in ipairs(list) do
    local attr, problem = dfs.stat(path)
    if attr then
      apply(path, attr)
      if recursive and attr.kind == "dir" then attr, problem = files.walk(path, apply) end
    end
    if not attr then
      total = total + 1
      failed[#failed + 1] = tostring(problem)
    end
  end
  if #failed == 0 then return true end
  return nil, require("failures").sentence(failed, total)
end

return trees
