/* SPDX-License-Identifier: MIT */
#include "lua/view.h"

#include <lauxlib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "lua/budget.h"
#include "lua/freeze.h"

/* A field of a node: its name in Lua, where it is and what it is. */
enum field_type { FIELD_U32, FIELD_U64, FIELD_DOUBLE, FIELD_BOOL, FIELD_TEXT };

struct field {
	const char *name;
	enum field_type type;
	size_t offset, size;
};

#define FIELD(lua, type, member)                                                                   \
	{                                                                                          \
		lua, type, offsetof(struct place_node, member),                                    \
		        sizeof(((struct place_node *)0)->member)                                   \
	}
static const struct field fields[] = {FIELD("node", FIELD_U32, node),
        FIELD("rack", FIELD_TEXT, rack), FIELD("total", FIELD_U64, total_bytes),
        FIELD("free", FIELD_U64, free_bytes), FIELD("used", FIELD_U64, used_bytes),
        FIELD("chunks", FIELD_U64, chunks), FIELD("write_rate", FIELD_DOUBLE, write_rate),
        FIELD("read_rate", FIELD_DOUBLE, read_rate), FIELD("recent", FIELD_U32, recent),
        FIELD("avoid", FIELD_BOOL, avoid)};

enum { FIELDS_COUNT = sizeof(fields) / sizeof(fields[0]), TOP_STEP = 4 };

/* What view:top knows of a node: those with the least of (avoid, used, -score) first, then in order
 * of number. */
struct candidate {
	double score;
	bool out; /* chosen already, or without a score */
};

static const char key_view, key_nodes, key_tables;

static void rebuild(lua_State *L, struct view *view, const struct place_view *from);
static bool update(lua_State *L, struct view *view, const struct place_view *from);
static void field_set(lua_State *L, const struct place_node *node, const struct field *field);
static void racks_number(struct view *view);
static bool same_nodes(const struct view *view, const struct place_view *from);
static void view_fields(lua_State *L, struct view *view);
static int view_top(lua_State *L);
static struct candidate *candidates_push(lua_State *L, const struct view *view, int score);
static size_t best_of(
        const struct view *view, const struct candidate *candidates, const uint32_t *used);

void view_push(lua_State *L, struct view *view, const struct place_view *from)
{
	if (!view->valid || view->version != from->version ||
	        view->nodes_count != from->nodes_count) {
		bool same = view->valid && same_nodes(view, from);

		view->valid = false;
		if (!same)
			rebuild(L, view, from);
		else if (update(L, view, from))
			racks_number(view);
		view_fields(L, view);
		view->version = from->version;
		view->valid = true;
	}
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_view);
}

void view_fini(struct view *view)
{
	free(view->nodes);
	free(view->racks);
	*view = (struct view){0};
}

/* Other nodes than before: all tables anew. */
static void rebuild(lua_State *L, struct view *view, const struct place_view *from)
{
	size_t count = from->nodes_count;

	view_fini(view);
	view->nodes = calloc(count + 1, sizeof(*view->nodes));
	view->racks = calloc(count + 1, sizeof(*view->racks));
	if (!view->nodes || !view->racks)
		luaL_error(L, "out of memory");
	if (count > 0)
		memcpy(view->nodes, from->nodes, count * sizeof(*view->nodes));
	view->nodes_count = count;
	racks_number(view);
	lua_createtable(L, (int)count, 0); /* tables */
	lua_createtable(L, (int)count, 0); /* their proxies */
	for (size_t i = 0; i < count; i++) {
		lua_createtable(L, 0, FIELDS_COUNT);
		for (size_t f = 0; f < FIELDS_COUNT; f++)
			field_set(L, &view->nodes[i], &fields[f]);
		freeze_push(L, -1, freeze_refuse);
		lua_rawseti(L, -3, (lua_Integer)i + 1);
		lua_rawseti(L, -3, (lua_Integer)i + 1);
	}
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_nodes);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_tables);
	lua_newtable(L);
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_nodes);
	freeze_push(L, -1, freeze_refuse);
	lua_setfield(L, -3, "nodes");
	lua_pop(L, 1);
	lua_pushlightuserdata(L, view);
	lua_pushcclosure(L, view_top, 1);
	lua_setfield(L, -2, "top");
	freeze_push(L, -1, freeze_refuse);
	lua_rawsetp(L, LUA_REGISTRYINDEX, &key_view);
	lua_pop(L, 1);
}

/* The same nodes: set what changed. True where a rack did. */
static bool update(lua_State *L, struct view *view, const struct place_view *from)
{
	bool racks = false;

	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_tables);
	for (size_t i = 0; i < view->nodes_count; i++) {
		char *now = (char *)&view->nodes[i];
		const char *next = (const char *)&from->nodes[i];

		lua_rawgeti(L, -1, (lua_Integer)i + 1);
		for (size_t f = 0; f < FIELDS_COUNT; f++) {
			const struct field *field = &fields[f];

			if (memcmp(now + field->offset, next + field->offset, field->size) == 0)
				continue;
			memcpy(now + field->offset, next + field->offset, field->size);
			field_set(L, &view->nodes[i], field);
			racks |= field->type == FIELD_TEXT;
		}
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return racks;
}

/* Into the table at the top. */
static void field_set(lua_State *L, const struct place_node *node, const struct field *field)
{
	const void *at = (const char *)node + field->offset;

	switch (field->type) {
	case FIELD_U32:
		lua_pushinteger(L, *(const uint32_t *)at);
		break;
	case FIELD_U64:
		lua_pushinteger(L, (lua_Integer) * (const uint64_t *)at);
		break;
	case FIELD_DOUBLE:
		lua_pushnumber(L, *(const double *)at);
		break;
	case FIELD_BOOL:
		lua_pushboolean(L, *(const bool *)at);
		break;
	case FIELD_TEXT:
		lua_pushlstring(L, at, strnlen(at, field->size));
		break;
	}
	lua_setfield(L, -2, field->name);
}

/* What is not of a node: into the view's own table, which is behind its proxy. */
static void view_fields(lua_State *L, struct view *view)
{
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_view);
	freeze_resolve(L, -1);
	lua_pushinteger(L, (lua_Integer)view->racks_count);
	lua_setfield(L, -2, "racks");
	lua_pop(L, 1);
}

static void racks_number(struct view *view)
{
	view->racks_count = 0;
	for (size_t i = 0; i < view->nodes_count; i++) {
		size_t twin = 0;

		while (twin < i && strcmp(view->nodes[twin].rack, view->nodes[i].rack) != 0)
			twin++;
		view->racks[i] = twin < i ? view->racks[twin] : (uint32_t)view->racks_count++;
	}
}

static bool same_nodes(const struct view *view, const struct place_view *from)
{
	if (view->nodes_count != from->nodes_count)
		return false;
	for (size_t i = 0; i < from->nodes_count; i++)
		if (view->nodes[i].node != from->nodes[i].node)
			return false;
	return true;
}

/*
 * view:top(k, score [, "rack"]): the k nodes with the highest score(node), best first, ties in
 * order of node number. A node without a score (nil, false) is left out; one that is to be avoided
 * comes after all others. With "rack", each next node is taken from the rack that gave the fewest
 * so far.
 */
static int view_top(lua_State *L)
{
	struct view *view = lua_touserdata(L, lua_upvalueindex(1));
	lua_Integer k = luaL_checkinteger(L, 2);
	bool apart = !lua_isnoneornil(L, 4);
	struct candidate *candidates;
	uint32_t *used;

	luaL_checktype(L, 3, LUA_TFUNCTION);
	luaL_argcheck(L, !apart || strcmp(luaL_checkstring(L, 4), "rack") == 0, 4,
	        "only \"rack\" can be kept apart");
	candidates = candidates_push(L, view, 3);
	used = lua_newuserdatauv(L, (view->racks_count + 1) * sizeof(*used), 0);
	memset(used, 0, (view->racks_count + 1) * sizeof(*used));
	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_nodes);
	lua_createtable(L, k > 0 && k < 64 ? (int)k : 0, 0);
	for (lua_Integer i = 1; i <= k; i++) {
		size_t best = best_of(view, candidates, used);

		budget_charge(L, view->nodes_count / TOP_STEP);
		if (best == view->nodes_count)
			break;
		candidates[best].out = true;
		used[view->racks[best]] += apart;
		lua_rawgeti(L, -2, (lua_Integer)best + 1);
		lua_rawseti(L, -2, i);
	}
	return 1;
}

static struct candidate *candidates_push(lua_State *L, const struct view *view, int score)
{
	struct candidate *candidates =
	        lua_newuserdatauv(L, (view->nodes_count + 1) * sizeof(*candidates), 0);

	lua_rawgetp(L, LUA_REGISTRYINDEX, &key_nodes);
	for (size_t i = 0; i < view->nodes_count; i++) {
		int is_number;

		lua_pushvalue(L, score);
		lua_rawgeti(L, -2, (lua_Integer)i + 1);
		lua_call(L, 1, 1);
		candidates[i].score = lua_tonumberx(L, -1, &is_number);
		candidates[i].out = !lua_toboolean(L, -1);
		if (!candidates[i].out && (!is_number || isnan(candidates[i].score)))
			luaL_error(L,
			        "view:top: the score of node %d is %s, want a number, nil or false",
			        (int)view->nodes[i].node,
			        is_number ? "not a number" : luaL_typename(L, -1));
		lua_pop(L, 1);
	}
	lua_pop(L, 1);
	return candidates;
}

/* nodes_count where nobody is left. */
static size_t best_of(
        const struct view *view, const struct candidate *candidates, const uint32_t *used)
{
	size_t best = view->nodes_count;

	for (size_t i = 0; i < view->nodes_count; i++) {
		bool better = best == view->nodes_count;

		if (candidates[i].out)
			continue;
		if (!better && view->nodes[i].avoid != view->nodes[best].avoid)
			better = view->nodes[best].avoid;
		else if (!better && used[view->racks[i]] != used[view->racks[best]])
			better = used[view->racks[i]] < used[view->racks[best]];
		else if (!better)
			better = candidates[i].score > candidates[best].score;
		if (better)
			best = i;
	}
	return best;
}
