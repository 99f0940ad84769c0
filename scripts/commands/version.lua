-- version: of this program.

local function run(asked)
  if asked.json then
    io.write(dfs.json{ version = dfs.version }, "\n")
  else
    io.write("dfs ", dfs.version, "\n")
  end
end

return {
  summary = "the version of this program",
  usage = "version",
  operands = { 0, 0 },
  json = true,
  run = run,
}
