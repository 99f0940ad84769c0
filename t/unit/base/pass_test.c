/* SPDX-License-Identifier: MIT */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "base/hmac.h"
#include "base/pass.h"
#include "base/text.h"

static const uint8_t key[HMAC_SIZE] = "the key of a cluster, 32 bytes";
static const uint8_t other_key[HMAC_SIZE] = "the key of another cluster";

static const struct ticket ticket = {
        TICKET_APPEND, 0x10000000001, 3, 0, 1 << 26, 0xfeed, 1700000000000};
static const struct receipt_claim claim = {0x10000000001, 3, 0, 123456789012, 0xe3069283};

/* Keys of HMAC are padded with zeros, so RFC 4231's shorter ones stand in ours. */
static void the_vectors_of_rfc_4231_come_out(void **state)
{
	uint8_t k[HMAC_SIZE] = {0};
	char hex[HMAC_HEX_SIZE];

	memset(k, 0x0b, 20);
	hmac_hex(k, "Hi There", 8, hex);
	assert_string_equal(
	        hex, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
	memset(k, 0, sizeof(k));
	memcpy(k, "Jefe", 4);
	hmac_hex(k, "what do ya want for nothing?", 28, hex);
	assert_string_equal(
	        hex, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

static void only_equal_macs_of_full_length_are_equal(void **state)
{
	char a[HMAC_HEX_SIZE], b[2 * HMAC_HEX_SIZE];

	hmac_hex(key, "x", 1, a);
	strcpy(b, a);
	assert_true(hmac_equal(a, b));
	for (size_t i = 0; i < HMAC_HEX_SIZE - 1; i++) {
		b[i] ^= 1;
		assert_false(hmac_equal(a, b));
		b[i] ^= 1;
	}
	strcat(b, "0");
	assert_false(hmac_equal(a, b));
	b[63] = '\0';
	assert_false(hmac_equal(a, b));
	assert_false(hmac_equal("", ""));
}

static void tickets_come_back_as_they_were_signed(void **state)
{
	const struct ticket tickets[] = {ticket,
	        {TICKET_READ, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
	                INT64_MIN},
	        {TICKET_READ, 0, 0, 0, 0, 0, INT64_MAX}};

	for (size_t i = 0; i < 3; i++) {
		char text[PASS_SIZE];
		struct ticket back;

		ticket_sign(key, &tickets[i], text);
		assert_null(strchr(text, ' '));
		assert_int_equal(ticket_parse(key, text, &back, NULL), 0);
		assert_int_equal(back.verb, tickets[i].verb);
		assert_int_equal(back.chunk, tickets[i].chunk);
		assert_int_equal(back.version, tickets[i].version);
		assert_int_equal(back.offset, tickets[i].offset);
		assert_int_equal(back.length, tickets[i].length);
		assert_int_equal(back.session, tickets[i].session);
		assert_int_equal(back.expires_ms, tickets[i].expires_ms);
	}
}

static void receipts_come_back_as_they_were_signed(void **state)
{
	char text[PASS_SIZE];
	struct receipt_claim back;

	receipt_sign(key, &claim, text);
	assert_int_equal(receipt_parse(key, text, &back, NULL), 0);
	assert_int_equal(back.chunk, claim.chunk);
	assert_int_equal(back.version, claim.version);
	assert_int_equal(back.offset, claim.offset);
	assert_int_equal(back.length, claim.length);
	assert_int_equal(back.crc, claim.crc);
}

static void tokens_come_back_with_any_prefix(void **state)
{
	for (size_t size = 0; size < TOKEN_PREFIX_SIZE; size++) {
		struct token token = {.role = (enum token_role)(size % 5)}, back;
		char text[PASS_SIZE];

		for (size_t i = 0; i < size; i++)
			token.prefix[i] = (char)(1 + (i * 7 + size) % 255);
		token_sign(key, &token, text);
		assert_true(strlen(text) < PASS_SIZE);
		assert_int_equal(token_parse(key, text, &back, NULL), 0);
		assert_int_equal(back.role, token.role);
		assert_string_equal(back.prefix, token.prefix);
	}
}

static void every_changed_byte_is_a_forgery(void **state)
{
	struct dfs_error err = {0};
	struct ticket back = {.chunk = 5};
	char text[PASS_SIZE];

	ticket_sign(key, &ticket, text);
	for (size_t i = 0; i < strlen(text); i++)
		for (int bit = 0; bit < 8; bit++) {
			text[i] ^= (char)(1 << bit);
			assert_int_equal(ticket_parse(key, text, &back, &err), DFS_E_TICKET);
			text[i] ^= (char)(1 << bit);
		}
	assert_int_equal(back.chunk, 5);
	assert_int_equal(ticket_parse(key, text, &back, &err), 0);
}

static void another_key_is_refused(void **state)
{
	struct dfs_error err = {0};
	struct ticket back;
	char text[PASS_SIZE];

	ticket_sign(other_key, &ticket, text);
	assert_int_equal(ticket_parse(key, text, &back, &err), DFS_E_TICKET);
	assert_non_null(strstr(err.text, "not signed by this cluster"));
}

static void cut_and_lengthened_passes_are_refused(void **state)
{
	char text[PASS_SIZE], cut[PASS_SIZE + 200];
	struct ticket back;

	ticket_sign(key, &ticket, text);
	for (size_t size = 0; size < strlen(text); size++) {
		snprintf(cut, sizeof(cut), "%.*s", (int)size, text);
		assert_int_equal(ticket_parse(key, cut, &back, NULL), DFS_E_TICKET);
	}
	for (int more = 1; more < 550 - (int)strlen(text); more++) {
		snprintf(cut, sizeof(cut), "%s%0*d", text, more, 0);
		assert_int_equal(ticket_parse(key, cut, &back, NULL), DFS_E_TICKET);
	}
}

static void one_kind_is_not_taken_for_another(void **state)
{
	struct token token = {.role = TOKEN_ADMIN}, back_token;
	struct receipt_claim back_claim;
	struct ticket back_ticket;
	char text[PASS_SIZE];

	ticket_sign(key, &ticket, text);
	assert_int_equal(receipt_parse(key, text, &back_claim, NULL), DFS_E_TICKET);
	assert_int_equal(token_parse(key, text, &back_token, NULL), DFS_E_TICKET);
	receipt_sign(key, &claim, text);
	assert_int_equal(ticket_parse(key, text, &back_ticket, NULL), DFS_E_TICKET);
	token_sign(key, &token, text);
	assert_int_equal(ticket_parse(key, text, &back_ticket, NULL), DFS_E_TICKET);
	assert_int_equal(receipt_parse(key, text, &back_claim, NULL), DFS_E_TICKET);
}

/* What our own key signs but no signer of ours writes. */
static int parse_signed(const char *body)
{
	char text[2 * PASS_SIZE];
	struct ticket t;
	struct receipt_claim c;
	struct token k;
	int size = snprintf(text, PASS_SIZE, "%s.", body);

	hmac_hex(key, text, (size_t)size - 1, text + size);
	if (body[0] == 't')
		return ticket_parse(key, text, &t, NULL);
	return body[0] == 'r' ? receipt_parse(key, text, &c, NULL)
	                      : token_parse(key, text, &k, NULL);
}

static void fields_of_a_wrong_kind_are_refused_though_signed(void **state)
{
	const char *bad[] = {"t1", "t1.r", "t2.r.0000000000000001.1.0.1.0000000000000000.5",
	        "t1.x.0000000000000001.1.0.1.0000000000000000.5",
	        "t1.rr.0000000000000001.1.0.1.0000000000000000.5",
	        "t1.r.1.1.0.1.0000000000000000.5",
	        "t1.r.0000000000000001.-1.0.1.0000000000000000.5",
	        "t1.r.0000000000000001.1.0.99999999999999999999.0000000000000000.5",
	        "t1.r.0000000000000001.1.0.1.0000000000000000.",
	        "t1.r.0000000000000001.1.0.1.0000000000000000.5.6", "t1.........",
	        "r1.0000000000000001.1.0.1.4294967296", "r1.0000000000000001.1.0.1", "r1", "k1.q.",
	        "k1..", "k1.a", "k1.a.!!!!", "k1.a.AA==", "k1.a.AAAA", "k2.a."};

	assert_int_equal(parse_signed("t1.r.0000000000000001.1.0.1.0000000000000000.5"), 0);
	assert_int_equal(parse_signed("r1.0000000000000001.1.0.1.4294967295"), 0);
	assert_int_equal(parse_signed("k1.a."), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(parse_signed(bad[i]), DFS_E_TICKET);
}

static void a_signed_prefix_that_is_too_long_is_refused(void **state)
{
	char body[PASS_SIZE] = "k1.a.";

	memset(body + 5, 'Q', 331);
	assert_int_equal(parse_signed(body), DFS_E_TICKET);
}

static void a_ticket_is_good_for_its_verb_chunk_and_time(void **state)
{
	struct dfs_error err = {0};

	assert_int_equal(
	        ticket_check(&ticket, TICKET_APPEND, ticket.chunk, ticket.expires_ms - 1, &err), 0);
	assert_int_equal(
	        ticket_check(&ticket, TICKET_APPEND, ticket.chunk, ticket.expires_ms, &err),
	        DFS_E_TICKET);
	assert_non_null(strstr(err.text, "expired"));
	assert_int_equal(ticket_check(&ticket, TICKET_READ, ticket.chunk, 0, &err), DFS_E_TICKET);
	assert_non_null(strstr(err.text, "for appending, not for reading"));
	assert_int_equal(
	        ticket_check(&ticket, TICKET_APPEND, ticket.chunk + 1, 0, &err), DFS_E_TICKET);
	assert_non_null(strstr(err.text, "0000010000000001"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(the_vectors_of_rfc_4231_come_out),
	        cmocka_unit_test(only_equal_macs_of_full_length_are_equal),
	        cmocka_unit_test(tickets_come_back_as_they_were_signed),
	        cmocka_unit_test(receipts_come_back_as_they_were_signed),
	        cmocka_unit_test(tokens_come_back_with_any_prefix),
	        cmocka_unit_test(every_changed_byte_is_a_forgery),
	        cmocka_unit_test(another_key_is_refused),
	        cmocka_unit_test(cut_and_lengthened_passes_are_refused),
	        cmocka_unit_test(one_kind_is_not_taken_for_another),
	        cmocka_unit_test(fields_of_a_wrong_kind_are_refused_though_signed),
	        cmocka_unit_test(a_signed_prefix_that_is_too_long_is_refused),
	        cmocka_unit_test(a_ticket_is_good_for_its_verb_chunk_and_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
