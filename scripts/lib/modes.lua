-- Permission bits as chmod writes them: "644", "u+x,go-w".

local modes = {}

local WHO = { u = 6, g = 3, o = 0 }
local BITS = { r = 4, w = 2, x = 1 }

-- An octal mode, nil where it is none.
function modes.parse(text)
  local mode = text:find("^[0-7][0-7]?[0-7]?[0-7]?$") and tonumber(text, 8)
  return mode or nil
end

local function change(mode, who, operator, what)
  local bits = 0
  for letter in what:gmatch(".") do bits = bits | BITS[letter] end
  for letter in who:gmatch(".") do
    local shift = WHO[letter]
    if operator == "-" then
      mode = mode & ~(bits << shift)
    else
      mode = (operator == "=" and mode & ~(7 << shift) or mode) | bits << shift
    end
  end
  return mode
end

-- A function from the old mode to the new one; nil where `text` is no mode.
function modes.changer(text)
  local octal = modes.parse(text)
  if octal then return function() return octal end end
  local steps = {}
  for clause in (text .. ","):gmatch("(.-),") do
    local who, operator, what = clause:match("^([ugoa]*)([-+=])([rwx]*)$")
    if not who then return nil end
    if who == "" or who:find("a", 1, true) then who = "ugo" end
    steps[#steps + 1] = { who, operator, what }
  end
  return function(mode)
    for _, step in ipairs(steps) do mode = change(mode, step[1], step[2], step[3]) end
    return mode
  end
end

return modes
