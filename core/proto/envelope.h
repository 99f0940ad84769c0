/* SPDX-License-Identifier: MIT */
#ifndef PROTO_ENVELOPE_H
#define PROTO_ENVELOPE_H

#include <stddef.h>
#include <stdint.h>
#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "proto/gen/proto.h"
#include "proto/json_tree.h"

/*
 * What stands around calls and replies on a channel. One JSON text a message: an object, or an
 * array of them (a batch).
 *
 *   call    {"i":7,"m":"stat","a":{...},"c":"<client id>","s":"<sequence>"}      c and s only on
 * mutations reply   {"i":7,"r":{...}} fault   {"i":7,"e":{"code":"NOENT","message":"..."}}
 *
 * `i` is the caller's number for the call, at most 2^53. Other members are ignored (a newer peer
 * may send them).
 */
#define ENVELOPE_ID_MAX (UINT64_C(1) << 53)

enum envelope_kind { ENVELOPE_CALL, ENVELOPE_REPLY, ENVELOPE_FAULT };

struct envelope {
	uint64_t id;
	enum envelope_kind kind;
	/* CALL: which one, its arguments, and who asks. */
	enum proto_call call;
	uint64_t client, sequence;
	/* CALL: `args`; REPLY: the reply. To be decoded by envelope_args or envelope_result. */
	const struct json_node *body;
	const char *text; /* of the whole message */
	/*
	 * FAULT: the error that the other side answers with. CALL and REPLY: 0, or what is wrong
	 * with this one: a call is then answered by a fault of this code and message, a reply taken
	 * for one. DFS_E_UNSUPPORTED: no such call.
	 */
	int code;
	const char *message;
};

/* A parsed text. Zero-initialise. One may be used for many texts, one after the other. */
struct envelopes {
	struct envelope *list; /* in the arena */
	size_t count;
	struct json_tree tree; /* what the bodies point into */
};

/*
 * Parse one text, which is borrowed as long as the envelopes are used. DFS_E_PROTO where it cannot
 * be told which calls it speaks of: no JSON, over a limit, an element that is no envelope: then
 * nothing of it is used and the channel is closed. What is wrong within an envelope goes into its
 * code.
 */
int envelopes_parse(struct envelopes *ret, struct arena *arena, const char *json, size_t size,
        struct dfs_error *err);
/* The envelopes are used up: an unusually large text's memory is given back. */
void envelopes_clear(struct envelopes *envelopes);
void envelopes_fini(struct envelopes *envelopes);

/* Decode the body of a CALL into a new proto_<call>_args in the arena. The envelope's own code, or
 * DFS_E_PROTO. */
int envelope_args(const struct envelope *envelope, struct arena *arena, const void **ret,
        struct dfs_error *err);
/* Decode the body of a REPLY to `call` into a new proto_<call>_reply. Of a FAULT: its code and
 * sentence. */
int envelope_result(const struct envelope *envelope, enum proto_call call, struct arena *arena,
        const void **ret, struct dfs_error *err);

/*
 * Writers append one envelope to a buf, after a comma where another stands there. For a batch:
 * envelope_open, writers, envelope_close; at most PROTO_BATCH_MAX of them (the caller counts).
 * Without open and close: one envelope a text.
 *
 * Errors  DFS_E_LIMIT   it would make the text larger than PROTO_MESSAGE_MAX: send what is there,
 * then write it again DFS_E_TOOBIG  it alone is larger than that, or a field is over its max
 *         DFS_E_INVAL   an enum has no such value
 *         DFS_E_NOMEM
 *         In each case `ret` is as it was, but stays `failed` after NOMEM.
 */
void envelope_open(struct buf *ret);
void envelope_close(struct buf *ret);
/* client and sequence are sent with a call that mutates. */
int envelope_call(struct buf *ret, uint64_t id, enum proto_call call, const void *args,
        uint64_t client, uint64_t sequence);
int envelope_reply(struct buf *ret, uint64_t id, enum proto_call call, const void *reply);
/* `message` NULL: the code's own sentence. It is cut to what a fault may hold. */
int envelope_fault(struct buf *ret, uint64_t id, int code, const char *message);

#endif
