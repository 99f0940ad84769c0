/* SPDX-License-Identifier: MIT */
#include "rig.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utlist.h>

enum { PERIOD = 1048573, WAIT_MS = 10000 }; /* a prime: pieces of round sizes never look alike */

static char pattern[PERIOD];

/* ---- the pattern ---- */

const char *pattern_at(uint64_t offset, size_t *ret_size)
{
	if (pattern[1] == 0) {
		uint32_t state = 1;

		for (size_t i = 0; i < PERIOD; i++) {
			state = state * 1664525 + 1013904223;
			pattern[i] = (char)(state >> 24);
		}
	}
	offset %= PERIOD;
	if (*ret_size > PERIOD - offset)
		*ret_size = PERIOD - offset;
	return pattern + offset;
}

void pattern_fill(char *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		size_t part = size;
		const char *from = pattern_at(offset, &part);

		memcpy(bytes, from, part);
		bytes += part;
		size -= part;
		offset += part;
	}
}

bool pattern_is(const char *bytes, size_t size, uint64_t offset)
{
	while (size > 0) {
		size_t part = size;
		const char *from = pattern_at(offset, &part);

		if (memcmp(bytes, from, part) != 0)
			return false;
		bytes += part;
		size -= part;
		offset += part;
	}
	return true;
}

/* ---- the server's exchanges ---- */

struct served {
	struct rig *rig;
	struct served *prev, *next;
	struct io_exchange *exchange;
	struct io_timer *timer;
	struct io_work work;
	bool count, echo, slow, stuck, bad, chunked, hold, early_done, closed, into;
	char spot[SPOT_SIZE];
	uint64_t early_at, drop_at, stop_at;
	uint64_t got;
	uint64_t size, sent; /* of the answer */
	struct buf answer;
};

static void answer_text(struct served *served, int status, const char *text, size_t size)
{
	struct io_response response = {.status = status, .body_size = size};

	response.headers[IO_CONTENT_TYPE] = "text/plain";
	response.headers[IO_DFS_CHUNK] = "seen";
	buf_clear(&served->answer);
	buf_append(&served->answer, text, size);
	served->size = size;
	assert_int_equal(io_net(served->rig->io, respond, served->exchange, &response), 0);
	io_net(served->rig->io, want_write, served->exchange);
}

static void served_resume(void *arg)
{
	struct served *served = arg;

	io_net(served->rig->io, pause, served->exchange, false);
}

size_t spot_size(uint64_t received)
{
	return received % 5 == 0 ? 0 : 1 + (size_t)(received * 7919 % SPOT_SIZE);
}

static void *served_room(void *arg, size_t *ret_size)
{
	struct served *served = arg;

	*ret_size = spot_size(served->got);
	return served->into && *ret_size > 0 ? served->spot : NULL;
}

static void served_body(void *arg, const void *bytes, size_t size)
{
	struct served *served = arg;

	if (bytes == served->spot) {
		if (size > spot_size(served->got))
			served->bad = true;
		served->rig->placed += size;
	}
	if (served->echo)
		buf_append(&served->answer, bytes, size);
	else if (!pattern_is(bytes, size, served->got))
		served->bad = true;
	served->got += size;
	if (served->early_at && served->got >= served->early_at && !served->early_done) {
		served->early_done = true;
		answer_text(served, 507, "full", 4);
	}
	if (served->stuck)
		io_net(served->rig->io, pause, served->exchange, true);
	if (served->slow) {
		io_net(served->rig->io, pause, served->exchange, true);
		io_timer_set(served->rig->io, served->timer,
		        served->rig->slow_ms ? served->rig->slow_ms : 1);
	}
}

static void served_body_end(void *arg)
{
	struct served *served = arg;
	char text[64];

	if (served->echo) {
		struct buf body = served->answer;

		served->answer = (struct buf){0};
		answer_text(served, 200, body.data ? body.data : "", body.size);
		buf_fini(&body);
	} else if (served->count) {
		snprintf(text, sizeof(text), "%llu %s", (unsigned long long)served->got,
		        served->bad ? "bad" : "good");
		answer_text(served, 200, text, strlen(text));
	}
}

static void served_free(struct served *served);

static void served_writable(void *arg)
{
	struct served *served = arg;
	bool more = true;

	while (more && served->sent < served->size) {
		size_t size = 256 * 1024;
		const char *bytes;

		if (size > served->size - served->sent)
			size = served->size - served->sent;
		if (served->stop_at && served->sent >= served->stop_at)
			return; /* and never goes on */
		if (served->stop_at)
			size = served->stop_at;
		bytes = served->answer.data ? served->answer.data + served->sent
		                            : pattern_at(served->sent, &size);
		more = io_net(served->rig->io, write, served->exchange, bytes, size);
		served->sent += size;
		if (served->drop_at && served->sent >= served->drop_at) {
			io_net(served->rig->io, abort, served->exchange);
			served_free(served);
			return;
		}
	}
	if (served->sent < served->size)
		io_net(served->rig->io, want_write, served->exchange);
	else if (served->chunked)
		io_net(served->rig->io, write, served->exchange, "", 0);
}

static void served_free(struct served *served)
{
	DL_DELETE(served->rig->served, served);
	served->rig->served_open--;
	io_timer_destroy(served->rig->io, served->timer);
	buf_fini(&served->answer);
	free(served);
}

static void served_closed(void *arg, const char *why)
{
	struct served *served = arg;

	snprintf(served->rig->served_why, sizeof(served->rig->served_why), "%s", why ? why : "");
	if (served->hold) {
		served->rig->held = NULL;
		served->rig->held_closed = true;
	}
	served_free(served);
}

static const struct io_exchange_events served_events = {.body = served_body,
        .body_end = served_body_end,
        .writable = served_writable,
        .closed = served_closed,
        .room = served_room};

static void later_run(struct io_work *work)
{
	(void)work;
}

static void later_done(struct io_work *work)
{
	struct served *served = (struct served *)((char *)work - offsetof(struct served, work));

	answer_text(served, 200, "later", 5);
}

static void begin_bytes(struct served *served, uint64_t size, bool chunked)
{
	struct io_response response = {
	        .status = 200, .body_size = chunked ? IO_BODY_UNKNOWN : size};

	served->size = size;
	served->chunked = chunked;
	assert_int_equal(io_net(served->rig->io, respond, served->exchange, &response), 0);
	io_net(served->rig->io, want_write, served->exchange);
}

static void answer_headers(struct served *served, const struct io_request *request)
{
	struct buf text = {0};

	for (int i = 0; i < IO_HEADERS; i++)
		buf_printf(&text, "%s|", request->headers[i] ? request->headers[i] : "-");
	buf_printf(&text, "%s %s", request->method, request->path);
	answer_text(served, 200, text.data, text.size);
	buf_fini(&text);
}

static int serve_exchange(void *arg, struct io_exchange *exchange, const struct io_request *request,
        const struct io_exchange_events **ret_events, void **ret_arg)
{
	struct rig *rig = arg;
	const char *path = request->path;
	unsigned long long number = strtoull(path + strcspn(path, "0123456789"), NULL, 10);
	struct served *served;

	rig->requests++;
	if (strncmp(path, "/status/", 8) == 0)
		return (int)number;
	if (strcmp(path, "/now") == 0)
		return io_net(rig->io, respond, exchange, &(struct io_response){.status = 204});
	if (strcmp(path, "/nothing") == 0)
		return 0;
	served = calloc(1, sizeof(*served));
	served->rig = rig;
	served->exchange = exchange;
	served->timer = io_timer_create(rig->io, served_resume, served);
	DL_APPEND(rig->served, served);
	rig->served_open++;
	*ret_events = &served_events;
	*ret_arg = served;
	if (strncmp(path, "/bytes/", 7) == 0)
		begin_bytes(served, number, false);
	else if (strncmp(path, "/chunked/", 9) == 0)
		begin_bytes(served, number, true);
	else if (strncmp(path, "/drop/", 6) == 0)
		served->drop_at = number, begin_bytes(served, 1 << 30, false);
	else if (strcmp(path, "/half") == 0)
		served->stop_at = 500, begin_bytes(served, 1000, false);
	else if (strcmp(path, "/headers") == 0)
		answer_headers(served, request);
	else if (strcmp(path, "/hold") == 0)
		served->hold = true, rig->held = exchange;
	else if (strcmp(path, "/later") == 0) {
		served->work = (struct io_work){
		        .run = later_run, .done = later_done, .lane = IO_LANE_BULK};
		io_work_submit(rig->io, &served->work);
	}
	served->echo = strcmp(path, "/echo") == 0;
	served->slow = strcmp(path, "/slow") == 0;
	served->into = strcmp(path, "/into") == 0;
	served->count = served->slow || served->into || strcmp(path, "/count") == 0;
	served->stuck = strcmp(path, "/stuck") == 0;
	served->early_at = served->stuck ? 1 : strncmp(path, "/early/", 7) == 0 ? number : 0;
	return 0;
}

/* ---- channels ---- */

static void channel_opened(void *arg)
{
	struct rig_channel *channel = arg;

	channel->opened = true;
}

static void channel_message(void *arg, const char *text, size_t size)
{
	struct rig_channel *channel = arg;

	if (channel->numbered && strtoull(text, NULL, 10) != channel->count)
		channel->disorder = true;
	channel->count++;
	channel->size = size;
	snprintf(
	        channel->last, sizeof(channel->last), "%.*s", (int)(size < 255 ? size : 255), text);
	channel->enough = channel->want && channel->count >= channel->want;
	if (channel->echo)
		assert_int_equal(
		        io_net(channel->rig->io, channel_send, channel->channel, text, size), 0);
	if (channel->rig->close_channel && channel == channel->rig->accepted) {
		io_net(channel->rig->io, channel_close, channel->channel);
		channel->rig->channels_open--;
		channel->rig->accepted = NULL;
		free(channel);
	}
}

static void channel_closed(void *arg, int status, const char *why)
{
	struct rig_channel *channel = arg;

	channel->closed = true;
	channel->status = status;
	channel->channel = NULL;
	snprintf(channel->why, sizeof(channel->why), "%s", why);
}

static void accepted_closed(void *arg, int status, const char *why)
{
	struct rig_channel *channel = arg;

	snprintf(channel->rig->served_why, sizeof(channel->rig->served_why), "%s", why);
	channel->rig->channels_open--;
	if (channel->rig->accepted == channel)
		channel->rig->accepted = NULL;
	(void)status;
	free(channel);
}

static const struct io_channel_events client_channel = {
        .opened = channel_opened, .message = channel_message, .closed = channel_closed};
static const struct io_channel_events server_channel = {
        .message = channel_message, .closed = accepted_closed};

static int serve_channel(void *arg, struct io_channel *channel, const struct io_request *upgrade,
        const struct io_channel_events **ret_events, void **ret_arg)
{
	struct rig *rig = arg;
	struct rig_channel *mine;
	const char *bearer = upgrade->headers[IO_AUTHORIZATION],
	           *origin = upgrade->headers[IO_ORIGIN];

	snprintf(rig->authorization, sizeof(rig->authorization), "%s", bearer ? bearer : "");
	snprintf(rig->origin, sizeof(rig->origin), "%s", origin ? origin : "");
	if (rig->refuse_channel)
		return rig->refuse_channel;
	mine = calloc(1, sizeof(*mine));
	mine->rig = rig;
	mine->channel = channel;
	mine->echo = true;
	rig->accepted = mine;
	rig->channels_open++;
	*ret_events = &server_channel;
	*ret_arg = mine;
	return 0;
}

void channel_start(struct rig *rig, struct rig_channel *channel, const char *bearer)
{
	channel->rig = rig;
	channel->channel = io_net(
	        rig->io, channel_open, rig->address, "/v1/rpc", bearer, &client_channel, channel);
	assert_non_null(channel->channel);
}

/* ---- the rig ---- */

void rig_open(struct rig *rig)
{
	if (rig_open_at(rig, "127.0.0.1") != 0)
		fail_msg("no server on 127.0.0.1");
}

int rig_open_at(struct rig *rig, const char *host)
{
	char address[64];
	static const struct io_service service = {
	        .channel = serve_channel, .exchange = serve_exchange};
	char why[256] = "";
	struct dfs_error err = {0};

	memset(rig, 0, sizeof(*rig));
	if (loop_create(&rig->loop, &(struct loop_options){.server = true}, &err))
		fail_msg("%s", err.text);
	rig->io = loop_io(rig->loop);
	snprintf(address, sizeof(address), "%s:0", host);
	rig->server = io_net(rig->io, serve, address, &service, rig, why);
	if (!rig->server) {
		loop_destroy(rig->loop);
		return -1;
	}
	snprintf(rig->address, sizeof(rig->address), "%s:%d", host, loop_server_port(rig->server));
	return 0;
}

void rig_abort_held(struct rig *rig)
{
	struct served *served, *next;

	io_net(rig->io, abort, rig->held);
	rig->held = NULL;
	DL_FOREACH_SAFE (rig->served, served, next)
		if (served->hold)
			served_free(served);
}

void rig_kill(struct rig *rig)
{
	while (rig->served)
		served_free(rig->served);
	free(rig->accepted);
	loop_destroy(rig->loop);
}

void rig_close(struct rig *rig)
{
	if (rig->server)
		io_net(rig->io, server_close, rig->server);
	rig_turns(rig, 4);
	assert_int_equal(rig->served_open, 0);
	assert_int_equal(rig->channels_open, 0);
	loop_destroy(rig->loop);
}

static void too_late(void *arg)
{
	(void)arg;
	fail_msg("ten seconds and nothing happens");
}

void rig_wait(struct rig *rig, const bool *flag)
{
	struct io_timer *timer = io_timer_create(rig->io, too_late, NULL);

	io_timer_set(rig->io, timer, WAIT_MS);
	loop_run_until(rig->loop, flag);
	io_timer_destroy(rig->io, timer);
}

static void count_down(void *arg)
{
	*(bool *)arg = true;
}

/* Turns the loop so often without waiting for anything: a timer of 0 ms ends each. */
void rig_turns(struct rig *rig, int turns)
{
	bool done;
	struct io_timer *timer = io_timer_create(rig->io, count_down, &done);

	while (turns-- > 0) {
		done = false;
		io_timer_set(rig->io, timer, 0);
		loop_run_until(rig->loop, &done);
	}
	io_timer_destroy(rig->io, timer);
}

/* Time passes for what has limits; sockets are served meanwhile. */
void rig_wait_ms(struct rig *rig, uint64_t delay_ms)
{
	bool done = false;
	struct io_timer *timer = io_timer_create(rig->io, count_down, &done);

	io_timer_set(rig->io, timer, delay_ms);
	loop_run_until(rig->loop, &done);
	io_timer_destroy(rig->io, timer);
}

int open_files(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int count = 0;

	while (readdir(dir))
		count++;
	closedir(dir);
	return count;
}
