/* SPDX-License-Identifier: MIT */
/* From text to nodes. What the nodes say of strings and numbers is read in json_tree_value.c. */
#include "proto/json_tree.h"

#include <stdlib.h>
#include <string.h>
#include "proto/gen/proto.h"

enum {
	NODES_FIRST = 256,
	NODES_KEEP_MAX = 64 * 1024, /* 1 MiB: a full batch of calls */
};

struct parser {
	struct json_tree *tree;
	const char *at, *end;
	size_t values;
	struct dfs_error *err;
};

static int value_parse(struct parser *parser, int depth);
static int list_parse(struct parser *parser, int depth);
static int object_parse(struct parser *parser, int depth);
static int string_parse(struct parser *parser);
static int escape_skip(struct parser *parser);
static int surrogate_skip(struct parser *parser);
static int number_parse(struct parser *parser);
static int word_parse(struct parser *parser, const char *word, enum json_kind kind);
static bool digits_skip(struct parser *parser);
static struct json_node *node_add(struct parser *parser, enum json_kind kind);
static char peek(struct parser *parser);
static int value_count(struct parser *parser);
static int refuse(struct parser *parser, const char *what);
static int stray(struct parser *parser);

int json_tree_parse(struct json_tree *tree, const char *text, size_t size, struct dfs_error *err)
{
	struct parser parser = {tree, text, text + size, 1, err};
	int rc;

	if (size > PROTO_MESSAGE_MAX)
		return error_set(err, DFS_E_PROTO, "message: %zu bytes, at most %d are taken", size,
		        PROTO_MESSAGE_MAX);
	tree->text = text;
	tree->count = 0;
	rc = value_parse(&parser, 0);
	if (rc == 0 && (peek(&parser) || parser.at < parser.end))
		rc = stray(&parser);
	return rc;
}

void json_tree_fini(struct json_tree *tree)
{
	free(tree->nodes);
	*tree = (struct json_tree){0};
}

void json_tree_shrink(struct json_tree *tree)
{
	if (tree->capacity > NODES_KEEP_MAX)
		json_tree_fini(tree);
}

/* `depth` brackets are open around it. */
static int value_parse(struct parser *parser, int depth)
{
	char first = peek(parser);

	switch (first) {
	case '"':
		return string_parse(parser);
	case '{':
	case '[':
		if (depth == PROTO_DEPTH_MAX)
			return error_set(parser->err, DFS_E_PROTO,
			        "message: nested deeper than %d levels", PROTO_DEPTH_MAX);
		if (value_count(parser) != 0)
			return DFS_E_PROTO;
		return first == '{' ? object_parse(parser, depth + 1)
		                    : list_parse(parser, depth + 1);
	case 't':
		return word_parse(parser, "true", JSON_TRUE);
	case 'f':
		return word_parse(parser, "false", JSON_FALSE);
	case 'n':
		return word_parse(parser, "null", JSON_NULL);
	default:
		if (first == '-' || (first >= '0' && first <= '9'))
			return number_parse(parser);
		return depth == 0 ? stray(parser) : refuse(parser, "not JSON");
	}
}

static int list_parse(struct parser *parser, int depth)
{
	size_t self = parser->tree->count;
	uint32_t size = 0;
	int rc = node_add(parser, JSON_LIST) ? 0 : DFS_E_NOMEM;

	parser->at++;
	if (rc == 0 && peek(parser) == ']')
		goto done;
	while (rc == 0) {
		rc = value_parse(parser, depth);
		if (rc != 0)
			break;
		size++;
		if (peek(parser) == ']')
			goto done;
		rc = peek(parser) == ',' ? value_count(parser) : refuse(parser, "not JSON");
		parser->at++;
	}
	return rc;
done:
	parser->at++;
	parser->tree->nodes[self].size = size;
	parser->tree->nodes[self].nodes = (uint32_t)(parser->tree->count - self);
	return 0;
}

static int object_parse(struct parser *parser, int depth)
{
	size_t self = parser->tree->count;
	uint32_t size = 0;
	int rc = node_add(parser, JSON_OBJECT) ? 0 : DFS_E_NOMEM;

	parser->at++;
	if (rc == 0 && peek(parser) == '}')
		goto done;
	while (rc == 0) {
		rc = peek(parser) == '"' ? string_parse(parser) : refuse(parser, "not JSON");
		if (rc == 0 && peek(parser) != ':')
			rc = refuse(parser, "not JSON");
		if (rc != 0)
			break;
		parser->at++;
		rc = value_parse(parser, depth);
		if (rc != 0)
			break;
		size++;
		if (peek(parser) == '}')
			goto done;
		rc = peek(parser) == ',' ? value_count(parser) : refuse(parser, "not JSON");
		parser->at++;
	}
	return rc;
done:
	parser->at++;
	parser->tree->nodes[self].size = size;
	parser->tree->nodes[self].nodes = (uint32_t)(parser->tree->count - self);
	return 0;
}

static int string_parse(struct parser *parser)
{
	struct json_node *node = node_add(parser, JSON_STRING);
	unsigned char all = 0;

	if (!node)
		return DFS_E_NOMEM;
	node->at++;
	for (parser->at++; parser->at < parser->end; parser->at++) {
		unsigned char byte = (unsigned char)*parser->at;

		all |= byte;
		if (byte == '"') {
			node->size = (uint32_t)(parser->at - parser->tree->text) - node->at;
			node->ascii = all < 0x80;
			parser->at++;
			return 0;
		}
		if (byte < 0x20)
			return refuse(
			        parser, byte ? "a control character in a string" : "a NUL byte");
		if (byte != '\\')
			continue;
		node->escaped = true;
		if (escape_skip(parser) != 0)
			return DFS_E_PROTO;
	}
	return refuse(parser, "a string without an end");
}

/* From the backslash to the last byte of the escape. */
static int escape_skip(struct parser *parser)
{
	const char *at = ++parser->at;

	if (at == parser->end)
		return refuse(parser, "a string without an end");
	if (*at == '\0')
		return refuse(parser, "a NUL byte");
	if (*at != 'u')
		return strchr("\"\\/bfnrt", *at) ? 0 : refuse(parser, "not JSON");
	if (parser->end - at < 5)
		return refuse(parser, "a string without an end");
	for (int i = 1; i <= 4; i++)
		if (!((at[i] >= '0' && at[i] <= '9') ||
		            ((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'f')))
			return refuse(parser, "not JSON");
	if (memcmp(at, "u0000", 5) == 0)
		return refuse(parser, "\\u0000 in a string");
	if ((at[1] | 0x20) == 'd' && !(at[2] >= '0' && at[2] <= '7'))
		return surrogate_skip(parser);
	parser->at += 4;
	return 0;
}

/* \ud8xx\udcxx: the first half stands at `at`; neither may stand alone. */
static int surrogate_skip(struct parser *parser)
{
	const char *at = parser->at;
	char second;

	if ((at[2] | 0x20) >= 'c' || parser->end - at < 11 || at[5] != '\\' || at[6] != 'u' ||
	        (at[7] | 0x20) != 'd')
		return refuse(parser, "half a surrogate pair in a string");
	second = at[8] | 0x20;
	if (second < 'c' || second > 'f')
		return refuse(parser, "half a surrogate pair in a string");
	for (int i = 9; i <= 10; i++)
		if (!((at[i] >= '0' && at[i] <= '9') ||
		            ((at[i] | 0x20) >= 'a' && (at[i] | 0x20) <= 'f')))
			return refuse(parser, "not JSON");
	parser->at += 10;
	return 0;
}

static int number_parse(struct parser *parser)
{
	struct json_node *node = node_add(parser, JSON_NUMBER);
	const char *start = parser->at;
	bool good;

	if (!node)
		return DFS_E_NOMEM;
	if (*parser->at == '-')
		parser->at++;
	good = digits_skip(parser);
	if (good && parser->at - start > (*start == '-') + 1 && start[*start == '-'] == '0')
		good = false; /* 01 */
	if (good && parser->at < parser->end && *parser->at == '.') {
		parser->at++;
		good = digits_skip(parser);
	}
	if (good && parser->at < parser->end && (*parser->at | 0x20) == 'e') {
		parser->at++;
		if (parser->at < parser->end && (*parser->at == '+' || *parser->at == '-'))
			parser->at++;
		good = digits_skip(parser);
	}
	if (good && parser->at - start > JSON_NUMBER_MAX)
		return refuse(parser, "a number of more than 63 characters");
	node->size = (uint32_t)(parser->at - start);
	return good ? 0 : refuse(parser, "not JSON");
}

static bool digits_skip(struct parser *parser)
{
	const char *start = parser->at;

	while (parser->at < parser->end && *parser->at >= '0' && *parser->at <= '9')
		parser->at++;
	return parser->at > start;
}

static int word_parse(struct parser *parser, const char *word, enum json_kind kind)
{
	size_t size = strlen(word);

	if ((size_t)(parser->end - parser->at) < size || memcmp(parser->at, word, size) != 0)
		return refuse(parser, "not JSON");
	if (!node_add(parser, kind))
		return DFS_E_NOMEM;
	parser->at += size;
	return 0;
}

/* Where the parser stands. Adding may move the others. */
static struct json_node *node_add(struct parser *parser, enum json_kind kind)
{
	struct json_tree *tree = parser->tree;
	struct json_node *node;

	if (tree->count == tree->capacity) {
		size_t capacity = tree->capacity ? 2 * tree->capacity : NODES_FIRST;

		node = realloc(tree->nodes, capacity * sizeof(*node));
		if (!node) {
			error_set(parser->err, DFS_E_NOMEM, "out of memory");
			return NULL;
		}
		tree->nodes = node;
		tree->capacity = capacity;
	}
	node = &tree->nodes[tree->count++];
	*node = (struct json_node){
	        .at = (uint32_t)(parser->at - tree->text), .nodes = 1, .kind = (uint8_t)kind};
	return node;
}

/* The next character that is no white space; 0 at the end. */
static char peek(struct parser *parser)
{
	for (; parser->at < parser->end; parser->at++)
		if (*parser->at != ' ' && *parser->at != '\n' && *parser->at != '\r' &&
		        *parser->at != '\t')
			return *parser->at;
	return '\0';
}

/* One for the whole, one for each bracket and each comma: never fewer than the values. */
static int value_count(struct parser *parser)
{
	if (++parser->values <= PROTO_VALUES_MAX)
		return 0;
	return error_set(
	        parser->err, DFS_E_PROTO, "message: more than %d values", PROTO_VALUES_MAX);
}

static int refuse(struct parser *parser, const char *what)
{
	if (parser->at < parser->end && *parser->at == '\0')
		what = "a NUL byte";
	return error_set(parser->err, DFS_E_PROTO, "message: %s", what);
}

/* Outside of all brackets, where nothing more may stand. */
static int stray(struct parser *parser)
{
	char found = peek(parser);

	return refuse(
	        parser, found == '}' || found == ']' ? "a bracket closes nothing" : "not JSON");
}
