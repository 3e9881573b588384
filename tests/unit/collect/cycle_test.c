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

/* ---- a server ---- */

static struct {
    const char *bad;      /* this VM's batch fails */
    enum vim_code code;   /* with this */
    bool named;           /* and the fault names it */
    enum vim_code always; /* every call fails with this */
    int calls, most_at_once, at_once;
} server;

struct vim_query {
    size_t n;
    char moids[128][16];
    struct server_time after[128];
};

enum vim_code vim_metric_set_new(const int32_t *ids, size_t n, int interval_s,
                                 struct vim_metric_set **ret, struct vim_error *err)
{
    (void)ids, (void)n, (void)interval_s, (void)ret, (void)err;
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
    (void)client, (void)set, (void)err;
    struct vim_query *query = calloc(1, sizeof *query);
    query->n = n;
    for (size_t i = 0; i < n; i++) {
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

static const int32_t intervals[] = {20, 20};
static const struct server_time times[] = {{20000}, {40000}};
static const int64_t values[] = {1, 2};

enum vim_code vim_query_take(struct vim_query *query, struct perf_reply **ret,
                             struct vim_error *err)
{
    if (server.always != VIM_OK || !query->n)
        return vim_fail(err, server.always, "scripted");
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
                                       .nsamples = 2,
                                       .times = times,
                                       .intervals = intervals,
                                       .nseries = 1,
                                       .series = series};
        entity->moid = arena_text(&reply->arena, moid, strlen(moid));
        reply->entities[i] = entity;
    }
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

static const struct sample_sink sink = {NULL, take, no_mark};

/* ---- a vCenter with n VMs, every tenth off ---- */

static struct targets vms;
static struct counter_map map = {.sorted = {{9, CPU_RUN}}, .found = 1};

static void make_vms(int n)
{
    targets_init(&vms, "vc", &sink);
    for (int i = 0; i < n; i++) {
        struct target *target = calloc(1, sizeof *target);
        target->moid = malloc(16);
        snprintf(target->moid, 16, "vm-%d", i);
        for (int l = 0; l < LABEL_COUNT; l++)
            target->entity.label[l] = l == LABEL_MOID ? target->moid : "";
        target->power = i % 10 == 9 ? VIM_POWER_OFF : VIM_POWER_ON;
        HASH_ADD_KEYPTR(hh, vms.by_moid, target->moid, strlen(target->moid), target);
        vms.count++;
    }
}

static struct cycle_outcome collect(size_t batch, size_t at_once)
{
    static struct complaint left_out;
    const struct cycle_setup setup = {.map = &map,
                                      .targets = &vms,
                                      .sink = &sink,
                                      .left_out = &left_out,
                                      .refresh_s = 20,
                                      .clock = {{60000}, mono_now()},
                                      .batch_entities = batch,
                                      .batches_at_once = at_once,
                                      .lookback_ms = 60000};
    struct cycle *cycle = cycle_new(&setup);
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

static int set_up(void **state)
{
    (void)state;
    memset(&server, 0, sizeof server);
    memset(&below, 0, sizeof below);
    log_set_level(LOG_ERROR + 1);
    make_vms(100);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    targets_free(&vms);
    return 0;
}

/* ---- tests ---- */

static void every_vm_that_is_on_is_asked_once(void **state)
{
    (void)state;
    struct cycle_outcome outcome = collect(20, 4);
    assert_int_equal(outcome.asked, 90);
    assert_int_equal(outcome.answered, 90);
    assert_int_equal(below.blocks, 90); /* though the server repeated some */
    assert_int_equal(server.calls, 5);
    assert_int_equal(server.most_at_once, 4);
    assert_int_equal(outcome.newest.ms, 40000);
    assert_int_equal(targets_find(&vms, "vm-0")->mark.ms, 40000);
    assert_int_equal(targets_find(&vms, "vm-9")->mark.ms, 0);
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
        assert_int_equal(outcome.answered, 89);
        assert_int_equal(outcome.left_out, 1);
        assert_int_equal(outcome.failures, 0);
        assert_int_equal(targets_find(&vms, "vm-42")->mark.ms, 0);
    }
}

static void a_server_that_hates_every_vm_is_not_asked_for_each(void **state)
{
    (void)state;
    server.always = VIM_FAULT;
    struct cycle_outcome outcome = collect(90, 1);
    assert_int_equal(outcome.answered, 0);
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
    assert_int_equal(outcome.left_out, 0);
    assert_int_equal(outcome.failures, 3);
    assert_int_equal(outcome.error.code, VIM_UNREACHABLE);
}

static void what_is_not_kept_below_is_asked_again(void **state)
{
    (void)state;
    below.result = -1;
    struct cycle_outcome outcome = collect(100, 1);
    assert_true(outcome.sink_failed);
    assert_int_equal(targets_find(&vms, "vm-0")->mark.ms, 0);
    below.result = 0;
    collect(100, 1);
    assert_int_equal(below.blocks, 90);
}

static void a_vm_removed_meanwhile_is_left_out(void **state)
{
    (void)state;
    struct target *gone = targets_find(&vms, "vm-3");
    const struct cycle_setup setup = {.map = &map,
                                      .targets = &vms,
                                      .sink = &sink,
                                      .refresh_s = 20,
                                      .clock = {{60000}, mono_now()},
                                      .batch_entities = 100,
                                      .batches_at_once = 1};
    struct cycle *cycle = cycle_new(&setup);
    HASH_DEL(vms.by_moid, gone);
    free(gone->moid);
    free(gone);
    while (!cycle_move(cycle))
        ;
    cycle_free(cycle);
    assert_int_equal(below.blocks, 89);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_vm_that_is_on_is_asked_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_bad_vm_harms_nobody_else, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_server_that_hates_every_vm_is_not_asked_for_each, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_lost_session_ends_the_cycle, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_dead_connection_is_no_fault_of_the_vms, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_is_not_kept_below_is_asked_again, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_vm_removed_meanwhile_is_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
