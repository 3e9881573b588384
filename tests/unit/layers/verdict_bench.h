/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A healthy VM before the judge, of whose values a test changes what it is about.
 */
#ifndef UNIT_LAYERS_VERDICT_BENCH_H
#define UNIT_LAYERS_VERDICT_BENCH_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "layers/verdict.h"

enum { INTERVAL = 20, T0 = 1000000, VALUES = 12, ROWS = 16, PLACE_CPU_D = 3 };

struct given { /* a value of a row */
    enum quantity quantity;
    enum form form;
    int64_t ticks;
};

/* A healthy VM: every rule of B, C and D is known and 0. Two vCPUs, two disks. */
static const struct given healthy[] = {
    {Q_CPU_COUNT, FORM_TOTAL, 2},
    {Q_CPU_GUEST_RUN, FORM_TOTAL, 8000},
    {Q_CPU_READY, FORM_WORST, 100},
    {Q_CPU_LIMIT, FORM_WORST, 0},
    {Q_CPU_COSTOP, FORM_WORST, 0},
    {Q_CPU_OVERLAP, FORM_WORST, 20},
    {Q_CPU_OTHERWAIT, FORM_WORST, 40},
    {Q_CPU_SWAPWAIT, FORM_WORST, 0},
    {Q_CPU_OVERHEAD, FORM_TOTAL, 300},
    {Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 400},
    {Q_CPU_STATUS_QUEUE, FORM_TOTAL, REASON_NO_GUEST_SOURCE},
    {Q_CPU_STATUS_USAGE, FORM_TOTAL, REASON_OK},
    {Q_CPU_STATUS_OVERHEAD, FORM_TOTAL, REASON_OK},
    {Q_CPU_STATUS_UNMET, FORM_TOTAL, REASON_OK},
    {Q_MEM_CONTENTION, FORM_TOTAL, 0},
    {Q_MEM_SWAPIN, FORM_TOTAL, 0},
    {Q_MEM_DECOMPRESSION, FORM_TOTAL, 0},
    {Q_MEM_STATUS_QUEUE, FORM_TOTAL, REASON_NO_GUEST_SOURCE},
    {Q_MEM_STATUS_UNMET, FORM_TOTAL, REASON_OK},
    {Q_DISK_COUNT, FORM_TOTAL, 2},
    {Q_DISK_READS, FORM_TOTAL, 100},
    {Q_DISK_READ_RATE, FORM_TOTAL, 4096},
    {Q_DISK_IOPS, FORM_TOTAL, 150},
    {Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 2},
    {Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, 10},
    {Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, 0},
    {Q_DISK_OUTSTANDING, FORM_WORST, 1},
    {Q_DISK_LATENCY, FORM_TOTAL, 900},
    {Q_DISK_STATUS_QUEUE, FORM_TOTAL, REASON_NO_GUEST_SOURCE},
    {Q_DISK_STATUS_OVERHEAD, FORM_TOTAL, REASON_OK},
    {Q_DISK_STATUS_UNMET, FORM_TOTAL, REASON_OK},
    {Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 0},
    {Q_NET_STATUS_QUEUE, FORM_TOTAL, REASON_NO_GUEST_SOURCE},
    {Q_NET_STATUS_UNMET, FORM_TOTAL, REASON_OK},
};
enum { HEALTHY = sizeof healthy / sizeof *healthy };

static const struct entity vm = {.vcenter_uuid = "vc",
                                 .label = {[LABEL_VCENTER] = "vc",
                                           [LABEL_DATACENTER] = "",
                                           [LABEL_CLUSTER] = "",
                                           [LABEL_HOST] = "",
                                           [LABEL_VM] = "web",
                                           [LABEL_MOID] = "vm-1",
                                           [LABEL_UUID] = "",
                                           [LABEL_KIND] = "",
                                           [LABEL_DEVICES] = ""}};

struct bench {
    struct verdict_options options;
    struct verdict *verdict;
    struct row_batch rows;
    int64_t now;
};

static inline int set_up(void **state)
{
    static struct bench bench;
    bench = (struct bench){.now = T0};
    verdict_defaults(&bench.options);
    row_batch_init(&bench.rows);
    *state = &bench;
    return 0;
}

static inline int tear_down(void **state)
{
    struct bench *bench = *state;
    verdict_free(bench->verdict);
    row_batch_free(&bench->rows);
    return 0;
}

/* The given values instead of the healthy ones of the same name; ticks INT64_MIN = not in the row.
 */
static inline const struct given *instead(const struct given *values, enum quantity quantity,
                                          enum form form)
{
    for (; values && values->quantity; values++)
        if (values->quantity == quantity && values->form == form)
            return values;
    return NULL;
}

static inline void fill(struct row_batch *rows, const struct given *values)
{
    for (size_t i = 0; i < HEALTHY; i++)
        if (!instead(values, healthy[i].quantity, healthy[i].form))
            row_batch_value(rows, healthy[i].quantity, healthy[i].form, 0, healthy[i].ticks);
    for (; values && values->quantity; values++)
        if (values->ticks != INT64_MIN)
            row_batch_value(rows, values->quantity, values->form, 0, values->ticks);
}

/* One more row, `steps` intervals after the last, judged. */
static inline void judge(struct bench *bench, const struct given *values, int steps)
{
    if (!bench->verdict)
        bench->verdict = verdict_new(&bench->options);
    bench->now += (int64_t)steps * INTERVAL * 1000;
    row_batch_row(&bench->rows, &vm, (struct server_time){bench->now}, INTERVAL);
    fill(&bench->rows, values);
    verdict_row(bench->verdict, &bench->rows);
    assert_true(row_batch_ok(&bench->rows));
}

static inline void judge_times(struct bench *bench, const struct given *values, int times)
{
    while (times-- > 0)
        judge(bench, values, 1);
}

enum { NONE = -1 };

/* A total of the newest row; NONE if it has none. */
static inline int64_t get(const struct bench *bench, enum quantity quantity)
{
    int64_t ticks = NONE;
    row_find(&bench->rows, &bench->rows.rows[bench->rows.nrows - 1], quantity, FORM_TOTAL, 0,
             &ticks);
    return ticks;
}

#endif
