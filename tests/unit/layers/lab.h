/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A VM on the bench: random vCPU states that obey every identity (the parts are drawn first, the
 * counters are made of them), which a test may then break, and the model run over them.
 */
#ifndef UNIT_LAYERS_LAB_H
#define UNIT_LAYERS_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/layers.h"

enum { LAB_VCPUS = 768, LAB_SERIES = (LAB_VCPUS + 1) * COUNTER_COUNT, ABSENT = -99 };

struct truth { /* of one vCPU, in ms */
    int64_t guest, overlap, contention, limit, costop, idle, swap, other, used;
};

struct lab {
    uint64_t seed;
    unsigned n;
    int32_t interval, mhz;
    struct truth truth[LAB_VCPUS];
    int64_t system, worlds; /* VM, in ms */
    int64_t memory_bytes;   /* configured */
    struct guest_facts guest;
    int64_t aggregate[COUNTER_COUNT]; /* ABSENT = no such series */
    int64_t vcpu[LAB_VCPUS][COUNTER_COUNT];
    struct layer_options options;
    struct sample_series series[LAB_SERIES];
    char names[LAB_VCPUS][12];
    struct row_batch batch;
    struct layer_findings findings;
    struct layer_refusal told[16];
    size_t ntold;
};

static const struct entity lab_entity = {.vcenter_uuid = "vc",
                                         .label = {"", "", "", "", "", "", "", "", ""}};

/* splitmix64: the same numbers on every machine. */
static inline int64_t lab_random(struct lab *lab, int64_t below)
{
    uint64_t z = (lab->seed += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return below > 0 ? (int64_t)((z ^ (z >> 31)) % (uint64_t)below) : 0;
}

static inline int64_t lab_slice(struct lab *lab, int64_t *rest)
{
    int64_t ms = lab_random(lab, 3) ? lab_random(lab, *rest + 1) / 2 : 0;
    *rest -= ms;
    return ms;
}

static inline void lab_vcpu(struct lab *lab, unsigned i)
{
    struct truth *t = &lab->truth[i];
    int64_t rest = (int64_t)lab->interval * 1000, *v = lab->vcpu[i];
    *t = (struct truth){.guest = lab_slice(lab, &rest),
                        .overlap = lab_slice(lab, &rest),
                        .contention = lab_slice(lab, &rest),
                        .limit = lab_slice(lab, &rest),
                        .costop = lab_slice(lab, &rest),
                        .swap = lab_slice(lab, &rest),
                        .other = lab_slice(lab, &rest)};
    t->idle = rest;
    t->used = t->guest * (60 + lab_random(lab, 60)) / 100;
    v[CPU_RUN] = t->guest + t->overlap;
    v[CPU_READY] = t->contention + t->limit;
    v[CPU_COSTOP] = t->costop;
    v[CPU_WAIT] = t->idle + t->swap + t->other;
    v[CPU_IDLE] = t->idle;
    v[CPU_OVERLAP] = t->overlap;
    v[CPU_SWAPWAIT] = t->swap;
    v[CPU_MAXLIMITED] = t->limit;
    v[CPU_USED] = t->used;
    v[CPU_USAGEMHZ] = t->used * lab->mhz / ((int64_t)lab->interval * 1000);
    for (int c = 0; c < COUNTER_COUNT; c++)
        if (c > CPU_USAGEMHZ || c == CPU_SYSTEM)
            v[c] = ABSENT;
}

static inline void lab_init(struct lab *lab, uint64_t seed, unsigned n, int32_t interval)
{
    row_batch_free(&lab->batch); /* of the run before */
    memset(lab, 0, sizeof *lab);
    lab->seed = seed;
    lab->n = n;
    lab->interval = interval;
    lab->mhz = 2400;
    lab->options.other_wait_is_unmet = true;
    row_batch_init(&lab->batch);
    for (unsigned i = 0; i < n; i++) {
        lab_vcpu(lab, i);
        for (int c = 0; c <= CPU_USAGEMHZ; c++)
            lab->aggregate[c] += c == CPU_SYSTEM ? 0 : lab->vcpu[i][c];
    }
    lab->system = lab->aggregate[CPU_SYSTEM] = lab_random(lab, 500);
    lab->worlds = lab_random(lab, 500);
    lab->aggregate[CPU_USED] += lab->system + lab->worlds;
    lab->aggregate[CPU_USAGEMHZ] += 36; /* 300 ms of 20 s at 2400 MHz */
    for (int c = CPU_USAGE; c < COUNTER_COUNT; c++)
        lab->aggregate[c] = c < MEM_GRANTED ? 1000 + c : ABSENT;
}

/* Adds memory whose spaces fit; some of its parts are zero. In KB. */
static inline void lab_memory(struct lab *lab)
{
    int64_t rest = 1024 * (1 + lab_random(lab, 4096)), *v = lab->aggregate;
    lab->memory_bytes = 1024 * rest;
    v[MEM_GRANTED] = lab_slice(lab, &rest);
    v[MEM_VMMEMCTL] = lab_slice(lab, &rest);
    v[MEM_SWAPPED] = lab_slice(lab, &rest);
    v[MEM_COMPRESSED] = lab_slice(lab, &rest);
    for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
        if (v[c] == ABSENT)
            v[c] = lab_random(lab, 1 << 20);
    v[MEM_LATENCY] = lab_random(lab, PERCENT_SCALE + 1);
    v[MEM_USAGE] = lab_random(lab, PERCENT_SCALE + 1);
}

static inline void lab_free(struct lab *lab)
{
    row_batch_free(&lab->batch);
}

static void lab_told(void *ctx, const struct layer_refusal *refusal)
{
    struct lab *lab = ctx;
    if (lab->ntold < sizeof lab->told / sizeof *lab->told)
        lab->told[lab->ntold++] = *refusal;
}

static inline size_t lab_block(struct lab *lab)
{
    size_t n = 0;
    for (int c = COUNTER_COUNT - 1; c >= 0; c--) { /* an order the model must not rely on */
        if (lab->aggregate[c] != ABSENT)
            lab->series[n++] = (struct sample_series){(enum counter)c, "", &lab->aggregate[c]};
        for (unsigned i = lab->n; i-- > 0;) {
            snprintf(lab->names[i], sizeof lab->names[i], "%u", i);
            if (lab->vcpu[i][c] != ABSENT)
                lab->series[n++] =
                    (struct sample_series){(enum counter)c, lab->names[i], &lab->vcpu[i][c]};
        }
    }
    return n;
}

static inline void lab_run(struct lab *lab)
{
    const struct server_time time = {1000000};
    struct sample_block block = {
        .entity = &lab_entity,
        .memory_bytes = lab->memory_bytes,
        .host_mhz = lab->mhz,
        .guest = lab->guest,
        .ntimes = 1,
        .times = &time,
        .intervals = &lab->interval,
        .nseries = lab_block(lab),
        .series = lab->series,
        .guest_counters = true,
    };
    row_batch_free(&lab->batch);
    lab->findings = (struct layer_findings){.explain = lab_told, .ctx = lab};
    lab->ntold = 0;
    layers_rows(&block, &lab->options, &lab->batch, &lab->findings);
    assert_true(row_batch_ok(&lab->batch));
    assert_int_equal(lab->batch.nrows, 1);
    assert_ptr_equal(lab->batch.rows[0].entity, &lab_entity);
    assert_int_equal(lab->batch.rows[0].time.ms, time.ms);
    assert_int_equal(lab->batch.rows[0].interval_s, lab->interval);
}

static inline bool lab_has(const struct lab *lab, enum quantity q, enum form form, unsigned i)
{
    int64_t ticks;
    return row_find(&lab->batch, &lab->batch.rows[0], q, form, i, &ticks);
}

static inline int64_t lab_get(const struct lab *lab, enum quantity q, enum form form, unsigned i)
{
    int64_t ticks = INT64_MIN;
    if (!row_find(&lab->batch, &lab->batch.rows[0], q, form, i, &ticks))
        fail_msg("%s has no %s", quantity_info(q)->name, form_name(quantity_info(q), form));
    return ticks;
}

static inline int64_t lab_total(const struct lab *lab, enum quantity q)
{
    return lab_get(lab, q, FORM_TOTAL, 0);
}

static inline void lab_reasons(const struct lab *lab, enum reason usage, enum reason overhead,
                               enum reason unmet)
{
    assert_int_equal(lab_total(lab, Q_CPU_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
    assert_int_equal(lab_total(lab, Q_CPU_STATUS_USAGE), usage);
    assert_int_equal(lab_total(lab, Q_CPU_STATUS_OVERHEAD), overhead);
    assert_int_equal(lab_total(lab, Q_CPU_STATUS_UNMET), unmet);
}

static inline void lab_memory_reasons(const struct lab *lab, enum reason usage,
                                      enum reason overhead, enum reason unmet)
{
    assert_int_equal(lab_total(lab, Q_MEM_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
    assert_int_equal(lab_total(lab, Q_MEM_STATUS_USAGE), usage);
    assert_int_equal(lab_total(lab, Q_MEM_STATUS_OVERHEAD), overhead);
    assert_int_equal(lab_total(lab, Q_MEM_STATUS_UNMET), unmet);
}

/* How many values of a resource the row has. */
static inline size_t lab_values(const struct lab *lab, const char *resource)
{
    size_t n = 0;
    for (size_t i = 0; i < lab->batch.nvalues; i++) {
        enum quantity quantity = (enum quantity)lab->batch.values[i].quantity;
        n += strcmp(quantity_info(quantity)->resource, resource) == 0;
    }
    return n;
}

/* The row has the four statuses of its CPU, all for this reason, and nothing else of it. */
static inline void lab_empty(const struct lab *lab, enum reason reason)
{
    lab_reasons(lab, reason, reason, reason);
    assert_int_equal(lab_values(lab, "cpu"), 4);
}

#endif
