-- What is removed stays in the trash as long as the master was told (--retain, three days unless set).

local function retain(request)
  return request.default
end

return {
  kind = "retain",
  summary = "the configured time for everything",
  retain = retain,
}
