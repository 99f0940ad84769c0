/* SPDX-License-Identifier: MIT */
/* Exchanges of the simulated network: bodies under flow control, and every way in which one ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dfs/error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "io/sim/sim.h"

enum { SIDES_MAX = 4, WRITE_MAX = 300000 };

struct stage;

/* One side of an exchange: writes a body of known bytes, checks the other's. */
struct side {
	struct stage *stage;
	struct io *io;
	struct io_exchange *exchange;
	bool server;
	uint64_t to_write, written, got; /* bytes of bodies */
	bool unknown;                    /* it writes a body without a size */
	size_t per_write;                /* 0: at random */
	int responses, status;
	uint64_t body_size; /* as the response said */
	char chunk_header[64];
	int body_ends, closed;
	bool complete; /* closed without a sentence */
	char why[256];
	size_t smallest, largest; /* pieces */
	uint64_t most_waiting;    /* written and not yet got by the other side */
	bool calling;
	bool abort_at_body, refused_write;
	char text[256]; /* the first bytes of what it got, where they are text */
};

struct stage {
	struct sim *sim;
	struct sim_host *client_host, *server_host;
	struct io_server *server;
	struct side client;
	struct side accepted[SIDES_MAX];
	int accepted_count;
	/* what the service does */
	int refuse;
	int status;            /* of the response */
	uint64_t answer_bytes; /* its body */
	bool answer_unknown;
	bool answer_at_once; /* from inside the service, without events */
	bool answer_early;   /* at the first piece of the request's body */
	bool never_answer;
	bool head;          /* the answer has a size and no body */
	size_t large_write; /* the server writes so much at once */
};

static uint8_t pattern(uint64_t at)
{
	return (uint8_t)(at * 7 + (at >> 8) * 3 + (at >> 16));
}

static void respond(struct side *side)
{
	struct stage *stage = side->stage;
	struct io_response response = {.status = stage->status, .body_size = stage->answer_bytes};

	if (side->responses)
		return;
	side->responses++;
	response.headers[IO_DFS_CHUNK] = "version=1";
	if (stage->answer_unknown)
		response.body_size = IO_BODY_UNKNOWN;
	side->to_write = stage->answer_bytes;
	side->unknown = stage->answer_unknown;
	side->calling = true;
	assert_int_equal(io_net(side->io, respond, side->exchange, &response), 0);
	assert_int_equal(io_net(side->io, respond, side->exchange, &response), DFS_E_INVAL);
	if (side->to_write > 0 || side->unknown)
		io_net(side->io, want_write, side->exchange);
	side->calling = false;
}

static void on_response(void *arg, const struct io_response *response)
{
	struct side *side = arg;

	assert_false(side->calling || side->server);
	assert_int_equal(side->got, 0);
	side->responses++;
	side->status = response->status;
	side->body_size = response->body_size;
	snprintf(side->chunk_header, sizeof(side->chunk_header), "%s",
	        response->headers[IO_DFS_CHUNK] ? response->headers[IO_DFS_CHUNK] : "");
}

static void check_pattern(struct side *side, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != pattern(side->got + i))
			fail_msg("byte %llu is wrong", (unsigned long long)(side->got + i));
}

static void on_body(void *arg, const void *bytes, size_t size)
{
	struct side *side = arg;

	assert_false(side->calling);
	assert_true(size > 0);
	assert_true(side->server || side->responses == 1);
	assert_int_equal(side->body_ends + side->closed, 0);
	if (side->status >= 400)
		strncat(side->text, bytes, size);
	else
		check_pattern(side, bytes, size);
	side->got += size;
	if (size < side->smallest || !side->smallest)
		side->smallest = size;
	if (size > side->largest)
		side->largest = size;
	if (side->server && side->stage->answer_early)
		respond(side);
	if (side->abort_at_body) {
		io_net(side->io, abort, side->exchange);
		side->exchange = NULL;
	}
}

static void on_body_end(void *arg)
{
	struct side *side = arg;

	assert_false(side->calling);
	assert_int_equal(side->body_ends + side->closed, 0);
	side->body_ends++;
	if (side->server && !side->stage->never_answer)
		respond(side);
}

static size_t next_write(struct side *side)
{
	uint64_t left = side->to_write - side->written;
	uint64_t size = 1 + io_random_u64(side->io) % WRITE_MAX;

	if (side->server && side->stage->large_write)
		size = side->stage->large_write;

	return (size_t)(size < left ? size : left);
}

static void on_writable(void *arg)
{
	struct side *side = arg;
	struct side *other = side->server ? &side->stage->client : &side->stage->accepted[0];
	bool more = true;

	assert_false(side->calling);
	assert_int_equal(side->closed, 0);
	while (more && side->written < side->to_write) {
		size_t size = next_write(side);
		uint8_t *bytes = malloc(size);

		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(side->written + i);
		side->calling = true;
		more = io_net(side->io, write, side->exchange, bytes, size);
		side->calling = false;
		free(bytes);
		side->written += size;
		if (side->written - other->got > side->most_waiting)
			side->most_waiting = side->written - other->got;
	}
	if (side->unknown && side->written == side->to_write)
		io_net(side->io, write, side->exchange, NULL, 0); /* its end */
	else if (side->written < side->to_write) {
		side->refused_write = true;
		io_net(side->io, want_write, side->exchange);
	}
}

static void on_closed(void *arg, const char *why)
{
	struct side *side = arg;

	assert_false(side->calling);
	side->closed++;
	side->complete = !why;
	side->exchange = NULL;
	snprintf(side->why, sizeof(side->why), "%s", why ? why : "");
}

static const struct io_exchange_events side_events = {
        .response = on_response,
        .body = on_body,
        .body_end = on_body_end,
        .writable = on_writable,
        .closed = on_closed,
};

static int accept_exchange(void *arg, struct io_exchange *exchange,
        const struct io_request *request, const struct io_exchange_events **ret_events,
        void **ret_arg)
{
	struct stage *stage = arg;
	struct side *side = &stage->accepted[stage->accepted_count];

	assert_string_equal(request->path, "/v1/chunks/17?a=b");
	assert_string_equal(request->headers[IO_RANGE], "bytes=0-");
	assert_null(request->headers[IO_ORIGIN]);
	if (stage->refuse)
		return stage->refuse;
	stage->accepted_count++;
	*side = (struct side){.stage = stage,
	        .io = sim_host_io(stage->server_host),
	        .exchange = exchange,
	        .server = true};
	if (stage->answer_at_once) {
		respond(side);
		return 0;
	}
	*ret_events = &side_events;
	*ret_arg = side;
	return 0;
}

static const struct io_service service = {.exchange = accept_exchange};

static struct stage *stage_create(uint64_t seed)
{
	struct sim_options options = {.seed = seed};
	struct stage *stage = calloc(1, sizeof(*stage));
	char why[256];

	stage->sim = sim_create(&options);
	stage->client_host = sim_host_create(stage->sim, "client");
	stage->server_host = sim_host_create(stage->sim, "server");
	stage->status = 200;
	stage->server =
	        io_net(sim_host_io(stage->server_host), serve, "server:80", &service, stage, why);
	assert_non_null(stage->server);
	return stage;
}

static void stage_destroy(struct stage *stage)
{
	sim_destroy(stage->sim);
	free(stage);
}

static void ask(struct stage *stage, const char *method, uint64_t body_bytes)
{
	struct side *side = &stage->client;
	struct io_request request = {
	        .method = method, .path = "/v1/chunks/17?a=b", .body_size = body_bytes};

	request.headers[IO_RANGE] = "bytes=0-";
	*side = (struct side){.stage = stage,
	        .io = sim_host_io(stage->client_host),
	        .to_write = body_bytes,
	        .calling = true};
	side->exchange = io_net(side->io, exchange_open, "server:80", &request, &side_events, side);
	assert_non_null(side->exchange);
	if (body_bytes > 0)
		io_net(side->io, want_write, side->exchange);
	side->calling = false;
}

static void expect_complete(const struct side *side, uint64_t got)
{
	assert_int_equal(side->closed, 1);
	assert_string_equal(side->why, "");
	assert_true(side->complete);
	assert_int_equal(side->body_ends, 1);
	assert_int_equal(side->got, got);
	assert_int_equal(side->written, side->to_write);
}

/* ---- what goes well ---- */

static void bodies_arrive_whole_in_pieces_of_every_size(void **state)
{
	size_t smallest = SIZE_MAX, largest = 0;

	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct stage *stage = stage_create(seed);
		uint64_t request = seed * 50021, response = seed * 70001;

		stage->answer_bytes = response;
		ask(stage, "POST", request);
		sim_run_for(stage->sim, 10000);
		assert_int_equal(stage->accepted_count, 1);
		expect_complete(&stage->accepted[0], request);
		expect_complete(&stage->client, response);
		assert_int_equal(stage->client.status, 200);
		assert_int_equal(stage->client.body_size, response);
		assert_string_equal(stage->client.chunk_header, "version=1");
		smallest = stage->client.smallest < smallest ? stage->client.smallest : smallest;
		largest = stage->client.largest > largest ? stage->client.largest : largest;
		assert_false(sim_step(stage->sim));
		stage_destroy(stage);
	}
	assert_true(smallest < 8);
	assert_true(largest > 128 * 1024 && largest <= 256 * 1024);
}

static void empty_bodies_end_too(void **state)
{
	struct stage *stage = stage_create(1);

	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 100);
	expect_complete(&stage->accepted[0], 0);
	expect_complete(&stage->client, 0);
	stage_destroy(stage);
}

static void a_body_of_unknown_size_ends_by_an_empty_write(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 1000000;
	stage->answer_unknown = true;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 1000);
	assert_true(stage->client.body_size == IO_BODY_UNKNOWN);
	expect_complete(&stage->client, 1000000);
	stage_destroy(stage);
}

static void head_has_a_size_and_no_body(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 12345;
	ask(stage, "HEAD", 0);
	sim_run_for(stage->sim, 100);
	assert_int_equal(stage->client.body_size, 12345);
	assert_int_equal(stage->client.got, 0);
	assert_int_equal(stage->accepted[0].written, 0); /* `writable` did not come */
	assert_int_equal(stage->client.body_ends, 1);
	assert_true(stage->client.complete);
	stage_destroy(stage);
}

static void bandwidth_bounds_a_body_and_is_shared(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 10 * 1000 * 1000;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 99);
	assert_int_equal(stage->client.closed, 0);
	sim_run_for(stage->sim, 100); /* 100 MB/s, and the waits of a window */
	expect_complete(&stage->client, stage->answer_bytes);
	stage_destroy(stage);
}

static void many_exchanges_share_the_wire(void **state)
{
	struct sim_options options = {.seed = 1, .bytes_per_ms = 10000};
	struct stage *stage = stage_create(1);
	struct side clients[3];

	sim_destroy(stage->sim);
	stage->sim = sim_create(&options);
	stage->client_host = sim_host_create(stage->sim, "client");
	stage->server_host = sim_host_create(stage->sim, "server");
	assert_non_null(io_net(sim_host_io(stage->server_host), serve, "server:80", &service, stage,
	        (char[256]){0}));
	stage->answer_bytes = 1000 * 1000;
	for (int i = 0; i < 3; i++) {
		struct io_request request = {.method = "GET", .path = "/v1/chunks/17?a=b"};

		request.headers[IO_RANGE] = "bytes=0-";
		clients[i] = (struct side){.stage = stage, .io = sim_host_io(stage->client_host)};
		clients[i].exchange = io_net(clients[i].io, exchange_open, "server:80", &request,
		        &side_events, &clients[i]);
	}
	sim_run_for(stage->sim, 290);
	assert_true(clients[0].closed + clients[1].closed + clients[2].closed < 3);
	sim_run_for(stage->sim, 100);
	for (int i = 0; i < 3; i++)
		expect_complete(&clients[i], stage->answer_bytes);
	stage_destroy(stage);
}

/* ---- flow control ---- */

static void a_reader_that_pauses_stops_the_writer(void **state)
{
	int leaked = 0;

	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct stage *stage = stage_create(seed);
		uint64_t got;

		stage->answer_bytes = 20 * 1000 * 1000;
		ask(stage, "GET", 0);
		sim_run_for(stage->sim, 50);
		assert_int_equal(stage->client.responses, 1);
		io_net(stage->client.io, pause, stage->client.exchange, true);
		got = stage->client.got;
		sim_run_for(stage->sim, 55000);
		assert_true(stage->client.got - got <= 256 * 1024);
		leaked += stage->client.got > got;
		assert_true(stage->accepted[0].refused_write);
		assert_true(stage->accepted[0].most_waiting <= 1024 * 1024 + WRITE_MAX);
		assert_int_equal(stage->accepted[0].closed, 0);
		sim_run_for(stage->sim, 10000); /* but a writer's patience ends */
		assert_int_equal(stage->accepted[0].closed, 1);
		stage_destroy(stage);
	}
	assert_in_range(leaked, 1, 11);
}

static void a_writer_is_not_done_before_its_reader_takes_the_bytes(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = stage->large_write = 5 * 1000 * 1000;
	ask(stage, "GET", 0);
	io_net(stage->client.io, pause, stage->client.exchange, true);
	sim_run_for(stage->sim, 30000);
	assert_int_equal(stage->accepted[0].written, stage->answer_bytes); /* in one call */
	assert_int_equal(stage->accepted[0].closed, 0);
	io_net(stage->client.io, pause, stage->client.exchange, false);
	sim_run_for(stage->sim, 1000);
	expect_complete(&stage->client, stage->answer_bytes);
	expect_complete(&stage->accepted[0], 0);
	stage_destroy(stage);
}

static void a_reader_that_goes_on_gets_everything(void **state)
{
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct stage *stage = stage_create(seed);

		stage->answer_bytes = 3 * 1000 * 1000;
		ask(stage, "GET", 0);
		for (int i = 0; i < 40 && stage->client.exchange; i++) {
			io_net(stage->client.io, pause, stage->client.exchange, i % 2 == 0);
			sim_run_for(stage->sim, 5);
		}
		if (stage->client.exchange)
			io_net(stage->client.io, pause, stage->client.exchange, false);
		sim_run_for(stage->sim, 1000);
		expect_complete(&stage->client, stage->answer_bytes);
		stage_destroy(stage);
	}
}

static void a_paused_host_reads_later(void **state)
{
	struct stage *stage = stage_create(1);

	ask(stage, "POST", 5 * 1000 * 1000);
	sim_run_for(stage->sim, 5);
	sim_host_pause(stage->server_host, true);
	sim_run_for(stage->sim, 30000);
	assert_int_equal(stage->client.closed, 0);
	assert_true(stage->client.written < stage->client.to_write);
	sim_host_pause(stage->server_host, false);
	sim_run_for(stage->sim, 1000);
	expect_complete(&stage->accepted[0], 5 * 1000 * 1000);
	expect_complete(&stage->client, 0);
	stage_destroy(stage);
}

/* ---- answers before the end ---- */

static void a_refusal_by_status_brings_a_json_body(void **state)
{
	static const uint64_t bodies[] = {0, 3 * 1000 * 1000};

	for (int i = 0; i < 2; i++) {
		struct stage *stage = stage_create(1);

		stage->refuse = 507;
		ask(stage, bodies[i] ? "POST" : "GET", bodies[i]);
		sim_run_for(stage->sim, 1000);
		assert_int_equal(stage->client.status, 507);
		assert_non_null(strstr(stage->client.text, "\"code\":\"NOSPC\""));
		assert_int_equal(stage->client.got, stage->client.body_size);
		assert_int_equal(stage->client.body_ends, 1);
		assert_int_equal(stage->client.closed, 1);
		assert_int_equal(stage->client.complete, bodies[i] == 0);
		assert_false(sim_step(stage->sim)); /* and nothing is left of it */
		stage_destroy(stage);
	}
}

static void a_service_may_answer_at_once_without_events(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_at_once = true;
	stage->status = 204;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 1000);
	assert_int_equal(stage->client.status, 204);
	expect_complete(&stage->client, 0);
	assert_false(sim_step(stage->sim));
	stage_destroy(stage);
}

static void an_answer_before_the_whole_request_is_told_to_both(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_early = true;
	stage->answer_bytes = 1000;
	ask(stage, "POST", 50 * 1000 * 1000);
	sim_run_for(stage->sim, 2000);
	assert_int_equal(stage->client.responses, 1);
	assert_int_equal(stage->client.got, 1000);
	assert_int_equal(stage->client.body_ends, 1);
	assert_int_equal(stage->client.closed, 1);
	assert_non_null(strstr(stage->client.why, "before"));
	assert_true(stage->client.written < stage->client.to_write);
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_non_null(strstr(stage->accepted[0].why, "before"));
	stage_destroy(stage);
}

static void nobody_to_ask_is_told_as_closed(void **state)
{
	struct stage *stage = stage_create(1);

	sim_host_kill(stage->server_host);
	ask(stage, "POST", 10);
	sim_run_for(stage->sim, 10);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->client.written, 0);
	assert_non_null(strstr(stage->client.why, "refused"));
	sim_host_crash(stage->server_host, true);
	ask(stage, "POST", 10);
	sim_run_for(stage->sim, 4990);
	assert_int_equal(stage->client.closed, 0);
	sim_run_for(stage->sim, 20);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void a_head_with_a_line_break_is_not_sent(void **state)
{
	struct stage *stage = stage_create(1);
	struct side *side = &stage->client;
	struct io_request request = {.method = "GET", .path = "/"};

	request.headers[IO_ACCEPT] = "a\r\nb: c";
	*side = (struct side){.stage = stage, .io = sim_host_io(stage->client_host)};
	side->exchange = io_net(side->io, exchange_open, "server:80", &request, &side_events, side);
	sim_run_for(stage->sim, 10);
	assert_int_equal(side->closed, 1);
	assert_int_equal(stage->accepted_count, 0);
	stage_destroy(stage);
}

/* ---- what breaks ---- */

static void aborting_tells_the_other_side(void **state)
{
	for (int server = 0; server < 2; server++) {
		struct stage *stage = stage_create(1);
		struct side *aborter = server ? &stage->accepted[0] : &stage->client;
		struct side *other = server ? &stage->client : &stage->accepted[0];

		stage->answer_bytes = 1000 * 1000;
		ask(stage, "POST", 5 * 1000 * 1000);
		sim_run_for(stage->sim, 10);
		assert_non_null(aborter->exchange);
		io_net(aborter->io, abort, aborter->exchange);
		aborter->exchange = NULL;
		sim_run_for(stage->sim, 1000);
		assert_int_equal(aborter->closed, 0);
		assert_int_equal(other->closed, 1);
		assert_false(other->complete);
		assert_false(sim_step(stage->sim));
		stage_destroy(stage);
	}
}

static void aborting_inside_a_callback_is_safe(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 1000 * 1000;
	ask(stage, "GET", 0);
	stage->client.abort_at_body = true;
	sim_run_for(stage->sim, 1000);
	assert_int_equal(stage->client.closed, 0);
	assert_int_equal(stage->accepted[0].closed, 1);
	stage_destroy(stage);
}

/* However it dies, the other side gets a prefix, then the end: at once, or when its patience is
 * over. */
static void a_death_in_the_middle_ends_the_exchange(void **state)
{
	for (int how = 0; how < 4; how++)
		for (uint64_t seed = 1; seed <= 8; seed++) {
			struct stage *stage = stage_create(seed);
			bool silent = how == 2;

			stage->answer_bytes = 10 * 1000 * 1000;
			ask(stage, "GET", 0);
			sim_run_for(stage->sim, 20);
			if (how == 0)
				sim_host_kill(stage->server_host);
			else if (how < 3)
				sim_host_crash(stage->server_host, silent);
			else
				sim_drop_connections(
				        stage->sim, stage->client_host, stage->server_host);
			sim_run_for(stage->sim, silent ? 50000 : 100);
			assert_int_equal(stage->client.closed, !silent);
			sim_run_for(stage->sim, 15000);
			assert_int_equal(stage->client.closed, 1);
			assert_false(stage->client.complete);
			assert_true(stage->client.got < stage->answer_bytes);
			stage_destroy(stage);
		}
}

static void a_writer_into_silence_stops_at_the_window(void **state)
{
	struct stage *stage = stage_create(1);

	ask(stage, "POST", 10 * 1000 * 1000);
	sim_run_for(stage->sim, 20);
	sim_host_crash(stage->server_host, true);
	sim_run_for(stage->sim, 50000);
	assert_int_equal(stage->client.closed, 0);
	assert_true(stage->client.written < stage->client.to_write);
	sim_run_for(stage->sim, 15000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void a_writer_hears_of_the_readers_death(void **state)
{
	struct stage *stage = stage_create(1);

	ask(stage, "POST", 10 * 1000 * 1000);
	sim_run_for(stage->sim, 20);
	sim_host_crash(stage->client_host, false);
	sim_run_for(stage->sim, 100);
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_int_equal(stage->accepted[0].body_ends, 0);
	assert_int_equal(stage->client.closed, 0);
	io_net(stage->client.io, want_write, stage->client.exchange); /* the dead can't */
	io_net(stage->client.io, abort, stage->client.exchange);
	stage_destroy(stage);
}

static void a_partition_breaks_a_body_after_its_time(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 10 * 1000 * 1000;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 20);
	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	sim_run_for(stage->sim, 19000);
	assert_int_equal(stage->accepted[0].closed, 0);
	sim_run_for(stage->sim, 2000);
	assert_int_equal(stage->accepted[0].closed, 1); /* its bytes were never acknowledged */
	assert_int_equal(stage->client.closed, 0);
	sim_run_for(stage->sim, 60000);
	assert_int_equal(stage->client.closed, 1);
	stage_destroy(stage);
}

static void a_short_partition_does_not_hurt_a_body(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 10 * 1000 * 1000;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 20);
	sim_partition(stage->sim, stage->client_host, stage->server_host, true);
	sim_run_for(stage->sim, 15000);
	sim_partition(stage->sim, stage->client_host, stage->server_host, false);
	sim_run_for(stage->sim, 1000);
	expect_complete(&stage->client, stage->answer_bytes);
	stage_destroy(stage);
}

static void an_answer_that_never_comes_ends_by_patience(void **state)
{
	struct stage *stage = stage_create(1);

	stage->never_answer = true;
	ask(stage, "POST", 10);
	sim_run_for(stage->sim, 119000);
	assert_int_equal(stage->client.closed, 0);
	assert_int_equal(stage->accepted[0].body_ends, 1);
	sim_run_for(stage->sim, 2000);
	assert_int_equal(stage->client.closed, 1);
	assert_int_equal(stage->accepted[0].closed, 1);
	stage_destroy(stage);
}

static void closing_the_server_breaks_its_exchanges(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 10 * 1000 * 1000;
	ask(stage, "GET", 0);
	sim_run_for(stage->sim, 20);
	io_net(sim_host_io(stage->server_host), server_close, stage->server);
	sim_run_for(stage->sim, 100);
	assert_int_equal(stage->accepted[0].closed, 1);
	assert_int_equal(stage->client.closed, 1);
	assert_false(stage->client.complete);
	stage_destroy(stage);
}

static void what_a_crash_leaves_behind_belongs_to_the_world(void **state)
{
	struct stage *stage = stage_create(1);

	stage->answer_bytes = 10 * 1000 * 1000;
	ask(stage, "POST", 10 * 1000 * 1000);
	sim_run_for(stage->sim, 20);
	sim_host_crash(stage->server_host, true);
	sim_host_crash(stage->client_host, true);
	sim_run_for(stage->sim, 1000);
	stage_destroy(stage); /* the sanitizer counts */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(bodies_arrive_whole_in_pieces_of_every_size),
	        cmocka_unit_test(empty_bodies_end_too),
	        cmocka_unit_test(a_body_of_unknown_size_ends_by_an_empty_write),
	        cmocka_unit_test(head_has_a_size_and_no_body),
	        cmocka_unit_test(bandwidth_bounds_a_body_and_is_shared),
	        cmocka_unit_test(many_exchanges_share_the_wire),
	        cmocka_unit_test(a_reader_that_pauses_stops_the_writer),
	        cmocka_unit_test(a_writer_is_not_done_before_its_reader_takes_the_bytes),
	        cmocka_unit_test(a_reader_that_goes_on_gets_everything),
	        cmocka_unit_test(a_paused_host_reads_later),
	        cmocka_unit_test(a_refusal_by_status_brings_a_json_body),
	        cmocka_unit_test(a_service_may_answer_at_once_without_events),
	        cmocka_unit_test(an_answer_before_the_whole_request_is_told_to_both),
	        cmocka_unit_test(nobody_to_ask_is_told_as_closed),
	        cmocka_unit_test(a_head_with_a_line_break_is_not_sent),
	        cmocka_unit_test(aborting_tells_the_other_side),
	        cmocka_unit_test(aborting_inside_a_callback_is_safe),
	        cmocka_unit_test(a_death_in_the_middle_ends_the_exchange),
	        cmocka_unit_test(a_writer_into_silence_stops_at_the_window),
	        cmocka_unit_test(a_writer_hears_of_the_readers_death),
	        cmocka_unit_test(a_partition_breaks_a_body_after_its_time),
	        cmocka_unit_test(a_short_partition_does_not_hurt_a_body),
	        cmocka_unit_test(an_answer_that_never_comes_ends_by_patience),
	        cmocka_unit_test(closing_the_server_breaks_its_exchanges),
	        cmocka_unit_test(what_a_crash_leaves_behind_belongs_to_the_world),
	};

	return cmocka_run_group_tests_name("io/sim: exchanges", tests, NULL, NULL);
}
