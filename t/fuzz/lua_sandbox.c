/* SPDX-License-Identifier: MIT */
/* Scripts: whatever one does, it ends, an error is a sentence that names it, and the next script
 * runs as if nothing was. */
#include <stdlib.h>
#include <string.h>
#include "fuzz.h"
#include "lua/sandbox.h"

static const char probe[] =
        "local t = {b = 1, a = 2} local s = '' for k, v in pairs(t) do s = s .. k .. v end\n"
        "assert(s == 'a2b1' and ('x,y'):find(',') == 2 and not pcall(error))";

static void must(bool good)
{
	if (!good)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct sandbox_options options = {
	        .name = "t.lua", .memory_bytes = 1 << 20, .instructions = 20000};
	struct sandbox *sandbox;
	struct dfs_error err = {0};
	int code;

	must(sandbox_create(&sandbox, &options, &err) == 0);
	code = sandbox_load_text(sandbox, (const char *)bytes, size, &err);
	must(code == 0 || (code == DFS_E_SCRIPT && strncmp(err.text, "t.lua:", 6) == 0));
	code = sandbox_load_text(sandbox, probe, sizeof(probe) - 1, &err);
	must(code == 0);
	sandbox_destroy(sandbox);
	return 0;
}
