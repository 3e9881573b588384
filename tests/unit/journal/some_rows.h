/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Batches for tests: `nvms` VMs with two vCPUs, values that tell where they come from.
 */
#ifndef TESTS_JOURNAL_SOME_ROWS_H
#define TESTS_JOURNAL_SOME_ROWS_H

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "layers/row.h"

enum { MOST_VMS = 512, FIRST_TIME = 1000000 };

struct some_rows {
    struct row_batch batch;
    struct entity entities[MOST_VMS];
    char names[MOST_VMS][2][24];
};

static inline int64_t some_value(int vm, int64_t time_ms, int which)
{
    return ((int64_t)vm * 131 + time_ms / 20000 * 17 + (int64_t)which * 7) % 20001 -
           (which == 3 ? 5000 : 0);
}

static inline void one_row(struct some_rows *some, int vm, int64_t time_ms)
{
    static const enum quantity plain[] = {Q_CPU_COUNT,       Q_CPU_GUEST_RUN,       Q_CPU_READY,
                                          Q_CPU_UNMET,       Q_CPU_EFFICIENCY_LOSS, Q_CPU_VM_DEMAND,
                                          Q_CPU_STATUS_QUEUE};
    struct row_batch *batch = &some->batch;
    row_batch_row(batch, &some->entities[vm], (struct server_time){time_ms}, 20);
    for (int i = 0; i < 7; i++) {
        row_batch_value(batch, plain[i], FORM_TOTAL, 0, some_value(vm, time_ms, i));
        if (i != 1 && i != 2)
            continue;
        row_batch_value(batch, plain[i], FORM_WORST, 0, some_value(vm, time_ms, 10 + i));
        for (unsigned cpu = 0; cpu < 2; cpu++)
            row_batch_value(batch, plain[i], FORM_INSTANCE, cpu,
                            some_value(vm, time_ms, 20 + i + (int)cpu));
    }
}

/* The caller frees with some_rows_free. */
static inline struct some_rows *some_rows_new(int nvms, int64_t time_ms)
{
    struct some_rows *some = calloc(1, sizeof *some);
    if (!some)
        abort();
    row_batch_init(&some->batch);
    for (int vm = 0; vm < nvms; vm++) {
        snprintf(some->names[vm][0], sizeof some->names[vm][0], "vm-%d", vm);
        snprintf(some->names[vm][1], sizeof some->names[vm][1], "web %d", vm);
        some->entities[vm] =
            (struct entity){"2f0c-uuid",
                            {"vc1", "Paris", "blue", "esx1.example.com", some->names[vm][1],
                             some->names[vm][0], vm % 2 ? "" : "50-uuid", "", ""}};
        one_row(some, vm, time_ms);
    }
    return some;
}

static inline void some_rows_free(struct some_rows *some)
{
    row_batch_free(&some->batch);
    free(some);
}

/* A fresh folder under /tmp, and a path in it; removed with its usual files by drop_folder. */
struct folder {
    char path[64], file[96];
};

static inline void make_folder(struct folder *f, const char *name)
{
    snprintf(f->path, sizeof f->path, "/tmp/vstrata-test-XXXXXX");
    if (!mkdtemp(f->path))
        abort();
    snprintf(f->file, sizeof f->file, "%s/%s", f->path, name);
}

static inline void drop_folder(const struct folder *f)
{
    static const char *const suffixes[] = {"", "-wal", "-journal", "-shm", ".1"};
    char path[128];
    for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
        snprintf(path, sizeof path, "%s%s", f->file, suffixes[i]);
        unlink(path);
    }
    rmdir(f->path);
}

#endif
