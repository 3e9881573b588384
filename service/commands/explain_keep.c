/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "commands/explain.h"

#include <string.h>

static void *copy(struct arena *arena, const void *from, size_t n, size_t size)
{
    void *to = arena_take(arena, n * size + 1);
    if (to && n)
        memcpy(to, from, n * size);
    return to;
}

struct sample_block *explain_keep(struct arena *arena, const struct sample_block *block)
{
    struct sample_block *kept = copy(arena, block, 1, sizeof *block);
    if (!kept)
        return NULL;
    const size_t n = block->ntimes;
    struct sample_series *series = copy(arena, block->series, block->nseries, sizeof *series);
    kept->times = copy(arena, block->times, n, sizeof *block->times);
    kept->intervals = copy(arena, block->intervals, n, sizeof *block->intervals);
    kept->guest.reports =
        copy(arena, block->guest.reports, block->guest.nreports, sizeof *block->guest.reports);
    if (!series || !kept->times || !kept->intervals || !kept->guest.reports)
        return NULL;
    for (size_t i = 0; i < block->nseries; i++) {
        const char *instance = block->series[i].instance;
        series[i].values = copy(arena, block->series[i].values, n, sizeof *series[i].values);
        series[i].instance = arena_text(arena, instance, strlen(instance));
        if (!series[i].values || !series[i].instance)
            return NULL;
    }
    kept->series = series;
    kept->raw = NULL; /* its texts end with the connection, and nothing here is made of them */
    return kept;
}

void explain_date_reports(struct arena *arena, struct sample_block *block)
{
    const size_t n = block->guest.nreports;
    const struct server_time newest = block->times[block->ntimes - 1];
    struct guest_report *reports = copy(arena, block->guest.reports, n, sizeof *reports);
    if (!reports || !n)
        return;
    if (reports[n - 1].received.ms > newest.ms)
        reports[n - 1].received = newest;
    block->guest.reports = reports;
}
