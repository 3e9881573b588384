/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/cycle.h"

#include <stdlib.h>
#include <string.h>

#include "collect/intake.h"
#include "collect/quality.h"

enum {
    HOUR_MS = 3600 * 1000,        /* what a server keeps of real-time samples */
    SAMPLES_PER_BATCH = 100 * 45, /* bounds a reply when many samples are due each */
    HOPELESS = 16                 /* so many left out and none answered: it is not for them */
};

/* Targets by moid: one may vanish while its answer is on the way. */
struct batch {
    struct batch *next;
    enum entity_kind kind;
    struct vim_query *query; /* NULL until started */
    size_t n;
    const char **moids;
};

struct cycle {
    struct cycle_setup setup;
    struct arena arena; /* batches and their moids */
    struct batch *waiting, *under_way;
    size_t n_under_way;
    bool ended;
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

static struct batch *new_batch(struct cycle *cycle, enum entity_kind kind, size_t room)
{
    struct batch *batch = arena_take(&cycle->arena, sizeof *batch);
    if (!batch)
        return NULL;
    batch->kind = kind;
    batch->moids = arena_take(&cycle->arena, room * sizeof *batch->moids);
    return batch->moids ? batch : NULL;
}

static void put(struct batch **list, struct batch *batch)
{
    batch->next = *list;
    *list = batch;
}

struct filling { /* the batch of a kind that still has room */
    struct batch *batch;
    int samples;
};

/* The more counters, the fewer samples: a reply and a batch of rows have their caps. */
static int most_samples(const struct cycle_setup *setup)
{
    enum { RAW_AS_MUCH_AS_ALL = 64 }; /* raw counters that weigh what the model's do */
    return SAMPLES_PER_BATCH / (1 + (int)setup->map->nraw / RAW_AS_MUCH_AS_ALL);
}

static int plan_one(struct cycle *cycle, struct target *target, struct filling *filling)
{
    const struct cycle_setup *setup = &cycle->setup;
    int due = samples_due(cycle, target);
    struct batch *batch = filling->batch;
    if (!batch || batch->n == setup->batch_entities ||
        filling->samples + due > most_samples(setup)) {
        batch = new_batch(cycle, target->kind, setup->batch_entities);
        if (!batch)
            return -1;
        put(&cycle->waiting, batch);
        *filling = (struct filling){batch, 0};
    }
    const char *moid = arena_text(&cycle->arena, target->moid, strlen(target->moid));
    if (!moid)
        return -1;
    batch->moids[batch->n++] = moid;
    filling->samples += due;
    target->asked = true;
    quality_plan(target, server_at(&setup->clock, cycle->started));
    cycle->outcome.asked[target->kind]++;
    return 0;
}

static int plan(struct cycle *cycle)
{
    const struct sample_sink *sink = cycle->setup.sink;
    struct filling filling[TARGET_KINDS] = {{NULL, 0}};
    for (struct target *target = cycle->setup.targets->by_moid; target; target = target->hh.next) {
        const bool on = target->power == VIM_POWER_ON;
        target->asked = target->planned = false;
        if (sink->wants && !sink->wants(sink->ctx, &target->entity, on))
            continue;
        if (on && cycle->setup.metrics_asked[target->kind] &&
            plan_one(cycle, target, &filling[target->kind]) < 0)
            return -1;
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
    metric_put(setup->figures, METRIC_VMS_ASKED, (int64_t)cycle->outcome.asked[ENTITY_VM]);
    metric_put(setup->figures, METRIC_HOSTS_ASKED, (int64_t)cycle->outcome.asked[ENTITY_HOST]);
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
        return vim_fail(err, VIM_NOMEM, "out of memory for a QueryPerf of %zu", batch->n);
    size_t n = 0;
    for (size_t i = 0; i < batch->n; i++) {
        const struct target *target = targets_find(cycle->setup.targets, batch->moids[i]);
        if (!target)
            continue;
        batch->moids[n] = batch->moids[i];
        asks[n].type = target_type(batch->kind);
        asks[n].moid = batch->moids[i];
        limit_ask(cycle, target, &asks[n]);
        n++;
    }
    batch->n = n;
    enum vim_code code = VIM_OK;
    if (n)
        code = vim_query_start(cycle->setup.client, cycle->setup.metrics_asked[batch->kind], asks,
                               n, &batch->query, err);
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

/* ---- failed batches ---- */

/* Whether leaving some out can help: the server answered, and did not like what was asked. */
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

/* All of a kind: a user may be allowed to read VMs, and no host. */
static void drop_waiting(struct cycle *cycle, enum entity_kind kind)
{
    struct batch **link = &cycle->waiting;
    while (*link)
        if ((*link)->kind == kind)
            *link = (*link)->next;
        else
            link = &(*link)->next;
}

static void leave_out(struct cycle *cycle, struct batch *batch, size_t i,
                      const struct vim_error *err)
{
    complain(cycle->setup.left_out, LOG_WARN, "collect",
             batch->kind == ENTITY_HOST ? "host_left_out" : "vm_left_out",
             "vcenter=%s moid=%s reason=%s", log_quote(cycle->setup.targets->options.vcenter),
             batch->moids[i], log_quote(err->message));
    cycle->outcome.left_out[batch->kind]++;
    batch->moids[i] = batch->moids[--batch->n];
}

static void split(struct cycle *cycle, struct batch *batch, const struct vim_error *err)
{
    const struct cycle_outcome *outcome = &cycle->outcome;
    if (outcome->left_out[batch->kind] >= HOPELESS && !outcome->answered[batch->kind]) {
        give_up(cycle, err);
        drop_waiting(cycle, batch->kind);
        return;
    }
    size_t bad = position(batch, err->object);
    if (bad == batch->n && batch->n == 1)
        bad = 0;
    if (bad < batch->n) { /* the server named it, or it is the only one left */
        leave_out(cycle, batch, bad, err);
    } else {
        struct batch *half = new_batch(cycle, batch->kind, batch->n);
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

/* ---- starting ---- */

static void start_waiting(struct cycle *cycle)
{
    while (cycle->waiting && cycle->n_under_way < cycle->setup.batches_at_once) {
        struct batch *batch = cycle->waiting;
        cycle->waiting = batch->next;
        struct vim_error err = {0};
        enum vim_code code = ask(cycle, batch, &err);
        if (code == VIM_TOO_LARGE) { /* many counters of many entities */
            split(cycle, batch, &err);
        } else if (code != VIM_OK) {
            give_up(cycle, &err);
        } else if (batch->query) {
            put(&cycle->under_way, batch);
            cycle->n_under_way++;
            cycle->outcome.calls++;
            metric_add(cycle->setup.figures, METRIC_QUERIES, 1);
        }
    }
}

/* ---- answers ---- */

struct handover { /* what one answer hands down */
    struct sample_block *blocks;
    struct mark *marks;
    struct target **targets;
    size_t n;
};

/* Of what was handed down; the target's mark is still the old one. */
static void count_block(struct cycle *cycle, struct target *target,
                        const struct sample_block *block)
{
    struct metric_set *figures = cycle->setup.figures;
    struct server_time newest = block->times[block->ntimes - 1];
    int64_t now = server_at(&cycle->setup.clock, mono_now()).ms;
    int64_t on_time = now - (int64_t)cycle->setup.refresh_s * 2000;
    bool known = target->mark.ms != 0;
    int64_t late = 0;
    for (size_t i = 0; known && i < block->ntimes && block->times[i].ms < on_time; i++)
        late++;
    cycle->outcome.quality.late += late;
    metric_add(figures, METRIC_SAMPLES_LATE, late);
    metric_add(figures, METRIC_SAMPLES, (int64_t)block->ntimes);
    if (newest.ms > cycle->outcome.newest.ms)
        cycle->outcome.newest = newest;
    quality_heard(target, block, &cycle->outcome.quality);
}

/* Adds an entity's new samples to what is handed down. Only targets that were asked, and each once.
 */
static int add_entity(struct cycle *cycle, struct arena *arena, const struct perf_entity *entity,
                      struct handover *out)
{
    struct target *target = targets_find(cycle->setup.targets, entity->moid);
    if (!target || !target->asked)
        return 0;
    target->asked = false;
    uint64_t repeated = 0;
    struct sample_block block;
    struct server_time none = {0}, mark = cycle->setup.newest_only > 0 ? none : target->mark;
    if (target_describe(target, arena, &block) < 0 ||
        intake_block(arena, entity, cycle->setup.map, mark, &block, &repeated) < 0)
        return -1;
    metric_add(cycle->setup.figures, METRIC_SAMPLES_REPEATED, (int64_t)repeated);
    cycle->outcome.quality.repeated += (int64_t)repeated;
    cycle->outcome.answered[target->kind]++;
    if (!block.ntimes)
        return 0;
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
    for (size_t i = 0; i < out.n; i++) {
        count_block(cycle, out.targets[i], &out.blocks[i]);
        out.targets[i]->mark = out.marks[i].time;
    }
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
        cycle->outcome.quality.missing += (int64_t)reply->missing;
        cycle->outcome.quality.refused_shape += (int64_t)reply->refused;
        if (hand_down(cycle, reply) < 0)
            cycle->outcome.sink_failed = true;
        perf_reply_free(reply);
    } else if (of_the_batch(code)) {
        split(cycle, batch, &err);
    } else {
        give_up(cycle, &err);
    }
}

/* ---- the whole ---- */

size_t cycle_sum(const size_t of_kinds[TARGET_KINDS])
{
    size_t sum = 0;
    for (int kind = 0; kind < TARGET_KINDS; kind++)
        sum += of_kinds[kind];
    return sum;
}

static void end(struct cycle *cycle)
{
    struct cycle_outcome *outcome = &cycle->outcome;
    const struct cycle_setup *setup = &cycle->setup;
    if (cycle->ended)
        return;
    cycle->ended = true;
    outcome->quality.entities = (int64_t)cycle_sum(outcome->asked);
    outcome->quality.left_out = (int64_t)cycle_sum(outcome->left_out);
    if (!setup->newest_only)
        quality_end(setup->targets, outcome->newest, &setup->clock, setup->refresh_s,
                    &outcome->quality);
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
    bool over = !cycle->under_way && !cycle->waiting;
    if (over)
        end(cycle);
    return over;
}

void cycle_outcome(const struct cycle *cycle, struct cycle_outcome *ret)
{
    *ret = cycle->outcome;
}
