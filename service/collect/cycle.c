/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/cycle.h"

#include <stdlib.h>
#include <string.h>

#include "collect/intake.h"

enum {
    HOUR_MS = 3600 * 1000,        /* what a server keeps of real-time samples */
    SAMPLES_PER_BATCH = 100 * 45, /* bounds a reply when many samples are due per VM */
    HOPELESS = 16                 /* so many VMs left out and none answered: it is not the VMs */
};

struct batch { /* VMs by moid: a VM may vanish from the targets while its answer is on the way */
    struct batch *next;
    struct vim_query *query; /* NULL until started */
    size_t n;
    const char **moids;
};

struct cycle {
    struct cycle_setup setup;
    struct arena arena; /* batches and their moids */
    struct batch *waiting, *under_way;
    size_t n_under_way;
    struct mono_time started;
    struct cycle_outcome outcome;
};

/* ---- planning ---- */

static struct server_time ask_after(const struct cycle *cycle, const struct target *target)
{
    int64_t now = server_at(&cycle->setup.clock, cycle->started).ms;
    int64_t after = target->mark.ms ? target->mark.ms : now - cycle->setup.lookback_ms;
    return (struct server_time){after < now - HOUR_MS ? now - HOUR_MS : after};
}

/* How many samples to expect; for the size of batches only, because it trusts our idea of the
 * server's clock. */
static int samples_due(const struct cycle *cycle, const struct target *target)
{
    if (cycle->setup.newest_only > 0)
        return cycle->setup.newest_only;
    return samples_between(ask_after(cycle, target), server_at(&cycle->setup.clock, mono_now()),
                           cycle->setup.refresh_s);
}

/* What to allow: a limit below what is there would lose the oldest samples, so after a mark it is
 * all that a server keeps. */
static void limit_ask(const struct cycle *cycle, const struct target *target, struct vim_ask *ask)
{
    ask->max_samples = cycle->setup.newest_only;
    if (cycle->setup.newest_only > 0)
        return;
    ask->max_samples = HOUR_MS / 1000 / cycle->setup.refresh_s + 1;
    ask->after = ask_after(cycle, target);
}

static struct batch *new_batch(struct cycle *cycle, size_t room)
{
    struct batch *batch = arena_take(&cycle->arena, sizeof *batch);
    if (batch)
        batch->moids = arena_take(&cycle->arena, room * sizeof *batch->moids);
    return batch && batch->moids ? batch : NULL;
}

static void put(struct batch **list, struct batch *batch)
{
    batch->next = *list;
    *list = batch;
}

static int plan(struct cycle *cycle)
{
    struct batch *batch = NULL;
    int samples = 0;
    for (struct target *target = cycle->setup.targets->by_moid; target; target = target->hh.next) {
        target->asked = false;
        if (target->power != VIM_POWER_ON)
            continue;
        int due = samples_due(cycle, target);
        if (!batch || batch->n == cycle->setup.batch_entities ||
            samples + due > SAMPLES_PER_BATCH) {
            batch = new_batch(cycle, cycle->setup.batch_entities);
            if (!batch)
                return -1;
            put(&cycle->waiting, batch);
            samples = 0;
        }
        const char *moid = arena_text(&cycle->arena, target->moid, strlen(target->moid));
        if (!moid)
            return -1;
        batch->moids[batch->n++] = moid;
        samples += due;
        target->asked = true;
        cycle->outcome.asked++;
    }
    return 0;
}

struct cycle *cycle_new(const struct cycle_setup *setup)
{
    struct cycle *cycle = calloc(1, sizeof *cycle);
    if (!cycle)
        return NULL;
    cycle->setup = *setup;
    cycle->started = mono_now();
    arena_init(&cycle->arena);
    if (plan(cycle) < 0) {
        cycle_free(cycle);
        return NULL;
    }
    metric_put(setup->figures, METRIC_VMS_ASKED, (int64_t)cycle->outcome.asked);
    return cycle;
}

void cycle_free(struct cycle *cycle)
{
    if (!cycle)
        return;
    for (struct batch *batch = cycle->under_way; batch; batch = batch->next)
        vim_query_free(batch->query);
    arena_free(&cycle->arena);
    free(cycle);
}

/* ---- asking ---- */

static enum vim_code ask(struct cycle *cycle, struct batch *batch, struct vim_error *err)
{
    struct vim_ask *asks = calloc(batch->n + 1, sizeof *asks);
    if (!asks)
        return vim_fail(err, VIM_NOMEM, "out of memory for a QueryPerf of %zu VMs", batch->n);
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        const struct target *target = targets_find(cycle->setup.targets, batch->moids[i]);
        if (!target)
            continue;
        batch->moids[n] = batch->moids[i];
        asks[n].type = "VirtualMachine";
        asks[n].moid = batch->moids[i];
        limit_ask(cycle, target, &asks[n]);
        n++;
    }
    batch->n = n;
    enum vim_code code = VIM_OK;
    if (n)
        code = vim_query_start(cycle->setup.client, cycle->setup.metrics_asked, asks, n,
                               &batch->query, err);
    free(asks);
    return code;
}

static void give_up(struct cycle *cycle, const struct vim_error *err)
{
    cycle->outcome.failures++;
    cycle->outcome.error = *err;
    if (err->code == VIM_NOT_AUTHENTICATED) {
        cycle->outcome.session_lost = true;
        cycle->waiting = NULL;
    }
}

static void start_waiting(struct cycle *cycle)
{
    while (cycle->waiting && cycle->n_under_way < cycle->setup.batches_at_once) {
        struct batch *batch = cycle->waiting;
        cycle->waiting = batch->next;
        struct vim_error err = {0};
        if (ask(cycle, batch, &err) != VIM_OK) {
            give_up(cycle, &err);
        } else if (batch->query) {
            put(&cycle->under_way, batch);
            cycle->n_under_way++;
            cycle->outcome.calls++;
            metric_add(cycle->setup.figures, METRIC_QUERIES, 1);
        }
    }
}

/* ---- failed batches ---- */

/* Whether leaving some VMs out can help: the server answered, and did not like what was asked. */
static bool of_the_batch(enum vim_code code)
{
    switch (code) {
    case VIM_OBJECT_GONE:
    case VIM_INVALID_ARGUMENT:
    case VIM_NO_PERMISSION:
    case VIM_FAULT:
    case VIM_PROTOCOL:
    case VIM_TOO_LARGE:
        return true;
    default:
        return false;
    }
}

static size_t position(const struct batch *batch, const char *moid)
{
    size_t i = 0;
    while (i < batch->n && strcmp(batch->moids[i], moid) != 0)
        i++;
    return i;
}

static void split(struct cycle *cycle, struct batch *batch, const struct vim_error *err)
{
    if (cycle->outcome.left_out >= HOPELESS && !cycle->outcome.answered) {
        give_up(cycle, err);
        cycle->waiting = NULL;
        return;
    }
    size_t bad = position(batch, err->object);
    if (bad == batch->n && batch->n == 1)
        bad = 0;
    if (bad < batch->n) { /* the server named it, or it is the only one left */
        complain(cycle->setup.left_out, LOG_WARN, "collect", "vm_left_out",
                 "vcenter=%s moid=%s reason=%s", log_quote(cycle->setup.targets->vcenter),
                 batch->moids[bad], log_quote(err->message));
        cycle->outcome.left_out++;
        batch->moids[bad] = batch->moids[--batch->n];
    } else {
        struct batch *half = new_batch(cycle, batch->n);
        if (!half)
            return;
        half->n = batch->n / 2;
        memcpy(half->moids, batch->moids + batch->n - half->n, half->n * sizeof *half->moids);
        batch->n -= half->n;
        put(&cycle->waiting, half);
    }
    if (batch->n)
        put(&cycle->waiting, batch);
}

/* ---- answers ---- */

struct handover { /* what one answer hands down */
    struct sample_block *blocks;
    struct mark *marks;
    struct target **targets;
    size_t n;
};

static void count_block(struct cycle *cycle, const struct sample_block *block, bool known)
{
    struct metric_set *figures = cycle->setup.figures;
    struct server_time newest = block->times[block->ntimes - 1];
    int64_t now = server_at(&cycle->setup.clock, mono_now()).ms;
    int64_t on_time = now - (int64_t)cycle->setup.refresh_s * 2000;
    for (size_t i = 0; known && i < block->ntimes && block->times[i].ms < on_time; i++)
        metric_add(figures, METRIC_SAMPLES_LATE, 1);
    metric_add(figures, METRIC_SAMPLES, (int64_t)block->ntimes);
    if (newest.ms > cycle->outcome.newest.ms)
        cycle->outcome.newest = newest;
}

/* Adds an entity's new samples to what is handed down. Only VMs that were asked, and each once. */
static int add_entity(struct cycle *cycle, struct arena *arena, const struct perf_entity *entity,
                      struct handover *out)
{
    struct target *target = targets_find(cycle->setup.targets, entity->moid);
    if (!target || !target->asked)
        return 0;
    target->asked = false;
    uint64_t repeated = 0;
    struct sample_block block = {.entity = &target->entity,
                                 .host_mhz = target->host_mhz,
                                 .memory_bytes = target->memory_bytes};
    struct server_time none = {0}, mark = cycle->setup.newest_only > 0 ? none : target->mark;
    if (intake_block(arena, entity, cycle->setup.map, mark, &block, &repeated) < 0)
        return -1;
    metric_add(cycle->setup.figures, METRIC_SAMPLES_REPEATED, (int64_t)repeated);
    cycle->outcome.answered++;
    if (!block.ntimes)
        return 0;
    count_block(cycle, &block, target->mark.ms != 0);
    out->blocks[out->n] = block;
    out->marks[out->n] = (struct mark){&target->entity, block.times[block.ntimes - 1]};
    out->targets[out->n++] = target;
    return 0;
}

static int hand_down(struct cycle *cycle, struct perf_reply *reply)
{
    struct arena *arena = &reply->arena;
    struct handover out = {0};
    out.blocks = arena_take(arena, (reply->nentities + 1) * sizeof *out.blocks);
    out.marks = arena_take(arena, (reply->nentities + 1) * sizeof *out.marks);
    out.targets = arena_take(arena, (reply->nentities + 1) * sizeof *out.targets);
    if (!out.blocks || !out.marks || !out.targets)
        return -1;
    for (size_t i = 0; i < reply->nentities; i++)
        if (add_entity(cycle, arena, reply->entities[i], &out) < 0)
            return -1;
    const struct sample_sink *sink = cycle->setup.sink;
    if (out.n && sink->take(sink->ctx, out.blocks, out.n, out.marks, out.n) < 0)
        return -1;
    for (size_t i = 0; i < out.n; i++)
        out.targets[i]->mark = out.marks[i].time;
    return 0;
}

static void finish(struct cycle *cycle, struct batch *batch)
{
    struct perf_reply *reply = NULL;
    struct vim_error err = {0};
    enum vim_code code = vim_query_take(batch->query, &reply, &err);
    vim_query_free(batch->query);
    batch->query = NULL;
    if (code == VIM_OK) {
        metric_add(cycle->setup.figures, METRIC_VALUES_MISSING, (int64_t)reply->missing);
        metric_add(cycle->setup.figures, METRIC_SERIES_REFUSED, (int64_t)reply->refused);
        if (hand_down(cycle, reply) < 0)
            cycle->outcome.sink_failed = true;
        perf_reply_free(reply);
    } else if (of_the_batch(code)) {
        split(cycle, batch, &err);
    } else {
        give_up(cycle, &err);
    }
}

bool cycle_move(struct cycle *cycle)
{
    struct batch **link = &cycle->under_way;
    while (*link) {
        struct batch *batch = *link;
        if (!vim_query_done(batch->query)) {
            link = &batch->next;
            continue;
        }
        *link = batch->next;
        cycle->n_under_way--;
        finish(cycle, batch);
    }
    start_waiting(cycle);
    cycle->outcome.duration_ms = mono_between(cycle->started, mono_now());
    return !cycle->under_way && !cycle->waiting;
}

void cycle_outcome(const struct cycle *cycle, struct cycle_outcome *ret)
{
    *ret = cycle->outcome;
}
