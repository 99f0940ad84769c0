/* SPDX-License-Identifier: MIT */
/* How long is too long: every time limit, made short. */
#include "rig.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>
#include "net/conn.h"

/* Long enough for a machine that has other things to do; the test waits for some multiples of it.
 */
enum { SHORT_MS = 120, NEVER_MS = 1000000 };

/* All limits far away: each test brings near the one that it means. */
static void open_patient(struct rig *rig)
{
	rig_open(rig);
	rig->loop->limits = (struct limits){.sweep_ms = 5,
	        .connect_ms = NEVER_MS,
	        .head_ms = NEVER_MS,
	        .idle_ms = NEVER_MS,
	        .pool_ms = NEVER_MS,
	        .stall_ms = NEVER_MS,
	        .answer_ms = NEVER_MS,
	        .linger_ms = NEVER_MS};
	timers_set(&rig->loop->timers, rig->loop->sweep, 0);
}

/* Reads to the end, which has to come by itself, and not before it is time. */
static void expect_end(struct rig *rig, int fd)
{
	struct buf answer = {0};
	uint64_t start = io_mono_ms(rig->io);

	plain_read(rig, fd, NULL, &answer);
	assert_true(io_mono_ms(rig->io) - start >= SHORT_MS - 5);
	buf_fini(&answer);
	close(fd);
}

/* A server whose queue is full drops what comes: a connection that is neither made nor refused. */
static int deaf_server(struct rig *rig, int fds[4])
{
	struct sockaddr_in address = {
	        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(listen(fd, 0), 0);
	getsockname(fd, (struct sockaddr *)&address, &size);
	for (int i = 0; i < 4; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&address, size);
	}
	snprintf(rig->address, sizeof(rig->address), "127.0.0.1:%d", ntohs(address.sin_port));
	return fd;
}

static void a_connection_that_is_not_made_is_given_up(void **state)
{
	struct rig rig;
	struct reply reply;
	struct rig_channel channel = {0};
	int fds[4], listener;

	open_patient(&rig);
	rig.loop->limits.connect_ms = SHORT_MS;
	listener = deaf_server(&rig, fds);
	ask(&rig, &reply, "GET", "/", 0);
	channel_start(&rig, &channel, NULL);
	reply_wait(&reply);
	rig_wait(&rig, &channel.closed);
	assert_non_null(strstr(reply.why, rig.address));
	assert_non_null(strstr(reply.why, "no answer"));
	assert_non_null(strstr(channel.why, rig.address));
	assert_non_null(strstr(channel.why, "no answer"));
	for (int i = 0; i < 4; i++)
		close(fds[i]);
	close(listener);
	rig_close(&rig);
}

/* Byte by byte does not help: the head has its time as a whole. */
static void a_head_that_dribbles_is_given_up(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd, sent = 0;

	open_patient(&rig);
	rig.loop->limits.head_ms = SHORT_MS;
	fd = plain_connect(&rig);
	while (send(fd, "G", 1, MSG_NOSIGNAL) == 1 &&
	        recv(fd, (char[1]){0}, 1, MSG_DONTWAIT) != 0) {
		rig_wait_ms(&rig, 5);
		assert_true(++sent < 200);
	}
	close(fd);
	buf_fini(&answer);
	rig_close(&rig);
}

static void a_silent_connection_is_closed(void **state)
{
	struct rig rig;
	int fd;

	open_patient(&rig);
	rig.loop->limits.idle_ms = SHORT_MS;
	fd = plain_connect(&rig);
	expect_end(&rig, fd);
	fd = plain_connect(&rig);
	plain_send(fd, "GET /bytes/3 HTTP/1.1\r\nHost: x\r\n\r\n");
	expect_end(&rig, fd); /* after the answer too */
	rig_close(&rig);
}

static void a_body_that_stops_coming_ends_the_exchange(void **state)
{
	struct rig rig;
	int fd;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS;
	fd = plain_connect(&rig);
	plain_send(fd, "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
	expect_end(&rig, fd);
	assert_string_equal(rig.served_why, "the request's body stopped coming");
	rig_close(&rig);
}

static bool some_wait_for_more(struct rig *rig)
{
	struct conn *conn;

	DL_FOREACH (rig->loop->conns, conn)
		if (conn->wakes_at > 0)
			return true;
	return false;
}

static void send_pattern(struct rig *rig, int fd, uint64_t from, uint64_t to)
{
	while (from < to) {
		size_t size = to - from;
		const char *bytes = pattern_at(from, &size);
		ssize_t sent = send(fd, bytes, size, MSG_NOSIGNAL | MSG_DONTWAIT);

		assert_true(sent > 0 || errno == EAGAIN);
		if (sent < 0)
			rig_turns(rig, 1);
		else
			from += (uint64_t)sent;
	}
}

/* We wait for more of a fast sender than one packet; then it is fast no more. */
static void a_sender_that_slows_down_is_not_taken_for_one_that_stopped(void **state)
{
	enum { FAST = 8 << 20, SLOW = 50 * 1000, ALL = 4 * FAST + SLOW };
	struct rig rig;
	struct buf answer = {0};
	char head[100];
	uint64_t sent = 0;
	int fd;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS * 10;
	fd = plain_connect(&rig);
	snprintf(head, sizeof(head),
	        "POST /count HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", ALL);
	plain_send(fd, head);
	/* A busy machine may be slow for a while. */
	for (; sent < 3 * FAST && !some_wait_for_more(&rig); sent += FAST / 2)
		send_pattern(&rig, fd, sent, sent + FAST / 2);
	assert_true(some_wait_for_more(&rig));
	for (uint64_t end = sent + SLOW; sent < end; sent += 1000) {
		send_pattern(&rig, fd, sent, sent + 1000);
		rig_wait_ms(&rig, SHORT_MS / 4);
	}
	assert_false(some_wait_for_more(&rig));
	send_pattern(&rig, fd, sent, ALL);
	plain_read(&rig, fd, " good", &answer);
	assert_false(some_wait_for_more(&rig));
	buf_fini(&answer);
	close(fd);
	rig_close(&rig);
}

static void a_body_that_we_pause_may_take_its_time(void **state)
{
	struct rig rig;
	struct reply reply;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS;
	rig.slow_ms = SHORT_MS * 3;
	ask(&rig, &reply, "POST", "/slow", 3 << 20);
	reply_wait(&reply);
	assert_string_equal(reply.body.data, "3145728 good");
	reply_fini(&reply);
	rig_close(&rig);
}

static void a_response_that_we_pause_may_take_its_time(void **state)
{
	struct rig rig;
	struct reply reply;

	open_patient(&rig);
	rig.loop->limits.answer_ms = rig.loop->limits.stall_ms = SHORT_MS;
	ask(&rig, &reply, "GET", "/bytes/1000", 0);
	io_net(rig.io, pause, reply.exchange, true);
	rig_wait_ms(&rig, SHORT_MS * 3);
	assert_false(reply.closed);
	io_net(rig.io, pause, reply.exchange, false);
	reply_wait(&reply);
	assert_true(reply.fine);
	assert_int_equal(reply.received, 1000);
	reply_fini(&reply);
	rig_close(&rig);
}

/* What was slow once is not late for ever. */
static void a_connection_that_had_to_wait_stays(void **state)
{
	struct rig rig;
	struct reply reply;
	int files;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS;
	files = open_files();
	ask(&rig, &reply, "GET", "/bytes/50000000", 0);
	reply_wait(&reply);
	assert_int_equal(reply.received, 50000000);
	reply_fini(&reply);
	rig_wait_ms(&rig, SHORT_MS * 3);
	assert_int_equal(open_files(), files + 2);
	rig_close(&rig);
}

static void a_response_that_nobody_takes_ends_the_exchange(void **state)
{
	struct rig rig;
	int fd;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS;
	fd = plain_connect(&rig);
	plain_send(fd, "GET /bytes/1000000000 HTTP/1.1\r\nHost: x\r\n\r\n");
	for (int i = 0; i < 1000 && (rig.requests == 0 || rig.served_open); i++)
		rig_wait_ms(&rig, 2);
	assert_int_equal(rig.served_open, 0);
	assert_string_equal(rig.served_why, "the other side takes no bytes");
	close(fd);
	rig_close(&rig);
}

static void an_answer_that_does_not_come_is_given_up(void **state)
{
	struct rig rig;
	struct reply reply;

	open_patient(&rig);
	rig.loop->limits.answer_ms = SHORT_MS;
	ask(&rig, &reply, "GET", "/hold", 0);
	reply_wait(&reply);
	assert_non_null(strstr(reply.why, "no answer came in time"));
	reply_fini(&reply);
	rig_wait_ms(&rig, 20);
	ask(&rig, &reply, "POST", "/hold", 10); /* also after a body */
	reply_wait(&reply);
	assert_non_null(strstr(reply.why, "no answer came in time"));
	reply_fini(&reply);
	rig_wait_ms(&rig, 20);
	rig_close(&rig);
}

/* While we send there is no answer to wait for. */
static void a_long_upload_is_not_a_late_answer(void **state)
{
	struct rig rig;
	struct reply reply;

	open_patient(&rig);
	rig.loop->limits.answer_ms =
	        4 * SHORT_MS;        /* what the kernel holds at the end takes half of it */
	rig.slow_ms = SHORT_MS / 20; /* for each 256 KiB: twice the limit in all */
	ask(&rig, &reply, "POST", "/slow", 40 << 20);
	reply_wait(&reply);
	assert_string_equal(reply.body.data, "41943040 good");
	reply_fini(&reply);
	rig_close(&rig);
}

static void an_answer_that_stops_coming_is_given_up(void **state)
{
	struct rig rig;
	struct reply reply;

	open_patient(&rig);
	rig.loop->limits.stall_ms = SHORT_MS;
	ask(&rig, &reply, "GET", "/half", 0);
	reply_wait(&reply);
	assert_int_equal(reply.status, 200);
	assert_non_null(strstr(reply.why, "the answer stopped coming"));
	reply_fini(&reply);
	rig_wait_ms(&rig, 20);
	rig_close(&rig);
}

static void idle_connections_of_a_client_go(void **state)
{
	struct rig rig;
	struct reply reply;
	int files;

	open_patient(&rig);
	rig.loop->limits.pool_ms = SHORT_MS;
	files = open_files();
	ask(&rig, &reply, "GET", "/bytes/3", 0);
	reply_wait(&reply);
	reply_fini(&reply);
	assert_int_equal(open_files(), files + 2);
	rig_wait_ms(&rig, SHORT_MS * 3);
	assert_int_equal(open_files(), files);
	rig_close(&rig);
}

static void a_client_that_does_not_hang_up_is_hung_up_on(void **state)
{
	struct rig rig;
	struct buf answer = {0};
	int fd, files;

	open_patient(&rig);
	rig.loop->limits.linger_ms = SHORT_MS;
	fd = plain_connect(&rig);
	files = open_files();
	plain_send(fd, "garbage\r\n\r\n");
	plain_read(&rig, fd, NULL, &answer);
	assert_non_null(strstr(answer.data, "HTTP/1.1 400"));
	assert_int_equal(
	        open_files(), files + 1); /* the server's end, still listening to what we say */
	rig_wait_ms(&rig, SHORT_MS * 3);
	assert_int_equal(open_files(), files);
	close(fd);
	buf_fini(&answer);
	rig_close(&rig);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_connection_that_is_not_made_is_given_up),
	        cmocka_unit_test(a_head_that_dribbles_is_given_up),
	        cmocka_unit_test(a_silent_connection_is_closed),
	        cmocka_unit_test(a_body_that_stops_coming_ends_the_exchange),
	        cmocka_unit_test(a_sender_that_slows_down_is_not_taken_for_one_that_stopped),
	        cmocka_unit_test(a_body_that_we_pause_may_take_its_time),
	        cmocka_unit_test(a_response_that_we_pause_may_take_its_time),
	        cmocka_unit_test(a_connection_that_had_to_wait_stays),
	        cmocka_unit_test(a_response_that_nobody_takes_ends_the_exchange),
	        cmocka_unit_test(an_answer_that_does_not_come_is_given_up),
	        cmocka_unit_test(a_long_upload_is_not_a_late_answer),
	        cmocka_unit_test(an_answer_that_stops_coming_is_given_up),
	        cmocka_unit_test(idle_connections_of_a_client_go),
	        cmocka_unit_test(a_client_that_does_not_hang_up_is_hung_up_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
