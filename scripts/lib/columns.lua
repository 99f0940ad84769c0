-- Tables for people: columns as wide as their widest cell.

local columns = {}

-- How many columns of a terminal a text takes: bytes that begin a UTF-8 character.
local function width_of(text)
  return select(2, text:gsub("[^\x80-\xbf]", ""))
end

-- Write rows (arrays of strings). `right` is a set of column numbers that are set to the right.
function columns.write(file, rows, right)
  local widths = {}
  for _, row in ipairs(rows) do
    for i, cell in ipairs(row) do widths[i] = math.max(widths[i] or 0, width_of(cell)) end
  end
  for _, row in ipairs(rows) do
    local cells = {}
    for i, cell in ipairs(row) do
      local space = (" "):rep(widths[i] - width_of(cell))
      if right and right[i] then
        cells[i] = space .. cell
      else
        cells[i] = i < #row and cell .. space or cell
      end
    end
    file:write(table.concat(cells, "  "), "\n")
  end
end

return columns
