-- Which word did somebody mean? The nearest by edit distance, neighbours swapped counting one (Damerau).

local nearest = {}

local function distance(a, b)
  local rows = { [0] = {} }
  for j = 0, #b do rows[0][j] = j end
  for i = 1, #a do
    rows[i] = { [0] = i }
    for j = 1, #b do
      local same = a:byte(i) == b:byte(j)
      local best = math.min(rows[i - 1][j] + 1, rows[i][j - 1] + 1, rows[i - 1][j - 1] + (same and 0 or 1))
      if i > 1 and j > 1 and a:byte(i) == b:byte(j - 1) and a:byte(i - 1) == b:byte(j) then
        best = math.min(best, rows[i - 2][j - 2] + 1)
      end
      rows[i][j] = best
    end
  end
  return rows[#a][#b]
end

-- The nearest of `words`, the first of several; nil where none is near enough to be meant.
function nearest.of(word, words)
  local best, least = nil, math.max(1, #word // 3) + 1
  if #word > 64 then return nil end
  for _, candidate in ipairs(words) do
    local far = distance(word, candidate)
    if far < least then best, least = candidate, far end
  end
  return best
end

return nearest
