/* SPDX-License-Identifier: MIT */
#include "bench.h"

static void a_registered_node_is_up_and_takes_chunks(void **state)
{
	struct bench *b = bench_bare();

	assert_int_equal(cluster_nodes_known(b->cluster), 0);
	assert_null(cluster_address(b->cluster, 1));
	assert_int_equal(bench_register(b, 1), 0);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	assert_int_equal(cluster_nodes_known(b->cluster), 1);
	assert_int_equal(cluster_nodes_live(b->cluster), 1);
	assert_string_equal(cluster_address(b->cluster, 1), "node1:7070");
	bench_free(b);
}

static void a_number_stays_with_its_identity(void **state)
{
	struct bench *b = bench_new(1);

	b->machines[1].uuid = 4242;
	assert_int_equal(bench_register(b, 1), DFS_E_INVAL);
	bench_free(b);
}

static void a_heartbeat_of_another_process_is_not_known(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_heartbeat_args args = {.uuid = 1001, .incarnation = 1};

	assert_true(cluster_node_heartbeat(b->cluster, &args));
	args.incarnation = 2;
	assert_false(cluster_node_heartbeat(b->cluster, &args));
	args.incarnation = 1;
	args.uuid = 9;
	assert_false(cluster_node_heartbeat(b->cluster, &args));
	bench_free(b);
}

static void a_node_known_from_metadata_is_not_heard_of_by_a_heartbeat(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {.uuid = 1001, .address = "node1:7070", .rack = "a"};
	struct proto_heartbeat_args args = {.uuid = 1001};

	assert_int_equal(cluster_node_known(b->cluster, 1, &row), 0);
	assert_false(cluster_node_heartbeat(b->cluster, &args));
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_SUSPECT);
	assert_int_equal(cluster_nodes_live(b->cluster), 0);
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_DEAD);
	bench_free(b);
}

static void silence_makes_a_node_suspect_then_dead_then_up_again(void **state)
{
	struct bench *b = bench_new(2);

	b->machines[2].beating = false;
	bench_run(b, 2000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	bench_run(b, 2000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_SUSPECT);
	assert_int_equal(cluster_nodes_live(b->cluster), 1);
	bench_run(b, 5000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_SUSPECT);
	bench_run(b, 2000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	assert_true(bench_event(b, "event=node_state node=2 from=suspect to=dead"));
	b->machines[2].beating = true;
	bench_run(b, 500);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	assert_int_equal(cluster_nodes_live(b->cluster), 2);
	bench_free(b);
}

static void a_lost_channel_is_a_hint_only(void **state)
{
	struct bench *b = bench_new(1);

	cluster_node_lost(b->cluster, 1);
	b->machines[1].cut = true; /* it may not know: it is told to register again */
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	assert_int_equal(cluster_nodes_live(b->cluster),
	        0); /* but no new chunks: it could not be told to freeze them */
	bench_run(b, 20000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	b->machines[1].beating = false;
	bench_run(b, 2500);
	assert_int_equal(bench_node_state(b, 1),
	        PROTO_NODE_STATE_SUSPECT); /* a beat earlier than with a channel */
	bench_free(b);
}

static void a_stuck_loop_makes_a_node_slow_not_dead(void **state)
{
	struct bench *b = bench_new(1);

	b->machines[1].stuck_ms = 3000;
	bench_run(b, 60000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_SLOW);
	assert_int_equal(cluster_nodes_live(b->cluster), 0);
	b->machines[1].stuck_ms = 0;
	bench_run(b, 500);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	bench_free(b);
}

/* RULES 34: it is there and may be needed; but only where no other node is. */
static void a_slow_disk_makes_a_node_the_last_choice(void **state)
{
	struct bench *b = bench_new(3);
	const struct place_view *view;

	b->machines[2].disk_ms = 3000;
	bench_run(b, 60000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_SLOW);
	assert_int_equal(cluster_nodes_live(b->cluster), 3);
	view = cluster_view(b->cluster, MIB, NULL, 0);
	assert_int_equal(view->nodes_count, 3);
	assert_false(view->nodes[0].avoid);
	assert_true(view->nodes[1].avoid);
	assert_false(view->nodes[2].avoid);
	b->machines[2].disk_ms = 100;
	bench_run(b, 500);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	assert_false(cluster_view(b->cluster, MIB, NULL, 0)->nodes[1].avoid);
	/* A loop that is stuck as well takes nothing. */
	b->machines[2].disk_ms = b->machines[2].stuck_ms = 3000;
	bench_run(b, 500);
	assert_int_equal(cluster_nodes_live(b->cluster), 2);
	bench_free(b);
}

static void a_draining_node_takes_no_chunks(void **state)
{
	struct bench *b = bench_new(2);
	struct proto_row_node row = {
	        .uuid = 1002, .address = "node2:7070", .rack = "", .draining = true};

	assert_int_equal(cluster_node_known(b->cluster, 2, &row), 0);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DRAINING);
	assert_int_equal(cluster_nodes_live(b->cluster), 1);
	row.draining = false;
	assert_int_equal(cluster_node_known(b->cluster, 2, &row), 0);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	bench_free(b);
}

/* RULES 22 */
static void a_stalled_master_holds_its_sleep_against_nobody(void **state)
{
	struct bench *b = bench_new(2);

	fake_io_stall(&b->fake, 60000);
	fake_io_run(&b->fake, 0);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	assert_true(bench_event(b, "event=stalled"));
	/* From then on silence counts as ever. */
	b->machines[2].beating = false;
	bench_run(b, 9000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_SUSPECT);
	bench_run(b, 2000);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	bench_free(b);
}

static void a_short_sleep_of_the_master_is_no_silence_of_the_nodes(void **state)
{
	struct bench *b = bench_new(2);

	for (int i = 0; i < 10; i++) {
		fake_io_stall(&b->fake, 4500);
		fake_io_run(&b->fake, 0);
		assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
		bench_run(b, 500);
	}
	/* But sleeping now and then does not make a silent node live for ever. */
	b->machines[2].beating = false;
	for (int i = 0; i < 22; i++) {
		fake_io_stall(&b->fake, 1500);
		fake_io_run(&b->fake, 0);
		bench_run(b, 500);
	}
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	bench_free(b);
}

static void what_is_heard_first_after_a_stall_finds_nobody_dead(void **state)
{
	struct bench *b = bench_new(2);

	fake_io_stall(&b->fake, 60000);
	cluster_node_lost(b->cluster, 1); /* before the tick */
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	fake_io_run(&b->fake, 0);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	bench_free(b);
}

static void when_all_fall_silent_at_once_nobody_is_dead(void **state)
{
	struct bench *b = bench_new(3);

	for (uint32_t node = 1; node <= 3; node++)
		b->machines[node].beating = false;
	bench_run(b, 60000);
	assert_true(bench_event(b, "event=all_silent"));
	for (uint32_t node = 1; node <= 3; node++)
		assert_int_equal(bench_node_state(b, node), PROTO_NODE_STATE_SUSPECT);
	assert_int_equal(cluster_nodes_live(b->cluster), 0);
	/* One is heard: it was not the cable, or it is mended. From now on silence counts. */
	b->machines[2].beating = true;
	bench_run(b, 2000);
	assert_true(bench_event(b, "event=heard_again"));
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_UP);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_SUSPECT);
	bench_run(b, 10000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_DEAD);
	assert_int_equal(bench_node_state(b, 3), PROTO_NODE_STATE_DEAD);
	bench_free(b);
}

/* Its beat comes before the tick that notices that the cable is whole again. */
static void a_dead_node_that_is_heard_while_all_are_silent_is_up(void **state)
{
	struct bench *b = bench_new(3);

	b->machines[1].beating = false;
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_DEAD);
	b->machines[2].beating = b->machines[3].beating = false;
	bench_run(b, 6000);
	assert_true(bench_event(b, "event=all_silent"));
	b->machines[1].beating = true;
	bench_run(b, 600);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_UP);
	bench_free(b);
}

static void all_that_close_their_channels_and_fall_silent_are_dead(void **state)
{
	struct bench *b = bench_new(2);

	for (uint32_t node = 1; node <= 2; node++) {
		b->machines[node].beating = false;
		cluster_node_lost(b->cluster, node);
	}
	bench_run(b, 11000);
	assert_int_equal(bench_node_state(b, 1), PROTO_NODE_STATE_DEAD);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	bench_free(b);
}

static void a_stall_does_not_raise_the_dead(void **state)
{
	struct bench *b = bench_new(2);

	b->machines[2].beating = false;
	bench_run(b, 11000);
	fake_io_stall(&b->fake, 60000);
	fake_io_run(&b->fake, 0);
	assert_int_equal(bench_node_state(b, 2), PROTO_NODE_STATE_DEAD);
	bench_free(b);
}

static void safe_mode_ends_when_all_known_nodes_have_reported(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {.uuid = 1001, .address = "a:1", .rack = ""};

	cluster_node_known(b->cluster, 1, &row);
	row.uuid = 1002;
	cluster_node_known(b->cluster, 2, &row);
	bench_run(b, 5000);
	assert_true(bench_counts(b).safe_mode);
	bench_start(b, 1);
	bench_report(b, 1, true, NULL, 0);
	bench_start(b, 2);
	bench_run(b, 5000);
	assert_true(bench_counts(b).safe_mode);
	bench_report(b, 2, true, NULL, 0);
	bench_run(b, 500);
	assert_false(bench_counts(b).safe_mode);
	bench_free(b);
}

static void safe_mode_ends_after_a_minute_all_the_same(void **state)
{
	struct bench *b = bench_bare();
	struct proto_row_node row = {.uuid = 1001, .address = "a:1", .rack = ""};

	cluster_node_known(b->cluster, 1, &row);
	bench_run(b, 59000);
	assert_true(bench_counts(b).safe_mode);
	bench_run(b, 2000);
	assert_false(bench_counts(b).safe_mode);
	bench_free(b);
}

static void a_view_holds_only_nodes_that_can_take_the_chunk(void **state)
{
	struct bench *b = bench_new(4);
	const uint32_t avoid[] = {1, 99};
	const struct place_view *view;

	b->machines[2].free_bytes = 10 * MIB;
	b->machines[3].stuck_ms = 60000;
	bench_run(b, 500);
	view = cluster_view(b->cluster, 64 * MIB, avoid, 2);
	assert_int_equal(view->nodes_count, 2);
	assert_int_equal(view->nodes[0].node, 1);
	assert_true(view->nodes[0].avoid);
	assert_int_equal(view->nodes[1].node, 4);
	assert_false(view->nodes[1].avoid);
	assert_string_equal(view->nodes[1].address, "node4:7070");
	view = cluster_view(b->cluster, MIB, NULL, 0);
	assert_int_equal(view->nodes_count, 3);
	bench_free(b);
}

static void the_view_s_version_changes_with_it_and_only_then(void **state)
{
	struct bench *b = bench_new(3);
	uint64_t version = cluster_view(b->cluster, MIB, NULL, 0)->version;

	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->version, version);
	bench_run(b, 1000);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->version, version);
	b->machines[1].free_bytes -= 1;
	bench_run(b, 500);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->version, version + 1);
	bench_free(b);
}

static void open_chunks_are_counted_against_the_space_of_their_nodes(void **state)
{
	struct bench *b = bench_new(2);
	const uint32_t on_1[] = {1, 0};
	const struct place_view *view;

	b->machines[1].free_bytes = 100 * MIB;
	bench_run(b, 500);
	bench_open_chunk(b, CHUNK(1), on_1); /* of 64 MiB */
	view = cluster_view(b->cluster, 40 * MIB, NULL, 0);
	assert_int_equal(view->nodes_count, 1);
	assert_int_equal(view->nodes[0].node, 2);
	view = cluster_view(b->cluster, 30 * MIB, NULL, 0);
	assert_int_equal(view->nodes_count, 2);
	assert_int_equal(view->nodes[0].free_bytes, 36 * MIB);
	assert_int_equal(view->nodes[0].recent, 1);
	bench_open_chunk(b, CHUNK(2), on_1); /* more than there is */
	assert_int_equal(cluster_view(b->cluster, 1, NULL, 0)->nodes_count, 1);
	bench_row_sealed(b, CHUNK(2), 1, MIB, 1, 1);
	bench_row_sealed(b, CHUNK(1), 1, MIB, 1, 1);
	assert_int_equal(cluster_view(b->cluster, 40 * MIB, NULL, 0)->nodes_count, 2);
	bench_free(b);
}

static void placements_of_over_a_minute_ago_are_not_recent(void **state)
{
	struct bench *b = bench_new(1);
	const uint32_t on_1[] = {1, 0};

	b->writers_alive = true;
	bench_open_chunk(b, CHUNK(1), on_1);
	bench_run(b, 45000);
	bench_open_chunk(b, CHUNK(2), on_1);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->nodes[0].recent, 2);
	bench_run(b, 25000);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->nodes[0].recent, 1);
	bench_run(b, 60000);
	assert_int_equal(cluster_view(b->cluster, MIB, NULL, 0)->nodes[0].recent, 0);
	bench_free(b);
}

static void the_reserve_and_bad_disks_give_no_room(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_disk disks[] = {
	        {.total = 100, .free = 80, .reserve = 30, .error = ""},
	        {.total = 100, .free = 80, .reserve = 90, .error = ""},
	        {.total = 100, .free = 70, .reserve = 10, .error = "read-only"},
	};
	struct proto_heartbeat_args args = {
	        .uuid = 1001, .incarnation = 1, .disks = disks, .disks_count = 3};

	assert_true(cluster_node_heartbeat(b->cluster, &args));
	assert_int_equal(cluster_view(b->cluster, 50, NULL, 0)->nodes_count, 1);
	assert_int_equal(cluster_view(b->cluster, 50, NULL, 0)->nodes[0].free_bytes, 50);
	assert_int_equal(cluster_view(b->cluster, 51, NULL, 0)->nodes_count, 0);
	assert_int_equal(bench_counts(b).total_bytes, 300);
	bench_free(b);
}

static void rates_come_from_what_heartbeats_count(void **state)
{
	struct bench *b = bench_new(1);
	struct proto_nodes_reply reply;

	for (int i = 0; i < 40; i++) {
		b->machines[1].read_bytes += 5 * MIB;
		b->machines[1].write_bytes += MIB;
		bench_run(b, 500);
	}
	cluster_nodes(b->cluster, &b->arena, &reply);
	assert_in_range(reply.nodes[0].read_rate, 98 * MIB / 10, 102 * MIB / 10);
	assert_in_range(reply.nodes[0].write_rate, 19 * MIB / 10, 21 * MIB / 10);
	/* A process that started anew counts from zero: no huge or negative rate. */
	b->machines[1].read_bytes = 0;
	bench_run(b, 500);
	cluster_nodes(b->cluster, &b->arena, &reply);
	assert_int_equal(reply.nodes[0].read_rate, 0);
	bench_free(b);
}

static void nodes_are_listed_by_number(void **state)
{
	struct bench *b = bench_bare();
	struct proto_nodes_reply reply;

	for (uint32_t node = 9; node < 10; node -= 2)
		bench_register(b, node);
	cluster_nodes(b->cluster, &b->arena, &reply);
	assert_int_equal(reply.nodes_count, 5);
	for (uint32_t i = 0; i < 5; i++)
		assert_int_equal(reply.nodes[i].node, 1 + 2 * i);
	bench_free(b);
}

static void calls_under_way_fail_with_the_channel(void **state)
{
	struct bench *b = bench_new(3);
	const uint32_t on_12[] = {1, 2, 0};
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_seal(b, CHUNK(1), 0, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	bench_frozen(b, 1, 10, 1, 0);
	assert_int_equal(bench_submitted(b), 0);
	bench_kill(b, 2);
	assert_int_equal(bench_submitted(b), 1); /* nobody left to wait for */
	bench_free(b);
}

static void calls_under_way_fail_with_the_node_s_death(void **state)
{
	struct bench *b = bench_new(3);
	const uint32_t on_12[] = {1, 2, 0};
	struct sealed sealed;

	bench_open_chunk(b, CHUNK(1), on_12);
	bench_seal(b, CHUNK(1), 50, &sealed);
	bench_durable(b, PROTO_OP_CHUNK_RAISE, 0);
	b->machines[2].beating = false; /* its channel stays open: SIGSTOP */
	bench_run(b, 11000);
	assert_true(bench_event(b, "code=UNAVAIL why=\"the datanode is silent\""));
	bench_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	        cmocka_unit_test(a_registered_node_is_up_and_takes_chunks),
	        cmocka_unit_test(a_number_stays_with_its_identity),
	        cmocka_unit_test(a_heartbeat_of_another_process_is_not_known),
	        cmocka_unit_test(a_node_known_from_metadata_is_not_heard_of_by_a_heartbeat),
	        cmocka_unit_test(silence_makes_a_node_suspect_then_dead_then_up_again),
	        cmocka_unit_test(a_lost_channel_is_a_hint_only),
	        cmocka_unit_test(a_stuck_loop_makes_a_node_slow_not_dead),
	        cmocka_unit_test(a_slow_disk_makes_a_node_the_last_choice),
	        cmocka_unit_test(a_draining_node_takes_no_chunks),
	        cmocka_unit_test(a_stalled_master_holds_its_sleep_against_nobody),
	        cmocka_unit_test(a_short_sleep_of_the_master_is_no_silence_of_the_nodes),
	        cmocka_unit_test(what_is_heard_first_after_a_stall_finds_nobody_dead),
	        cmocka_unit_test(when_all_fall_silent_at_once_nobody_is_dead),
	        cmocka_unit_test(a_dead_node_that_is_heard_while_all_are_silent_is_up),
	        cmocka_unit_test(all_that_close_their_channels_and_fall_silent_are_dead),
	        cmocka_unit_test(a_stall_does_not_raise_the_dead),
	        cmocka_unit_test(safe_mode_ends_when_all_known_nodes_have_reported),
	        cmocka_unit_test(safe_mode_ends_after_a_minute_all_the_same),
	        cmocka_unit_test(a_view_holds_only_nodes_that_can_take_the_chunk),
	        cmocka_unit_test(the_view_s_version_changes_with_it_and_only_then),
	        cmocka_unit_test(open_chunks_are_counted_against_the_space_of_their_nodes),
	        cmocka_unit_test(placements_of_over_a_minute_ago_are_not_recent),
	        cmocka_unit_test(the_reserve_and_bad_disks_give_no_room),
	        cmocka_unit_test(rates_come_from_what_heartbeats_count),
	        cmocka_unit_test(nodes_are_listed_by_number),
	        cmocka_unit_test(calls_under_way_fail_with_the_channel),
	        cmocka_unit_test(calls_under_way_fail_with_the_node_s_death),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
