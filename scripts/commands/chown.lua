-- chown: change owner and group.

local args = require "args"
local files = require "files"

-- A number, or the number of a name that this machine knows. nil for "", false where it is unknown.
local function id_of(text, lookup)
  if text == "" then return nil end
  if text:find("^%d+$") then
    local number = math.tointeger(tonumber(text))
    return number and number < 1 << 32 and number or false
  end
  return lookup(text) or false
end

local function run(asked)
  local owner = table.remove(asked, 1)
  local user, group = owner:match("^([^:]*):?([^:]*)$")
  local uid, gid = id_of(user or "?", dfs.local_user), id_of(group or "", dfs.local_group)
  if uid == false or gid == false or (uid == nil and gid == nil) then
    return args.misuse(("'%s' names no user and group here"):format(dfs.quote(owner)))
  end
  return require("trees").each(asked, asked.recursive, function(path, attr)
    return files.call("setattr", path, { set_owner = true, uid = uid or attr.uid, gid = gid or attr.gid })
  end)
end

return {
  summary = "change owner and group",
  usage = "chown [-R] USER[:GROUP] PATH...",
  details = "Names are looked up on this machine, numbers are not. `:GROUP` changes the group alone.\n",
  examples = { "dfs chown 1000:100 /home/a", "dfs chown -R :staff /sets" },
  options = {
    { name = "recursive", short = "R", help = "directories and all that is in them" },
  },
  operands = { 2 },
  run = run,
}
