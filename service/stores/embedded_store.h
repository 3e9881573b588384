/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The embedded store's inside, shared by its files:
 *
 *     batch --take--> memory --flush--> day files --retention--> nothing
 *                        \                 \
 *                         `---- query -----'--> points
 *
 * Two locks. `lock` guards what both sides see and is held for a batch or a copy at most, never for
 * I/O; `reading` makes queries take turns at their own open files. The writer (write, flush, close:
 * one thread) changes memory under `lock` alone and reads it without. Points leave memory only
 * after their commit, and a query copies memory before it reads files, so it misses none.
 */
#ifndef STORES_EMBEDDED_STORE_H
#define STORES_EMBEDDED_STORE_H

#include <pthread.h>

#include "stores/embedded_files.h"
#include "stores/embedded_memory.h"

struct embedded {
    char *folder;
    int64_t retention_days, flush_ms;

    pthread_mutex_t lock;
    struct memory memory;
    struct days days;
    uint64_t chunks_written;

    pthread_mutex_t reading;
    struct day_cache reader;

    /* the writer's */
    struct day_cache writer;
    int64_t taken, durable; /* journal entries: newest taken, newest all in files */
    struct mono_time flush_at;
    bool waiting;               /* flush_at is set */
    enum store_outcome outcome; /* of the last flush, and why */
    struct store_error trouble;
};

/* Writes everything in memory into its day files, one transaction a file, forgets it, and deletes
 * files beyond retention. What could not be written stays. */
enum store_outcome embedded_flush(struct embedded *store, struct store_error *err);

/* The first day that retention keeps. */
int64_t embedded_first_day(struct embedded *store);

#endif
