/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/embedded.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "stores/embedded_store.h"

enum {
    FILE_NAME_ROOM = 64,      /* of a day's file name and its ends */
    RETRY_MS = 5000,          /* after a flush that failed, before the next */
    LAST_TIME_DAYS = 2932896, /* 9999-12-31: beyond it a day has no name */
};

/* ---- open, probe, close ---- */

static int refuse(struct store_error *err, const char *path, const char *why)
{
    snprintf(err->message, sizeof err->message, "%.300s: %s", path, why);
    return -1;
}

/* The newest rows of the last two hours on disk, so that after a restart the page has something to
 * show. What cannot be read is told by the first flush, query or probe. */
static void restore_newest(struct embedded *store)
{
    struct store_error ignored = {0};
    struct day_file *file = NULL;
    struct row_batch batch;
    int64_t first = 0, last = 0;
    if (!store->days.n)
        return;
    int64_t day = store->days.at[store->days.n - 1];
    row_batch_init(&batch);
    if (day_cache_get(&store->reader, day, &file, &ignored) == STORE_DONE && file &&
        day_hours(file, &first, &last, &ignored) == STORE_DONE && last &&
        day_newest(file, last - CHUNK_MS, &batch, &ignored) == STORE_DONE &&
        day_newest(file, last, &batch, &ignored) == STORE_DONE)
        for (size_t i = 0; i < batch.nrows; i++)
            memory_restore(&store->memory, &batch, &batch.rows[i]);
    row_batch_free(&batch);
}

static void embedded_close(void *instance)
{
    struct embedded *store = instance;
    if (!store)
        return;
    day_cache_close(&store->reader);
    day_cache_close(&store->writer);
    memory_free(&store->memory);
    days_free(&store->days);
    pthread_mutex_destroy(&store->lock);
    pthread_mutex_destroy(&store->reading);
    free(store->folder);
    free(store);
}

static int embedded_open(const struct store_options *options, void **ret, struct store_error *err)
{
    const char *path = options->path ? options->path : "";
    if (!*path || strlen(path) > PATH_MAX - FILE_NAME_ROOM)
        return refuse(err, path, "the embedded store needs the path of a folder");
    struct embedded *store = calloc(1, sizeof *store);
    if (!store)
        return refuse(err, path, "out of memory");
    pthread_mutex_init(&store->lock, NULL);
    pthread_mutex_init(&store->reading, NULL);
    memory_init(&store->memory);
    store->retention_days = options->retention_days;
    store->flush_ms = options->flush_seconds * 1000;
    store->folder = strdup(path);
    store->reader = (struct day_cache){.folder = store->folder, .mode = DAY_READ};
    store->writer = (struct day_cache){.folder = store->folder, .mode = DAY_WRITE};
    if (!store->folder) {
        embedded_close(store);
        return refuse(err, path, "out of memory");
    }
    if (days_scan(store->folder, &store->days, err) != STORE_DONE) {
        embedded_close(store);
        return -1;
    }
    restore_newest(store);
    *ret = store;
    return 0;
}

/* The folder itself, or the one in which it will be made. */
static int probe_folder(const char *folder, struct store_error *err)
{
    struct stat s;
    char parent[PATH_MAX];
    if (stat(folder, &s) == 0) {
        if (!S_ISDIR(s.st_mode))
            return refuse(err, folder, "not a folder");
        return access(folder, W_OK | X_OK) == 0 ? 0 : refuse(err, folder, strerror(errno));
    }
    snprintf(parent, sizeof parent, "%s", folder);
    char *slash = strrchr(parent, '/');
    if (slash == parent)
        slash++;
    if (slash)
        *slash = '\0';
    else
        strcpy(parent, ".");
    return access(parent, W_OK | X_OK) == 0 ? 0 : refuse(err, parent, strerror(errno));
}

static int embedded_probe(void *instance, struct store_error *err)
{
    struct embedded *store = instance;
    struct days days = {0};
    int result = probe_folder(store->folder, err);
    pthread_mutex_lock(&store->lock);
    bool whole = days_copy(&store->days, &days);
    pthread_mutex_unlock(&store->lock);
    if (!whole)
        result = refuse(err, store->folder, "out of memory");
    pthread_mutex_lock(&store->reading);
    for (size_t i = 0; i < days.n && result == 0; i++) {
        struct day_file *file;
        if (day_cache_get(&store->reader, days.at[i], &file, err) != STORE_DONE)
            result = -1;
    }
    pthread_mutex_unlock(&store->reading);
    days_free(&days);
    return result;
}

/* ---- writing ---- */

static bool is_due(const struct embedded *store)
{
    return store->waiting && mono_between(store->flush_at, mono_now()) >= 0;
}

static void flush(struct embedded *store)
{
    store->trouble = (struct store_error){0};
    store->outcome = embedded_flush(store, &store->trouble);
    store->waiting = store->outcome != STORE_DONE;
    if (store->waiting)
        store->flush_at = mono_after(mono_now(), RETRY_MS);
}

/* Rows of days that retention has ended, or that have no name, are refused. */
static bool take_rows(struct embedded *store, const struct row_batch *batch, uint64_t *refused)
{
    int64_t first = embedded_first_day(store);
    for (size_t i = 0; i < batch->nrows; i++) {
        const struct layer_row *row = &batch->rows[i];
        int64_t day = row->time.ms / DAY_MS;
        if (row->time.ms <= 0 || day < first || day > LAST_TIME_DAYS)
            ++*refused;
        else if (!memory_take(&store->memory, batch, row))
            return false;
    }
    return true;
}

static enum store_outcome embedded_write(void *instance, int64_t seq, const struct row_batch *batch,
                                         int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct embedded *store = instance;
    if (store->memory.bytes >= CAP_EMBEDDED_BYTES) {
        flush(store);
        if (store->outcome != STORE_DONE) {
            *err = store->trouble;
            return store->outcome;
        }
    }
    size_t before = store->memory.bytes;
    uint64_t refused = 0;
    pthread_mutex_lock(&store->lock);
    bool whole = take_rows(store, batch, &refused);
    pthread_mutex_unlock(&store->lock);
    if (!whole) {
        refuse(err, store->folder, "out of memory");
        return STORE_AGAIN;
    }
    *bytes = store->memory.bytes - before;
    if (!store->taken) /* what came before the first was safe before this run */
        store->durable = seq - 1;
    if (seq > store->taken)
        store->taken = seq;
    if (!store->memory.points) {
        store->durable = store->taken;
    } else if (!store->waiting) {
        store->waiting = true;
        store->flush_at = mono_after(mono_now(), store->flush_ms);
    }
    /* The rows are taken, so a failure here is not this batch's: the next flush tells it. */
    if (is_due(store))
        flush(store);
    err->refused_rows = refused;
    if (refused)
        refuse(err, store->folder, "rows older than the retention, or without a time of this age");
    *durable = store->durable;
    return STORE_DONE;
}

static enum store_outcome embedded_flush_due(void *instance, int final, int64_t *durable,
                                             struct store_error *err)
{
    struct embedded *store = instance;
    if (final || is_due(store))
        flush(store);
    *durable = store->durable;
    if (store->outcome != STORE_DONE)
        *err = store->trouble;
    return store->outcome;
}

const struct store_ops store_embedded = {
    .type = "embedded",
    .takes_future = 1,
    .open = embedded_open,
    .probe = embedded_probe,
    .write = embedded_write,
    .flush = embedded_flush_due,
    .close = embedded_close,
};
