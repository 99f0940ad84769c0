/* SPDX-License-Identifier: MIT */
/*
 * What the cluster key signs:
 *
 *   ticket    t1.VERB.CHUNK.VERSION.OFFSET.LENGTH.SESSION.EXPIRES.MAC      ids in hex, numbers in
 * decimal receipt   r1.CHUNK.VERSION.OFFSET.LENGTH.CRC.MAC token     k1.ROLE.PREFIX.MAC PREFIX in
 * base64url, it holds any byte
 *
 * MAC covers all before its dot. The first field keeps one kind from being taken for another. A
 * parser checks the MAC before it looks at anything else.
 */
#include "base/pass.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "base/text.h"

enum { MAC_SIZE = HMAC_HEX_SIZE - 1, FIELDS_MAX = 8 };

/* The fields of a pass whose MAC was right. */
struct fields {
	char text[PASS_SIZE];
	const char *field[FIELDS_MAX];
	size_t count;
};

static const char role_letters[] = {[TOKEN_NONE] = '0',
        [TOKEN_READ] = 'r',
        [TOKEN_WRITE] = 'w',
        [TOKEN_ADMIN] = 'a',
        [TOKEN_NODE] = 'n'};

static void sign(const uint8_t key[HMAC_SIZE], char ret[PASS_SIZE], const char *format, ...)
        __attribute__((format(printf, 3, 4)));
static int open_pass(const uint8_t key[HMAC_SIZE], const char *text, const char *kind, size_t count,
        struct fields *ret, struct dfs_error *err);
static int number(const char *text, uint64_t *ret);
static int malformed(struct dfs_error *err, const char *what);
static void base64_encode(const char *bytes, size_t size, char *ret);
static int base64_decode(const char *text, char *ret, size_t ret_size);

void ticket_sign(const uint8_t key[HMAC_SIZE], const struct ticket *ticket, char ret[PASS_SIZE])
{
	assert(ticket->verb == TICKET_READ || ticket->verb == TICKET_APPEND);
	sign(key, ret,
	        "t1.%c.%016" PRIx64 ".%" PRIu64 ".%" PRIu64 ".%" PRIu64 ".%016" PRIx64 ".%" PRId64,
	        ticket->verb, ticket->chunk, ticket->version, ticket->offset, ticket->length,
	        ticket->session, ticket->expires_ms);
}

int ticket_parse(
        const uint8_t key[HMAC_SIZE], const char *text, struct ticket *ret, struct dfs_error *err)
{
	struct ticket ticket = {0};
	struct fields f;
	int rc = open_pass(key, text, "t1", 8, &f, err);

	if (rc != 0)
		return rc;
	if (strcmp(f.field[1], "r") != 0 && strcmp(f.field[1], "a") != 0)
		return malformed(err, "ticket");
	ticket.verb = f.field[1][0] == 'r' ? TICKET_READ : TICKET_APPEND;
	if (text_parse_id(f.field[2], &ticket.chunk, NULL) != 0 ||
	        number(f.field[3], &ticket.version) != 0 ||
	        number(f.field[4], &ticket.offset) != 0 ||
	        number(f.field[5], &ticket.length) != 0 ||
	        text_parse_id(f.field[6], &ticket.session, NULL) != 0 ||
	        text_parse_i64(f.field[7], &ticket.expires_ms, NULL) != 0)
		return malformed(err, "ticket");
	*ret = ticket;
	return 0;
}

int ticket_check(const struct ticket *ticket, enum ticket_verb verb, uint64_t chunk, int64_t now_ms,
        struct dfs_error *err)
{
	if (ticket->verb != verb)
		return error_set(err, DFS_E_TICKET, "the ticket is for %s, not for %s",
		        ticket->verb == TICKET_READ ? "reading" : "appending",
		        verb == TICKET_READ ? "reading" : "appending");
	if (ticket->chunk != chunk)
		return error_set(err, DFS_E_TICKET,
		        "the ticket is for chunk %016" PRIx64 ", not for %016" PRIx64,
		        ticket->chunk, chunk);
	if (ticket->expires_ms <= now_ms)
		return error_set(err, DFS_E_TICKET,
		        "the ticket for chunk %016" PRIx64 " has expired", chunk);
	return 0;
}

void receipt_sign(
        const uint8_t key[HMAC_SIZE], const struct receipt_claim *claim, char ret[PASS_SIZE])
{
	sign(key, ret, "r1.%016" PRIx64 ".%" PRIu64 ".%" PRIu64 ".%" PRIu64 ".%" PRIu32,
	        claim->chunk, claim->version, claim->offset, claim->length, claim->crc);
}

int receipt_parse(const uint8_t key[HMAC_SIZE], const char *text, struct receipt_claim *ret,
        struct dfs_error *err)
{
	struct receipt_claim claim;
	struct fields f;
	uint64_t crc;
	int rc = open_pass(key, text, "r1", 6, &f, err);

	if (rc != 0)
		return rc;
	if (text_parse_id(f.field[1], &claim.chunk, NULL) != 0 ||
	        number(f.field[2], &claim.version) != 0 || number(f.field[3], &claim.offset) != 0 ||
	        number(f.field[4], &claim.length) != 0 || number(f.field[5], &crc) != 0 ||
	        crc > UINT32_MAX)
		return malformed(err, "receipt");
	claim.crc = (uint32_t)crc;
	*ret = claim;
	return 0;
}

void token_sign(const uint8_t key[HMAC_SIZE], const struct token *token, char ret[PASS_SIZE])
{
	char prefix[TOKEN_PREFIX_SIZE * 4 / 3 + 4];
	size_t size = strnlen(token->prefix, TOKEN_PREFIX_SIZE);

	assert(size < TOKEN_PREFIX_SIZE);
	assert((size_t)token->role < sizeof(role_letters));
	base64_encode(token->prefix, size, prefix);
	sign(key, ret, "k1.%c.%s", role_letters[token->role], prefix);
}

int token_parse(
        const uint8_t key[HMAC_SIZE], const char *text, struct token *ret, struct dfs_error *err)
{
	struct token token = {0};
	struct fields f;
	const char *letter;
	int rc = open_pass(key, text, "k1", 3, &f, err);

	if (rc != 0)
		return rc;
	letter = strlen(f.field[1]) == 1 ? memchr(role_letters, f.field[1][0], sizeof(role_letters))
	                                 : NULL;
	if (!letter || base64_decode(f.field[2], token.prefix, sizeof(token.prefix)) != 0)
		return malformed(err, "token");
	token.role = (enum token_role)(letter - role_letters);
	*ret = token;
	return 0;
}

static void sign(const uint8_t key[HMAC_SIZE], char ret[PASS_SIZE], const char *format, ...)
{
	va_list args;
	int size;

	va_start(args, format);
	size = vsnprintf(ret, PASS_SIZE, format, args);
	va_end(args);
	assert(size > 0 && size + 1 + HMAC_HEX_SIZE <= PASS_SIZE);
	ret[size] = '.';
	hmac_hex(key, ret, (size_t)size, ret + size + 1);
}

/* Check the MAC, then split: exactly `count` fields, the first `kind`. */
static int open_pass(const uint8_t key[HMAC_SIZE], const char *text, const char *kind, size_t count,
        struct fields *ret, struct dfs_error *err)
{
	const char *what = kind[0] == 't' ? "ticket" : kind[0] == 'r' ? "receipt" : "token";
	size_t size = strnlen(text, PASS_SIZE);
	char mac[HMAC_HEX_SIZE];

	assert(count <= FIELDS_MAX);
	if (size >= PASS_SIZE || size < MAC_SIZE + 2 || text[size - MAC_SIZE - 1] != '.')
		return malformed(err, what);
	hmac_hex(key, text, size - MAC_SIZE - 1, mac);
	if (!hmac_equal(mac, text + size - MAC_SIZE))
		return error_set(
		        err, DFS_E_TICKET, "the %s is not signed by this cluster's key", what);
	memcpy(ret->text, text, size - MAC_SIZE - 1);
	ret->text[size - MAC_SIZE - 1] = '\0';
	ret->count = 0;
	for (char *at = ret->text; at; ret->count++) {
		char *dot = strchr(at, '.');

		if (ret->count == FIELDS_MAX)
			return malformed(err, what);
		ret->field[ret->count] = at;
		if (dot)
			*dot++ = '\0';
		at = dot;
	}
	if (ret->count != count || strcmp(ret->field[0], kind) != 0)
		return malformed(err, what);
	return 0;
}

static int number(const char *text, uint64_t *ret)
{
	return text_parse_u64(text, ret, NULL);
}

static int malformed(struct dfs_error *err, const char *what)
{
	return error_set(err, DFS_E_TICKET, "the %s is malformed", what);
}

static const char base64_digits[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* base64url without padding (RFC 4648, 5). */
static void base64_encode(const char *bytes, size_t size, char *ret)
{
	uint32_t bits = 0;
	int held = 0;

	for (size_t i = 0; i < size; i++) {
		bits = bits << 8 | (unsigned char)bytes[i];
		for (held += 8; held >= 6; held -= 6)
			*ret++ = base64_digits[bits >> (held - 6) & 63];
	}
	if (held > 0)
		*ret++ = base64_digits[bits << (6 - held) & 63];
	*ret = '\0';
}

/* Into text of at most ret_size - 1 bytes, no NUL among them. */
static int base64_decode(const char *text, char *ret, size_t ret_size)
{
	uint32_t bits = 0;
	size_t size = 0;
	int held = 0;

	for (; *text != '\0'; text++) {
		const char *digit = strchr(base64_digits, *text);

		if (!digit)
			return DFS_E_INVAL;
		bits = bits << 6 | (uint32_t)(digit - base64_digits);
		held += 6;
		if (held < 8)
			continue;
		held -= 8;
		ret[size] = (char)(bits >> held);
		if (ret[size] == '\0' || ++size == ret_size)
			return DFS_E_INVAL;
	}
	ret[size] = '\0';
	return 0;
}
