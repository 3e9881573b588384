/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Cycles against a scripted QueryPerf: this file defines the vim_query_* functions itself, so the
 * linker takes these instead of the library's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/cycle.h"
#include "collect/quality.h"

/* ---- a server ---- */

enum { FEW = 4 };

static struct {
    const char *bad;      /* this one's batch fails */
    enum vim_code code;   /* with this */
    bool named;           /* and the fault names it */
    enum vim_code always; /* every call fails with this */
    bool no_hosts;        /* hosts may not be read */
    const char *silent;   /* this one has no samples */
    struct server_time times[FEW];
    int calls, most_at_once, at_once, asks[TARGET_KINDS];
    size_t ntimes, room; /* room: entities that fit a request; 0 = all */
} server;

struct vim_query {
    size_t n;
    bool of_hosts;
    char moids[128][16];
    struct server_time after[128];
};

/* Stand-ins for metric sets: never looked into. */
static char set_of_vms, set_of_hosts;
static struct vim_metric_set *const sets[TARGET_KINDS] = {(struct vim_metric_set *)&set_of_vms,
                                                          (struct vim_metric_set *)&set_of_hosts};

enum vim_code vim_metric_set_new(const int32_t *ids, size_t n, const char *instance, int interval_s,
                                 struct vim_metric_set **ret, struct vim_error *err)
{
    (void)ids, (void)n, (void)instance, (void)interval_s, (void)ret, (void)err;
    return VIM_USAGE;
}

void vim_metric_set_free(struct vim_metric_set *set)
{
    (void)set;
}

enum vim_code vim_query_start(struct vim_client *client, const struct vim_metric_set *set,
                              const struct vim_ask *asks, size_t n, struct vim_query **ret,
                              struct vim_error *err)
{
    (void)client;
    if (server.room && n > server.room)
        return vim_fail(err, VIM_TOO_LARGE, "scripted");
    struct vim_query *query = calloc(1, sizeof *query);
    query->n = n;
    query->of_hosts = (const char *)set == &set_of_hosts;
    server.asks[query->of_hosts ? ENTITY_HOST : ENTITY_VM] += (int)n;
    for (size_t i = 0; i < n; i++) { /* one kind a call, with the counters of that kind */
        assert_string_equal(asks[i].type, query->of_hosts ? "HostSystem" : "VirtualMachine");
        snprintf(query->moids[i], sizeof query->moids[i], "%s", asks[i].moid);
        query->after[i] = asks[i].after;
    }
    server.calls++;
    if (++server.at_once > server.most_at_once)
        server.most_at_once = server.at_once;
    *ret = query;
    return VIM_OK;
}

bool vim_query_done(const struct vim_query *query)
{
    (void)query;
    return true;
}

int64_t vim_query_ms(const struct vim_query *query)
{
    (void)query;
    return 1;
}

static const int32_t intervals[FEW] = {20, 20, 20, 20};
static const int64_t values[FEW] = {1, 2, 3, 4};

enum vim_code vim_query_take(struct vim_query *query, struct perf_reply **ret,
                             struct vim_error *err)
{
    if (server.always != VIM_OK || !query->n)
        return vim_fail(err, server.always, "scripted");
    if (server.no_hosts && query->of_hosts)
        return vim_fail(err, VIM_NO_PERMISSION, "scripted");
    for (size_t i = 0; i < query->n; i++)
        if (server.bad && strcmp(query->moids[i], server.bad) == 0) {
            vim_fail(err, server.code, "scripted");
            if (server.named)
                snprintf(err->object, sizeof err->object, "%s", server.bad);
            return server.code;
        }
    static struct perf_series series[] = {{9, "", values}};
    struct perf_reply *reply = calloc(1, sizeof *reply);
    arena_init(&reply->arena);
    reply->nentities = query->n + 1;
    reply->entities = arena_take(&reply->arena, reply->nentities * sizeof *reply->entities);
    for (size_t i = 0; i <= query->n; i++) { /* the first twice: a server that repeats itself */
        struct perf_entity *entity = arena_take(&reply->arena, sizeof *entity);
        const char *moid = query->moids[i % query->n];
        *entity = (struct perf_entity){.type = "VirtualMachine",
                                       .nsamples = server.ntimes,
                                       .times = server.times,
                                       .intervals = intervals,
                                       .nseries = 1,
                                       .series = series};
        entity->moid = arena_text(&reply->arena, moid, strlen(moid));
        reply->entities[i] = entity;
        if (server.silent && strcmp(moid, server.silent) == 0)
            entity->nsamples = 0;
    }
    reply->missing = 3;
    reply->refused = 1;
    *ret = reply;
    return VIM_OK;
}

void vim_query_free(struct vim_query *query)
{
    server.at_once -= query != NULL;
    free(query);
}

void perf_reply_free(struct perf_reply *reply)
{
    if (reply)
        arena_free(&reply->arena);
    free(reply);
}

/* ---- a house below ---- */

static struct {
    size_t blocks, calls;
    int result;
} below;

static int take(void *ctx, const struct sample_block *blocks, size_t nblocks,
                const struct mark *marks, size_t nmarks)
{
    (void)ctx;
    assert_int_equal(nblocks, nmarks);
    below.calls++;
    if (below.result < 0)
        return -1;
    for (size_t i = 0; i < nblocks; i++) {
        assert_int_equal(marks[i].time.ms, blocks[i].times[blocks[i].ntimes - 1].ms);
        assert_ptr_equal(marks[i].entity, blocks[i].entity);
    }
    below.blocks += nblocks;
    return 0;
}

static struct server_time no_mark(void *ctx, const char *uuid, const char *moid)
{
    (void)ctx, (void)uuid, (void)moid;
    return (struct server_time){0};
}

static const struct sample_sink sink = {.take = take, .mark = no_mark};

/* ---- a vCenter with VMs and hosts, every tenth off ---- */

static struct targets all;
static struct counter_map map = {.sorted = {{9, CPU_RUN}}, .found = 1};

static void make(enum entity_kind kind, int n)
{
    for (int i = 0; i < n; i++) {
        struct target *target = calloc(1, sizeof *target);
        target->moid = malloc(16);
        snprintf(target->moid, 16, kind == ENTITY_HOST ? "host-%d" : "vm-%d", i);
        for (int l = 0; l < LABEL_COUNT; l++)
            target->entity.label[l] = l == LABEL_MOID ? target->moid : "";
        target->kind = kind;
        target->power = i % 10 == 9 ? VIM_POWER_OFF : VIM_POWER_ON;
        HASH_ADD_KEYPTR(hh, all.by_moid, target->moid, strlen(target->moid), target);
        all.count[kind]++;
    }
}

static struct cycle_setup setup_at(int64_t now_ms)
{
    static struct complaint left_out;
    return (struct cycle_setup){.metrics_asked = sets,
                                .map = &map,
                                .targets = &all,
                                .sink = &sink,
                                .left_out = &left_out,
                                .refresh_s = 20,
                                .clock = {{now_ms}, mono_now()},
                                .batch_entities = 100,
                                .batches_at_once = 1,
                                .lookback_ms = 60000};
}

static struct cycle_outcome run(const struct cycle_setup *setup)
{
    struct cycle *cycle = cycle_new(setup);
    assert_non_null(cycle);
    int moves = 0;
    while (!cycle_move(cycle))
        assert_true(++moves < 1000);
    struct cycle_outcome outcome;
    cycle_outcome(cycle, &outcome);
    cycle_free(cycle);
    assert_int_equal(server.at_once, 0);
    return outcome;
}

static struct cycle_outcome collect(size_t batch, size_t at_once)
{
    struct cycle_setup setup = setup_at(60000);
    setup.batch_entities = batch;
    setup.batches_at_once = at_once;
    return run(&setup);
}

static void server_has(size_t n, ...)
{
    va_list args;
    va_start(args, n);
    for (server.ntimes = 0; server.ntimes < n; server.ntimes++)
        server.times[server.ntimes].ms = 1000 * (int64_t)va_arg(args, int);
    va_end(args);
}

static int set_up(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    memset(&below, 0, sizeof below);
    log_set_level(LOG_ERROR + 1);
    const struct targets_options options = {.vcenter = "vc", .sink = &sink};
    targets_init(&all, &options);
    make(ENTITY_VM, 100);
    server_has(2, 20, 40);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    targets_free(&all);
    return 0;
}

/* ---- tests ---- */

static void every_vm_that_is_on_is_asked_once(void **state)
{
    (void)state;
    struct cycle_outcome outcome = collect(20, 4);
    assert_int_equal(outcome.asked[ENTITY_VM], 90);
    assert_int_equal(outcome.answered[ENTITY_VM], 90);
    assert_int_equal(below.blocks, 90); /* though the server repeated some */
    assert_int_equal(server.calls, 5);
    assert_int_equal(server.most_at_once, 4);
    assert_int_equal(outcome.newest.ms, 40000);
    assert_int_equal(targets_find(&all, "vm-0")->mark.ms, 40000);
    assert_int_equal(targets_find(&all, "vm-9")->mark.ms, 0);
    collect(20, 4);
    assert_int_equal(below.blocks, 90); /* nothing newer than the marks: nothing handed down */
}

static void one_bad_vm_harms_nobody_else(void **state)
{
    (void)state;
    static const struct {
        enum vim_code code;
        bool named;
    } cases[] = {{VIM_OBJECT_GONE, true},       {VIM_OBJECT_GONE, false}, {VIM_FAULT, false},
                 {VIM_INVALID_ARGUMENT, false}, {VIM_PROTOCOL, false},    {VIM_TOO_LARGE, false}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        tear_down(NULL);
        set_up(NULL);
        server.bad = "vm-42";
        server.code = cases[i].code;
        server.named = cases[i].named;
        struct cycle_outcome outcome = collect(30, 2);
        assert_int_equal(outcome.answered[ENTITY_VM], 89);
        assert_int_equal(outcome.left_out[ENTITY_VM], 1);
        assert_int_equal(outcome.failures, 0);
        assert_int_equal(targets_find(&all, "vm-42")->mark.ms, 0);
    }
}

static void a_request_that_is_too_large_is_split(void **state)
{
    (void)state;
    server.room = 7;
    assert_int_equal(collect(90, 2).answered[ENTITY_VM], 90);
}

static void a_server_that_hates_every_vm_is_not_asked_for_each(void **state)
{
    (void)state;
    server.always = VIM_FAULT;
    struct cycle_outcome outcome = collect(90, 1);
    assert_int_equal(outcome.answered[ENTITY_VM], 0);
    assert_true(outcome.failures > 0);
    assert_true(server.calls < 60);
}

static void a_lost_session_ends_the_cycle(void **state)
{
    (void)state;
    server.always = VIM_NOT_AUTHENTICATED;
    struct cycle_outcome outcome = collect(10, 2);
    assert_true(outcome.session_lost);
    assert_true(server.calls <= 3);
}

static void a_dead_connection_is_no_fault_of_the_vms(void **state)
{
    (void)state;
    server.always = VIM_UNREACHABLE;
    struct cycle_outcome outcome = collect(30, 4);
    assert_int_equal(outcome.left_out[ENTITY_VM], 0);
    assert_int_equal(outcome.failures, 3);
    assert_int_equal(outcome.error.code, VIM_UNREACHABLE);
}

static void what_is_not_kept_below_is_asked_again(void **state)
{
    (void)state;
    below.result = -1;
    struct cycle_outcome outcome = collect(100, 1);
    assert_true(outcome.sink_failed);
    assert_int_equal(targets_find(&all, "vm-0")->mark.ms, 0);
    below.result = 0;
    collect(100, 1);
    assert_int_equal(below.blocks, 90);
}

static void a_vm_removed_meanwhile_is_left_out(void **state)
{
    (void)state;
    struct target *gone = targets_find(&all, "vm-3");
    const struct cycle_setup setup = setup_at(60000);
    struct cycle *cycle = cycle_new(&setup);
    HASH_DEL(all.by_moid, gone);
    free(gone->moid);
    free(gone);
    while (!cycle_move(cycle))
        ;
    cycle_free(cycle);
    assert_int_equal(below.blocks, 89);
}

static void hosts_are_asked_in_batches_of_their_own(void **state)
{
    (void)state;
    make(ENTITY_HOST, 12);
    struct cycle_outcome outcome = collect(30, 2);
    assert_int_equal(outcome.asked[ENTITY_VM], 90);
    assert_int_equal(outcome.asked[ENTITY_HOST], 11);
    assert_int_equal(outcome.answered[ENTITY_HOST], 11);
    assert_int_equal(server.asks[ENTITY_HOST], 11);
    assert_int_equal(server.calls, 4);
    assert_int_equal(below.blocks, 101);
    assert_int_equal(targets_find(&all, "host-0")->mark.ms, 40000);
    assert_int_equal(targets_find(&all, "host-9")->mark.ms, 0);
    assert_int_equal(outcome.quality.entities, 101);
}

static void hosts_without_counters_are_not_asked(void **state)
{
    (void)state;
    static struct vim_metric_set *const no_hosts[TARGET_KINDS] = {
        (struct vim_metric_set *)&set_of_vms, NULL};
    make(ENTITY_HOST, 5);
    struct cycle_setup setup = setup_at(60000);
    setup.metrics_asked = no_hosts;
    struct cycle_outcome outcome = run(&setup);
    assert_int_equal(outcome.asked[ENTITY_HOST], 0);
    assert_int_equal(outcome.asked[ENTITY_VM], 90);
    assert_int_equal(outcome.quality.entities, 90);
    assert_int_equal(outcome.quality.silent, 0);
}

static void hosts_that_may_not_be_read_do_not_keep_vms_away(void **state)
{
    (void)state;
    targets_free(&all);
    make(ENTITY_HOST, 60); /* before the VMs, and more of them than are tried */
    make(ENTITY_VM, 100);
    server.no_hosts = true;
    struct cycle_outcome outcome = collect(30, 4);
    assert_int_equal(outcome.answered[ENTITY_VM], 90);
    assert_int_equal(outcome.answered[ENTITY_HOST], 0);
    assert_int_equal(outcome.left_out[ENTITY_VM], 0);
    assert_in_range(outcome.left_out[ENTITY_HOST], 16, 20);
    assert_true(outcome.failures > 0); /* told, and VMs are there */
    assert_true(server.calls < 100);
    assert_int_equal(outcome.error.code, VIM_NO_PERMISSION);
}

/* ---- quality ---- */

struct wanted {
    int64_t expected, received, late, repeated, silent;
};

static void expect_quality(int64_t now_s, struct wanted want)
{
    const struct cycle_setup setup = setup_at(now_s * 1000);
    const struct cycle_quality got = run(&setup).quality;
    assert_int_equal(got.expected, want.expected);
    assert_int_equal(got.received, want.received);
    assert_int_equal(got.late, want.late);
    assert_int_equal(got.repeated, want.repeated);
    assert_int_equal(got.silent, want.silent);
}

static void only_one_vm(void)
{
    targets_free(&all);
    make(ENTITY_VM, 2);
}

static void what_comes_first_is_what_is_expected(void **state)
{
    (void)state;
    only_one_vm();
    expect_quality(62, (struct wanted){.expected = 4, .received = 4});
    server_has(3, 20, 40, 60); /* again, and one more of each */
    expect_quality(62, (struct wanted){.expected = 2, .received = 2, .repeated = 4});
    assert_int_equal(targets_find(&all, "vm-0")->counted.ms, 60000);
}

static void a_gap_is_expected_and_told_once(void **state)
{
    (void)state;
    only_one_vm();
    expect_quality(62, (struct wanted){.expected = 4, .received = 4});
    server.silent = "vm-1";
    server_has(1, 60);
    expect_quality(82, (struct wanted){.expected = 2, .received = 1, .silent = 1});
    server_has(1, 80);
    expect_quality(102, (struct wanted){.expected = 2, .received = 1, .silent = 1});
    server.silent = NULL; /* and back, with what it owed: late, but not expected again */
    server_has(3, 60, 80, 100);
    expect_quality(122, (struct wanted){.expected = 2, .received = 4, .repeated = 2, .late = 2});
}

static void what_is_offered_late_by_all_is_not_missing(void **state)
{
    (void)state;
    only_one_vm();
    expect_quality(62, (struct wanted){.expected = 4, .received = 4});
    for (int s = 60; s < 200; s += 20) { /* two intervals behind the clock, all the time */
        server_has(1, s);
        expect_quality(s + 39, (struct wanted){.expected = 2, .received = 2});
    }
}

static void when_all_are_silent_the_clock_says_what_is_due(void **state)
{
    (void)state;
    only_one_vm();
    expect_quality(42, (struct wanted){.expected = 4, .received = 4});
    server_has(0);
    expect_quality(59, (struct wanted){0});
    expect_quality(62, (struct wanted){.expected = 2, .silent = 2});
    expect_quality(62, (struct wanted){.silent = 2});
    server_has(1, 60); /* it was only late */
    expect_quality(62, (struct wanted){.received = 2});
}

static void who_was_never_heard_is_due_since_it_was_asked(void **state)
{
    (void)state;
    only_one_vm();
    server_has(0);
    expect_quality(100, (struct wanted){0});
    expect_quality(119, (struct wanted){0});
    expect_quality(121, (struct wanted){.expected = 2, .silent = 2});
}

static void who_was_off_owes_nothing_for_that_time(void **state)
{
    (void)state;
    only_one_vm();
    expect_quality(42, (struct wanted){.expected = 4, .received = 4});
    targets_find(&all, "vm-1")->due_after.ms = 1000000; /* as a power-on does */
    server.silent = "vm-1";
    server_has(1, 1000);
    expect_quality(1002, (struct wanted){.expected = 48, .received = 1});
    server.silent = NULL;
    server_has(1, 1020);
    expect_quality(1022, (struct wanted){.expected = 2, .received = 2});
}

static void after_a_restart_what_was_due_since_the_mark_counts(void **state)
{
    (void)state;
    only_one_vm();
    targets_find(&all, "vm-0")->mark.ms = targets_find(&all, "vm-1")->mark.ms = 20000;
    server_has(2, 60, 80); /* 40 is lost */
    expect_quality(82, (struct wanted){.expected = 6, .received = 4});
}

static void what_is_not_kept_is_not_received(void **state)
{
    (void)state;
    only_one_vm();
    below.result = -1;
    expect_quality(42, (struct wanted){0});
    below.result = 0;
    expect_quality(42, (struct wanted){.expected = 4, .received = 4});
}

static void shape_and_missing_values_are_counted_by_answer(void **state)
{
    (void)state;
    struct cycle_outcome outcome = collect(45, 1);
    assert_int_equal(outcome.quality.missing, 2 * 3);
    assert_int_equal(outcome.quality.refused_shape, 2 * 1);
    server.bad = "vm-7";
    server.code = VIM_FAULT;
    assert_int_equal(collect(90, 1).quality.left_out, 1);
}

static void stamps_never_go_back(void **state)
{
    (void)state;
    struct quality_memory memory = {{0}, {0}};
    struct cycle_quality quality = {0};
    struct server_clock clock = {{62000}, mono_now()};
    quality_stamp(&memory, (struct server_time){0}, &clock, &quality);
    assert_in_range(quality.time.ms, 62000, 62500);
    assert_int_equal(quality.lag_ms, -1); /* nothing has ever come */
    clock = (struct server_clock){{82000}, mono_now()};
    quality_stamp(&memory, (struct server_time){80000}, &clock, &quality);
    assert_int_equal(quality.time.ms, 80000);
    assert_in_range(quality.lag_ms, 2000, 2500);
    int64_t difference = wall_now().ms - 82000;
    assert_in_range(quality.clock_ms, difference - 500, difference + 500);
    quality_stamp(&memory, (struct server_time){80000}, &clock, &quality); /* again */
    assert_in_range(quality.time.ms, 82000, 82500);
    clock = (struct server_clock){{50000}, mono_now()}; /* the server's clock was put back */
    quality_stamp(&memory, (struct server_time){0}, &clock, &quality);
    assert_in_range(quality.time.ms, 82001, 82501);
    assert_int_equal(quality.lag_ms, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_vm_that_is_on_is_asked_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_bad_vm_harms_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_request_that_is_too_large_is_split, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_that_hates_every_vm_is_not_asked_for_each, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lost_session_ends_the_cycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_connection_is_no_fault_of_the_vms, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_kept_below_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vm_removed_meanwhile_is_left_out, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_are_asked_in_batches_of_their_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_without_counters_are_not_asked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(hosts_that_may_not_be_read_do_not_keep_vms_away, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_comes_first_is_what_is_expected, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_gap_is_expected_and_told_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_is_offered_late_by_all_is_not_missing, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(when_all_are_silent_the_clock_says_what_is_due, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_was_never_heard_is_due_since_it_was_asked, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_was_off_owes_nothing_for_that_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(after_a_restart_what_was_due_since_the_mark_counts, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_kept_is_not_received, set_up, tear_down),
        cmocka_unit_test_setup_teardown(shape_and_missing_values_are_counted_by_answer, set_up,
                                        tear_down),
        cmocka_unit_test(stamps_never_go_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
