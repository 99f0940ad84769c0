-- The argument parser of every verb, driven by what the verb declares:
--
--   options = {
--     { name = "recursive", short = "rR", help = "whole trees" },
--     { name = "goal", argument = "N", type = "integer", min = 1, max = 9, help = "replicas to keep" },
--     { name = "chunk-size", argument = "SIZE", type = "size", min = 65536, help = "bytes of a chunk" },
--     { name = "durability", argument = "HOW", choices = { "sync", "async" }, help = "when it is stored" },
--     { name = "name", argument = "GLOB", dash = true, help = "-name too, as find spells it" },
--   },
--   operands = { 1, 2 },  -- at least one, at most two; nil: any number
--   json = true,          -- has --json
--
-- Understands --flag, --flag=value, --flag value, -r, -rf, -g3, -g 3, and -- after which all are operands, as
-- "-" always is.

local args = { MISUSE = "MISUSE" }

-- What `run` returns when the arguments do not fit together: return args.misuse("...").
function args.misuse(sentence)
  return nil, { code = args.MISUSE, message = sentence }
end

local JSON = { name = "json", help = "print JSON" }
local HELP = { name = "help", help = "print this and exit" }

-- All options of a verb, the ones that it has by right too.
function args.options(verb)
  local options = table.move(verb.options or {}, 1, #(verb.options or {}), 1, {})
  if verb.json then options[#options + 1] = JSON end
  options[#options + 1] = HELP
  return options
end

-- Where an option's value is found: --chunk-size is args.chunk_size.
local function key_of(option)
  return (option.name:gsub("-", "_"))
end

local function index(options)
  local long, short, dash = {}, {}, {}
  for _, option in ipairs(options) do
    long[option.name] = option
    if option.dash then dash[option.name] = option end
    for letter in (option.short or ""):gmatch(".") do short[letter] = option end
  end
  if not short.h then short.h = long.help end
  return { long = long, short = short, dash = dash }
end

local function one_of(value, choices)
  for _, choice in ipairs(choices) do
    if value == choice then return value end
  end
  return nil, "takes " .. table.concat(choices, " or ")
end

local function integer(value, option)
  local number = value:find("^%-?%d+$") and math.tointeger(tonumber(value))
  local min, max = option.min, option.max
  if number and number >= (min or number) and number <= (max or number) then return number end
  if min and max then return nil, ("takes a number from %d to %d"):format(min, max) end
  return nil, min and ("takes a number of at least %d"):format(min) or "takes a number"
end

local function size_text(bytes)
  return (dfs.size_text(bytes):gsub("%.0 ([KMGT])iB$", "%1"))
end

local function size(value, option)
  local bytes = dfs.parse_size(value)
  if not bytes then return nil, "takes a size such as 4096, 64M or 1.5G" end
  local min, max = option.min or bytes, option.max or bytes
  if bytes >= min and bytes <= max then return bytes end
  if not option.max then return nil, ("takes a size of at least %s"):format(size_text(min)) end
  return nil, ("takes a size from %s to %s"):format(size_text(min), size_text(max))
end

local function convert(option, value)
  if option.choices then return one_of(value, option.choices) end
  if option.type == "integer" then return integer(value, option) end
  if option.type == "size" then return size(value, option) end
  return value
end

local function unknown(flag, options)
  local flags = {}
  for _, option in ipairs(options) do flags[#flags + 1] = "--" .. option.name end
  local nearest = #flag > 2 and require("nearest").of(flag, flags)
  local hint = nearest and (": did you mean %s?"):format(nearest) or ""
  return ("unknown flag %s%s"):format(dfs.quote(flag), hint)
end

-- Splits argv (argv[1] is the verb) into what was asked for; nil and a sentence where it can't be.
function args.parse(verb, argv)
  local options = args.options(verb)
  local known = index(options)
  local parsed = {}
  local at = 2

  -- Store an option's value; `inline` is what stood in the same word.
  local function take(option, flag, inline)
    if not option.argument then
      if inline then return ("%s takes no value"):format(flag) end
      parsed[key_of(option)] = true
      return nil
    end
    local value = inline
    if not value then
      at = at + 1
      value = argv[at]
    end
    if not value then return ("%s needs a value: %s %s"):format(flag, flag, option.argument) end
    local converted, problem = convert(option, value)
    if not converted then return ("%s %s, not '%s'"):format(flag, problem, dfs.quote(value)) end
    parsed[key_of(option)] = converted
  end

  local function take_long(word)
    local name, inline = word:match("^%-%-([^=]+)=(.*)$")
    name = name or word:sub(3)
    local option = known.long[name]
    if not option then return unknown("--" .. name, options) end
    return take(option, "--" .. name, inline)
  end

  local function take_short(word)
    for i = 2, #word do
      local letter = word:sub(i, i)
      local option = known.short[letter]
      if not option then return unknown("-" .. letter, options) end
      local rest = option.argument and i < #word and word:sub(i + 1) or nil
      local problem = take(option, "-" .. letter, rest)
      if problem or rest then return problem end
    end
  end

  while at <= #argv do
    local word = argv[at]
    local problem
    if word == "--" then
      table.move(argv, at + 1, #argv, #parsed + 1, parsed)
      break
    elseif known.dash[word:sub(2)] and word:sub(1, 1) == "-" then
      problem = take(known.dash[word:sub(2)], word)
    elseif word:sub(1, 2) == "--" then
      problem = take_long(word)
    elseif word:sub(1, 1) == "-" and word ~= "-" then
      problem = take_short(word)
    else
      parsed[#parsed + 1] = word
    end
    if problem then return nil, problem end
    at = at + 1
  end
  return args.count(verb, parsed)
end

-- The number of operands, checked last so that --help works without any.
function args.count(verb, parsed)
  local least, most = (verb.operands or {})[1] or 0, (verb.operands or {})[2]
  if parsed.help then return parsed end
  if #parsed < least then return nil, #parsed == 0 and "an argument is missing" or "too few arguments" end
  if most and #parsed > most then
    return nil, ("'%s' is one argument too many"):format(dfs.quote(parsed[most + 1]))
  end
  return parsed
end

return args
