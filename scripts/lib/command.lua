-- Finds a verb, reads its arguments, runs it, and says what went wrong. The C host calls `main` and exits
-- with its answer: 0 done, 1 failed, 2 misuse. What else of lib/ is loaded is what the verb asks for.

local args = require "args"

local command = {}

local function read_script(name)
  for _, directory in ipairs(dfs.directories) do
    local path = ("%s/%s.lua"):format(directory, name)
    local file = io.open(path, "r")
    if file then
      local text = file:read("a")
      file:close()
      if not text then error(path .. ": cannot be read", 0) end
      return text, path
    end
  end
end

-- The table of a verb, nil where there is none. An alias is a script that returns { alias = "put" }.
function command.load(name)
  if not name:find("^[%w_][%w_-]*$") then return nil end
  local text, path = read_script(name)
  if not text then return nil end
  local chunk, problem = load(text, "@" .. path, "t")
  if not chunk then error(problem, 0) end
  local verb = chunk()
  if type(verb) ~= "table" then error(path .. ": must return a table", 0) end
  if verb.alias then return command.load(verb.alias), verb.alias end
  if type(verb.summary) ~= "string" or type(verb.usage) ~= "string" or type(verb.run) ~= "function" then
    error(path .. ": its table needs summary, usage and run", 0)
  end
  return verb
end

local function complain(name, sentence)
  local who = name and "dfs " .. dfs.quote(name) or "dfs"
  if sentence == nil then sentence = "failed without a word" end
  if type(sentence) == "table" and sentence.message then sentence = sentence.message end
  io.stdout:flush()
  io.stderr:write(who, ": ", tostring(sentence), "\n")
end

local function unknown(name)
  local nearest = require("nearest").of(name, require("verbs").names())
  local hint = nearest and ("did you mean `%s`?"):format(nearest) or "`dfs help` lists what there is"
  complain(nil, ("unknown verb '%s': %s"):format(dfs.quote(name), hint))
  return 2
end

local function misused(name, verb, sentence)
  complain(name, ("%s; usage: dfs %s"):format(sentence, verb.usage))
  return 2
end

local function failed(name, verb, problem)
  if type(problem) == "table" and problem.code == args.MISUSE then
    return misused(name, verb, problem.message)
  end
  complain(name, problem)
  return 1
end

local function execute(name, verb, argv)
  local parsed, problem = args.parse(verb, argv)
  if not parsed then return misused(name, verb, problem) end
  if parsed.help then
    io.write(require("help").of(name, verb))
    return 0
  end
  local answer, sentence = verb.run(parsed)
  if sentence ~= nil then return failed(name, verb, sentence) end
  return math.type(answer) == "integer" and answer or 0
end

function command.main(argv)
  local name = argv[1]
  if not name then
    complain(nil, "no verb given: `dfs help` lists them")
    return 2
  end
  local loaded, verb = pcall(command.load, name)
  if not loaded then
    complain(nil, verb)
    return 1
  end
  if not verb then return unknown(name) end
  local ok, code = pcall(execute, name, verb, argv)
  return ok and code or failed(name, verb, code)
end

return command
