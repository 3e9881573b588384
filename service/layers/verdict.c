/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The judge. Of each VM it keeps a ring of intervals, in each interval one score per rule:
 *
 *     scores[]  | interval 0: rule 0, rule 1, ... | interval 1: ... |     (a byte each)
 *                                                    ^ head, the newest
 *
 * some 400 bytes for a VM with five intervals.
 */
#include "layers/verdict.h"

#include <stdlib.h>
#include <string.h>
#include <uthash.h>

#include "base/caps.h"

enum {
    FORGET_MS = 3600 * 1000, /* what a server keeps of samples */
    SWEEP_MS = 600 * 1000,   /* between looks for what can be forgotten */
};

struct judged { /* a VM */
    UT_hash_handle hh;
    struct server_time newest;
    int64_t since_ms[VERDICT_PLACES]; /* where its scores rose above 0; 0 = they are not */
    uint32_t head;
    char *moid;       /* behind the scores */
    uint8_t scores[]; /* intervals x RULE_COUNT */
};

struct verdict {
    struct verdict_options options;
    struct judged *by_moid;
    struct server_time newest, swept;
};

struct score { /* of a rule or a layer, over the last intervals */
    bool known;
    uint8_t score;
};

struct verdict *verdict_new(const struct verdict_options *options)
{
    struct verdict *verdict = calloc(1, sizeof *verdict);
    if (verdict)
        verdict->options = *options;
    return verdict;
}

/* ---- whom it remembers ---- */

static struct judged *find(const struct verdict *verdict, const struct entity *entity)
{
    struct judged *vm;
    HASH_FIND_STR(verdict->by_moid, entity->label[LABEL_MOID], vm);
    return vm;
}

static void drop(struct verdict *verdict, struct judged *vm)
{
    HASH_DEL(verdict->by_moid, vm);
    free(vm);
}

void verdict_free(struct verdict *verdict)
{
    struct judged *vm, *next;
    if (!verdict)
        return;
    for (vm = verdict->by_moid; vm; vm = next) {
        next = vm->hh.next;
        drop(verdict, vm);
    }
    free(verdict);
}

void verdict_forget(struct verdict *verdict, const struct entity *entity)
{
    struct judged *vm = find(verdict, entity);
    if (vm)
        drop(verdict, vm);
}

size_t verdict_count(const struct verdict *verdict)
{
    return HASH_COUNT(verdict->by_moid);
}

static size_t scores_size(const struct verdict *verdict)
{
    return (size_t)verdict->options.intervals * RULE_COUNT;
}

static struct judged *remember(struct verdict *verdict, const char *moid)
{
    const size_t size = scores_size(verdict), n = strlen(moid) + 1;
    if (verdict_count(verdict) >= CAP_OBJECTS)
        return NULL;
    struct judged *vm = calloc(1, sizeof *vm + size + n);
    if (!vm)
        return NULL;
    memset(vm->scores, SCORE_UNKNOWN, size);
    vm->moid = (char *)vm->scores + size;
    memcpy(vm->moid, moid, n);
    HASH_ADD_KEYPTR(hh, verdict->by_moid, vm->moid, n - 1, vm);
    return vm;
}

static void sweep(struct verdict *verdict)
{
    struct judged *vm, *next;
    if (verdict->newest.ms - verdict->swept.ms < SWEEP_MS)
        return;
    verdict->swept = verdict->newest;
    for (vm = verdict->by_moid; vm; vm = next) {
        next = vm->hh.next;
        if (vm->newest.ms < verdict->newest.ms - FORGET_MS)
            drop(verdict, vm);
    }
}

/* ---- the ring ---- */

static uint8_t *interval_at(const struct verdict *verdict, struct judged *vm, uint32_t back)
{
    const uint32_t n = (uint32_t)verdict->options.intervals;
    return vm->scores + (size_t)((vm->head + n - back) % n) * RULE_COUNT;
}

/* The next interval, after those that are missing before it. */
static uint8_t *advance(const struct verdict *verdict, struct judged *vm,
                        const struct layer_row *row)
{
    const int64_t n = verdict->options.intervals, ms = (int64_t)row->interval_s * 1000;
    int64_t steps = 1;
    if (vm->newest.ms && ms > 0) /* rounded: a sample may come some seconds early or late */
        steps = (row->time.ms - vm->newest.ms + ms / 2) / ms;
    for (int64_t i = 1; i < steps && i <= n; i++) {
        vm->head = (vm->head + 1) % (uint32_t)n;
        memset(interval_at(verdict, vm, 0), SCORE_UNKNOWN, RULE_COUNT);
    }
    vm->head = (vm->head + 1) % (uint32_t)n;
    vm->newest = row->time;
    return interval_at(verdict, vm, 0);
}

/* ---- persistence ---- */

/* The k-th largest of n scores, those that are not known being 0. */
static uint8_t kth_largest(const uint8_t *scores, int n, int k)
{
    uint8_t sorted[VERDICT_INTERVALS_MAX] = {0};
    for (int i = 0; i < n; i++) {
        const uint8_t score = scores[i] == SCORE_UNKNOWN ? 0 : scores[i];
        int at = i;
        for (; at > 0 && sorted[at - 1] < score; at--)
            sorted[at] = sorted[at - 1];
        sorted[at] = score;
    }
    return sorted[k - 1];
}

static size_t history(const struct verdict *verdict, struct judged *vm, enum verdict_rule rule,
                      uint8_t *ret)
{
    const size_t n = (size_t)verdict->options.intervals;
    for (size_t i = 0; i < n; i++)
        ret[i] = interval_at(verdict, vm, (uint32_t)i)[rule];
    return n;
}

size_t verdict_history(const struct verdict *verdict, const struct entity *entity,
                       enum verdict_rule rule, uint8_t ret[VERDICT_INTERVALS_MAX])
{
    struct judged *vm = find(verdict, entity);
    return vm ? history(verdict, vm, rule, ret) : 0;
}

/* Known to be 0 only if what is not known could not make k of n. */
static struct score persistent(const struct verdict *verdict, struct judged *vm,
                               enum verdict_rule rule)
{
    uint8_t scores[VERDICT_INTERVALS_MAX];
    const int n = (int)history(verdict, vm, rule, scores), k = (int)verdict->options.needed;
    int above = 0, unknown = 0;
    for (int i = 0; i < n; i++) {
        above += scores[i] > 0 && scores[i] != SCORE_UNKNOWN;
        unknown += scores[i] == SCORE_UNKNOWN;
    }
    if (above < k)
        return (struct score){.known = above + unknown < k};
    return (struct score){.known = true, .score = kth_largest(scores, n, k)};
}

/* ---- layers ---- */

struct layer_scores {
    struct score place[VERDICT_PLACES];
    bool judged[VERDICT_PLACES]; /* there is a rule that is on */
};

/* The largest of the rules. It is known to be 0 only if every needed rule is, and one at all. */
static void judge_layers(const struct verdict *verdict, struct judged *vm, struct layer_scores *ret)
{
    bool some[VERDICT_PLACES] = {false}, lacking[VERDICT_PLACES] = {false};
    *ret = (struct layer_scores){.judged = {false}};
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        const int place = (int)info->resource * VERDICT_LAYERS + (int)info->layer - LAYER_QUEUE;
        if (verdict->options.ranges[rule].off)
            continue;
        struct score score = persistent(verdict, vm, rule);
        ret->judged[place] = true;
        some[place] |= score.known;
        lacking[place] |= info->needed && !score.known;
        if (score.score > ret->place[place].score)
            ret->place[place].score = score.score;
    }
    for (int place = 0; place < VERDICT_PLACES; place++)
        ret->place[place].known = ret->place[place].score > 0 || (some[place] && !lacking[place]);
}

/* What a layer lacks for good (a counter the server does not have, a guest that does not speak) is
 * told by its missing score and its status. It must not hide that all that can be known is well. */
static bool matters(const struct verdict_input *input, int place)
{
    const enum quantity status = verdict_status_quantity(place);
    const int layer = place % VERDICT_LAYERS + LAYER_QUEUE;
    if (layer == LAYER_QUEUE || layer == LAYER_OVERHEAD)
        return false;
    return !input->known[FORM_TOTAL][status] ||
           input->ticks[FORM_TOTAL][status] != REASON_COUNTER_NOT_OFFERED;
}

/* The place that hurts most, or -1. Among equals D goes before C, B and A, because the guest's
 * queue grows when it is not given what it asks for, and never the other way round. */
static int worst_place(const struct layer_scores *scores)
{
    int worst = -1;
    uint8_t most = 0;
    for (int layer = VERDICT_LAYERS - 1; layer >= 0; layer--)
        for (int resource = 0; resource < VERDICT_RESOURCES; resource++) {
            const int place = resource * VERDICT_LAYERS + layer;
            if (scores->place[place].score <= most)
                continue;
            most = scores->place[place].score;
            worst = place;
        }
    return worst;
}

/* ---- the row ---- */

static void follow(struct judged *vm, const struct layer_scores *scores,
                   const struct layer_row *row)
{
    for (int place = 0; place < VERDICT_PLACES; place++)
        if (!scores->place[place].score)
            vm->since_ms[place] = 0;
        else if (!vm->since_ms[place])
            vm->since_ms[place] = row->time.ms - (int64_t)row->interval_s * 1000;
}

static int64_t score_ticks(uint8_t score)
{
    return ((int64_t)score * PERCENT_SCALE + SCORE_FULL / 2) / SCORE_FULL;
}

static void put(struct row_batch *rows, enum quantity quantity, int64_t ticks)
{
    row_batch_value(rows, quantity, FORM_TOTAL, 0, ticks);
}

static void put_scores(struct row_batch *rows, const struct layer_scores *scores)
{
    for (int place = 0; place < VERDICT_PLACES; place++)
        if (scores->judged[place] && scores->place[place].known)
            put(rows, verdict_score_quantity(place), score_ticks(scores->place[place].score));
}

static void put_whole(struct row_batch *rows, const struct judged *vm,
                      const struct layer_scores *scores, const struct verdict_input *input)
{
    const int worst = worst_place(scores);
    bool known = true;
    for (int place = 0; place < VERDICT_PLACES; place++)
        if (scores->judged[place] && !scores->place[place].known && matters(input, place))
            known = false;
    if (worst < 0 && !known) {
        put(rows, Q_ALL_VERDICT_CODE, CODE_UNKNOWN);
        return;
    }
    put(rows, Q_ALL_VERDICT_SCORE, worst < 0 ? 0 : score_ticks(scores->place[worst].score));
    put(rows, Q_ALL_VERDICT_CODE, worst < 0 ? CODE_NOTHING : 1 + worst);
    put(rows, Q_ALL_VERDICT_FOR, worst < 0 ? 0 : vm->newest.ms - vm->since_ms[worst]);
}

void verdict_row(struct verdict *verdict, struct row_batch *rows)
{
    struct verdict_input input;
    struct layer_scores scores;
    if (!row_batch_ok(rows) || !rows->nrows)
        return;
    const struct layer_row row = rows->rows[rows->nrows - 1];
    struct judged *vm = find(verdict, row.entity);
    if (vm && row.time.ms <= vm->newest.ms) {
        drop(verdict, vm);
        vm = NULL;
    }
    if (!vm && !(vm = remember(verdict, row.entity->label[LABEL_MOID]))) {
        rows->failed = true;
        return;
    }
    verdict_input(rows, &row, &input);
    uint8_t *newest = advance(verdict, vm, &row);
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        newest[rule] = verdict_read(rule, &verdict->options.ranges[rule], &input).score;
    judge_layers(verdict, vm, &scores);
    follow(vm, &scores, &row);
    put_scores(rows, &scores);
    put_whole(rows, vm, &scores, &input);
    if (row.time.ms > verdict->newest.ms)
        verdict->newest = row.time;
    sweep(verdict);
}
