/* SPDX-License-Identifier: MIT */
#ifndef BASE_PASS_H
#define BASE_PASS_H

#include <stdint.h>
#include "base/error.h"
#include "base/hmac.h"

/*
 * What the cluster key signs: tickets (RULES 32), receipts (RULES 11) and tokens (RULES 33). All are one line of
 * printable ASCII without spaces: fields joined by '.', the HMAC in hex last. The first field names kind and version.
 */
enum { PASS_SIZE = 401, TOKEN_PREFIX_SIZE = 248 }; /* a token with the longest prefix just fits */

enum ticket_verb { TICKET_READ = 'r', TICKET_APPEND = 'a' };

struct ticket {
	enum ticket_verb verb;
	uint64_t chunk;
	uint64_t version; /* minimum for reads, exact for appends */
	uint64_t offset;  /* reads: first byte allowed */
	uint64_t length;  /* reads: bytes from there; appends: byte allowance of the chunk */
	uint64_t session; /* appends: RULES 11 */
	int64_t expires_ms; /* by the master's wall clock */
};

void ticket_sign(const uint8_t key[HMAC_SIZE], const struct ticket *ticket, char ret[PASS_SIZE]);
/* DFS_E_TICKET: malformed, forged. Expiry and fit are the caller's: `ticket_check_*`. */
int ticket_parse(const uint8_t key[HMAC_SIZE], const char *text, struct ticket *ret, struct dfs_error *err);
int ticket_check(const struct ticket *ticket, enum ticket_verb verb, uint64_t chunk, int64_t now_ms,
		 struct dfs_error *err);

struct receipt_claim {
	uint64_t chunk, version, offset, length;
	uint32_t crc;
};

void receipt_sign(const uint8_t key[HMAC_SIZE], const struct receipt_claim *claim, char ret[PASS_SIZE]);
/* 0 where `text` signs a claim; it is returned. DFS_E_TICKET otherwise. */
int receipt_parse(const uint8_t key[HMAC_SIZE], const char *text, struct receipt_claim *ret, struct dfs_error *err);

enum token_role { TOKEN_NONE, TOKEN_READ, TOKEN_WRITE, TOKEN_ADMIN, TOKEN_NODE };

struct token {
	enum token_role role;
	char prefix[TOKEN_PREFIX_SIZE]; /* tree it is good for, without a NUL; "" or "/" is all */
};

void token_sign(const uint8_t key[HMAC_SIZE], const struct token *token, char ret[PASS_SIZE]);
int token_parse(const uint8_t key[HMAC_SIZE], const char *text, struct token *ret, struct dfs_error *err);

#endif
