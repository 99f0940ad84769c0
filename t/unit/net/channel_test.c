/* SPDX-License-Identifier: MIT */
/* Channels: WebSockets between our client and our server. */
#include "rig.h"

static void send_text(struct rig_channel *channel, const char *text)
{
	assert_int_equal(
	        io_net(channel->rig->io, channel_send, channel->channel, text, strlen(text)), 0);
}

static void a_message_comes_back(void **state)
{
	struct rig rig;
	struct rig_channel channel = {.want = 1};

	rig_open(&rig);
	channel_start(&rig, &channel, NULL);
	send_text(&channel, "hello"); /* before it is open */
	rig_wait(&rig, &channel.enough);
	assert_true(channel.opened);
	assert_string_equal(channel.last, "hello");
	io_net(rig.io, channel_close, channel.channel);
	rig_turns(&rig, 20);
	rig_close(&rig);
}

static void ten_thousand_messages_stay_in_order(void **state)
{
	enum { MANY = 10000 };
	struct rig rig;
	struct rig_channel channel = {.want = MANY, .numbered = true};
	char text[32];

	rig_open(&rig);
	channel_start(&rig, &channel, NULL);
	for (int i = 0; i < MANY; i++) {
		snprintf(text, sizeof(text), "%d", i);
		send_text(&channel, text);
	}
	rig_wait(&rig, &channel.enough);
	assert_false(channel.disorder);
	io_net(rig.io, channel_close, channel.channel);
	rig_turns(&rig, 20);
	rig_close(&rig);
}

static void four_mebibytes_pass_and_one_byte_more_does_not(void **state)
{
	struct rig rig;
	struct rig_channel channel = {.want = 1};
	char *text = malloc(IO_MESSAGE_MAX + 1);

	memset(text, 'x', IO_MESSAGE_MAX + 1);
	rig_open(&rig);
	channel_start(&rig, &channel, NULL);
	assert_int_equal(io_net(rig.io, channel_send, channel.channel, text, IO_MESSAGE_MAX + 1),
	        DFS_E_TOOBIG);
	assert_int_equal(io_net(rig.io, channel_send, channel.channel, text, IO_MESSAGE_MAX), 0);
	rig_wait(&rig, &channel.enough);
	assert_int_equal(channel.size, IO_MESSAGE_MAX);
	io_net(rig.io, channel_close, channel.channel);
	rig_turns(&rig, 20);
	rig_close(&rig);
	free(text);
}

static void what_waits_is_bounded(void **state)
{
	struct rig rig;
	struct rig_channel channel = {0};
	char *text = malloc(IO_MESSAGE_MAX);
	int sent = 0, code = 0;

	memset(text, 'x', IO_MESSAGE_MAX);
	rig_open(&rig);
	channel_start(&rig, &channel, NULL);
	while (code == 0 && sent < 100)
		if ((code = io_net(rig.io, channel_send, channel.channel, text, IO_MESSAGE_MAX)) ==
		        0)
			sent++;
	assert_int_equal(code, DFS_E_BUSY);
	assert_int_equal(sent, 16); /* 64 MiB */
	io_net(rig.io, channel_close, channel.channel);
	rig_turns(&rig, 20);
	rig_close(&rig);
	free(text);
}

static void what_can_not_be_sent_is_not(void **state)
{
	static const char *const bad[] = {"token\r\nX: y", "two words"};

	for (int i = 0; i < 2; i++) {
		struct rig rig;
		struct rig_channel channel = {0};

		rig_open(&rig);
		channel_start(&rig, &channel, bad[i]);
		rig_wait(&rig, &channel.closed);
		assert_false(channel.opened);
		assert_string_not_equal(channel.why, "");
		assert_string_equal(rig.authorization, ""); /* nobody was asked */
		rig_close(&rig);
	}
}

static void a_refusal_says_its_status(void **state)
{
	static const int statuses[] = {401, 403, 404, 503};

	for (size_t i = 0; i < 4; i++) {
		struct rig rig;
		struct rig_channel channel = {0};

		rig_open(&rig);
		rig.refuse_channel = statuses[i];
		channel_start(&rig, &channel, "secret");
		rig_wait(&rig, &channel.closed);
		assert_string_equal(rig.authorization, "Bearer secret");
		assert_int_equal(channel.status, statuses[i]);
		assert_non_null(strstr(channel.why, rig.address));
		rig_close(&rig);
	}
}

static void the_servers_end_is_told(void **state)
{
	struct rig rig;
	struct rig_channel channel = {.want = 1};

	rig_open(&rig);
	channel_start(&rig, &channel, NULL);
	send_text(&channel, "x");
	rig_wait(&rig, &channel.enough);
	io_net(rig.io, server_close, rig.server);
	rig.server = NULL;
	rig_wait(&rig, &channel.closed);
	assert_int_equal(channel.status, 0);
	assert_string_not_equal(channel.why, "");
	rig_close(&rig);
}

static void the_server_may_close_in_a_message(void **state)
{
	struct rig rig;
	struct rig_channel channel = {.want = 1};

	rig_open(&rig);
	rig.close_channel = true;
	channel_start(&rig, &channel, NULL);
	send_text(&channel, "last words");
	rig_wait(&rig, &channel.closed);
	assert_string_equal(
	        channel.last, "last words"); /* what was sent before the close arrives */
	rig_close(&rig);
}

static void closing_before_it_is_open_is_quiet(void **state)
{
	struct rig rig;
	struct rig_channel channel = {0};

	for (int turns = 0; turns < 12; turns++) {
		rig_open(&rig);
		memset(&channel, 0, sizeof(channel));
		channel_start(&rig, &channel, NULL);
		rig_turns(&rig, turns);
		io_net(rig.io, channel_close, channel.channel);
		rig_turns(&rig, 20);
		assert_false(channel.closed);
		rig_close(&rig);
	}
}

static void nobody_listening_is_said(void **state)
{
	struct rig rig;
	struct rig_channel channel = {0};

	rig_open(&rig);
	snprintf(rig.address, sizeof(rig.address), "127.0.0.1:1");
	channel_start(&rig, &channel, NULL);
	rig_wait(&rig, &channel.closed);
	assert_non_null(strstr(channel.why, "127.0.0.1:1"));
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_message_comes_back),
	        cmocka_unit_test(ten_thousand_messages_stay_in_order),
	        cmocka_unit_test(four_mebibytes_pass_and_one_byte_more_does_not),
	        cmocka_unit_test(what_waits_is_bounded),
	        cmocka_unit_test(what_can_not_be_sent_is_not),
	        cmocka_unit_test(a_refusal_says_its_status),
	        cmocka_unit_test(the_servers_end_is_told),
	        cmocka_unit_test(the_server_may_close_in_a_message),
	        cmocka_unit_test(closing_before_it_is_open_is_quiet),
	        cmocka_unit_test(nobody_listening_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
