-- One sentence for many failures: the first few, and how many.

local failures = {}

local SHOWN = 3

function failures.sentence(list, total)
  if #list == 1 and total == 1 then return list[1] end
  local shown = table.concat(list, "; ", 1, math.min(#list, SHOWN))
  local more = #list > SHOWN and ("; and %d more"):format(#list - SHOWN) or ""
  return ("%d of %d failed: %s%s"):format(#list, total, shown, more)
end

return failures
