/* SPDX-License-Identifier: MIT */
#ifndef LUA_VIEW_H
#define LUA_VIEW_H

#include <lua.h>
#include "cluster/placement.h"

/*
 * The cluster as a policy sees it: `view.nodes`, `view.racks`, `view:top(k, score, apart)`, all
 * read-only.
 *
 * The tables live as long as the sandbox and are brought up to date in place: most placements
 * change a count or two of a view, and building a hundred nodes anew costs more than the policy
 * itself. Lua holds proxies, C the tables behind them.
 */
struct view {
	struct place_node *nodes; /* as the tables say */
	uint32_t *racks;          /* of each node: 0, 1, 2... */
	size_t nodes_count;
	size_t racks_count;
	uint64_t version;
	bool valid; /* false: never filled, or the last update failed half-way */
};

/* Push `view` for Lua, showing `from`. Inside sandbox_call: raises. Keep `view` as long as the
 * state. */
void view_push(lua_State *L, struct view *view, const struct place_view *from);
void view_fini(struct view *view);

#endif
