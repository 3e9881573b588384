/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/dead_letters.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"
#include "formats/json.h"
#include "report/log.h"

struct dead_letters {
    pthread_mutex_t lock; /* over all that follows */
    char *store, *path, *old_path;
    size_t max_bytes;
    int fd; /* -1 = not open */
    struct buf line;
    struct complaint trouble;
};

/* A store's name is free text; in a file's name it is letters, digits, '-', '_' and '.', the rest
 * as %XX, so that two stores never share a file. */
static void file_name(struct buf *out, const char *store)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
    for (const char *at = store; *at; at++)
        if (strchr(plain, *at))
            buf_char(out, *at);
        else
            buf_printf(out, "%%%02X", (unsigned)(unsigned char)*at);
}

static char *make_path(const char *folder, const char *store, const char *suffix)
{
    struct buf path;
    buf_init(&path, 16 << 10);
    buf_printf(&path, "%s/refused-", folder);
    file_name(&path, store);
    buf_printf(&path, ".jsonl%s", suffix);
    return buf_take(&path);
}

struct dead_letters *dead_letters_new(const char *folder, const char *store, int64_t max_bytes)
{
    struct dead_letters *d = calloc(1, sizeof *d);
    if (!d)
        return NULL;
    if (pthread_mutex_init(&d->lock, NULL) != 0) {
        free(d);
        return NULL;
    }
    d->store = strdup(store);
    d->path = make_path(folder, store, "");
    d->old_path = make_path(folder, store, ".1");
    d->max_bytes = max_bytes > 0 ? (size_t)max_bytes : CAP_DEAD_LETTERS;
    d->fd = -1;
    buf_init(&d->line, CAP_DEAD_LETTER);
    if (!d->store || !d->path || !d->old_path) {
        dead_letters_free(d);
        return NULL;
    }
    return d;
}

void dead_letters_free(struct dead_letters *letters)
{
    struct dead_letters *d = letters;
    if (!d)
        return;
    if (d->fd >= 0)
        close(d->fd);
    buf_free(&d->line);
    free(d->store);
    free(d->path);
    free(d->old_path);
    pthread_mutex_destroy(&d->lock);
    free(d);
}

static int trouble(struct dead_letters *d, const char *what)
{
    complain(&d->trouble, LOG_ERROR, "stores", "refused_rows_not_kept",
             "store=%s file=%s message=%s", log_quote(d->store), log_quote(d->path),
             log_quote(what));
    return -1;
}

/* Never through a link that somebody left in the folder. */
static int open_file(struct dead_letters *d)
{
    enum { FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY };
    if (d->fd < 0)
        d->fd = open(d->path, FLAGS, 0640);
    return d->fd < 0 ? trouble(d, strerror(errno)) : 0;
}

static void close_file(struct dead_letters *d)
{
    close(d->fd);
    d->fd = -1;
}

/* Makes room for n more bytes: a full file becomes the old one. One that somebody took away is
 * begun anew. */
static int turn(struct dead_letters *d, size_t n)
{
    struct stat st;
    if (open_file(d) != 0)
        return -1;
    if (fstat(d->fd, &st) != 0)
        return trouble(d, strerror(errno));
    bool full = st.st_size > 0 && (size_t)st.st_size + n > d->max_bytes;
    if (!full && st.st_nlink > 0)
        return 0;
    close_file(d);
    if (full && rename(d->path, d->old_path) != 0 && errno != ENOENT)
        return trouble(d, strerror(errno));
    return open_file(d);
}

/* A line cut short by a full disk is ended, so that the next one stands by itself. */
static int append(struct dead_letters *d)
{
    ssize_t n;
    do
        n = write(d->fd, d->line.data, d->line.len);
    while (n < 0 && errno == EINTR);
    if (n == (ssize_t)d->line.len)
        return 0;
    int why = n < 0 ? errno : ENOSPC;
    off_t end = n > 0 ? lseek(d->fd, 0, SEEK_END) : -1;
    if (end >= n && ftruncate(d->fd, end - n) != 0)
        close_file(d);
    return trouble(d, strerror(why));
}

/* ,"raw":[["cpu.ready.summation","0",1500],...]: what json_row passes by. */
static void raw_samples_of(struct buf *line, const struct row_batch *batch,
                           const struct layer_row *row)
{
    const char *before = ",\"raw\":[";
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &batch->values[row->first + i];
        const struct raw_counter *counter = row_raw(batch, value);
        if (!counter || value->instance >= batch->nraw_instances)
            continue;
        buf_str(line, before);
        buf_char(line, '[');
        json_string(line, counter->name);
        buf_char(line, ',');
        json_string(line, batch->raw_instances[value->instance]);
        buf_char(line, ',');
        buf_int(line, value->ticks);
        buf_char(line, ']');
        before = ",";
    }
    if (*before == ',' && !before[1])
        buf_char(line, ']');
}

static int letter(struct dead_letters *d, const struct row_batch *batch,
                  const struct layer_row *row, const char *why)
{
    char now[ISO_TEXT];
    struct buf *line = &d->line;
    buf_clear(line);
    buf_printf(line,
               "{\"time\":\"%s\",\"reason\":", clock_iso((struct server_time){wall_now().ms}, now));
    json_string(line, why);
    buf_str(line, ",\"row\":");
    json_row(line, batch, row);
    raw_samples_of(line, batch, row);
    buf_str(line, "}\n");
    if (!buf_ok(line))
        return trouble(d, "a row too large, or out of memory");
    return turn(d, line->len) == 0 ? append(d) : -1;
}

void dead_letters_add(struct dead_letters *letters, const struct row_batch *batch, size_t first,
                      size_t last, const char *why)
{
    struct dead_letters *d = letters;
    int failed = 0;
    if (!d || first >= last)
        return;
    pthread_mutex_lock(&d->lock);
    for (size_t i = first; i < last; i++)
        failed |= letter(d, batch, &batch->rows[i], why);
    if (!failed)
        complain_over(&d->trouble, "stores", "refused_rows_kept_again", "store=%s file=%s",
                      log_quote(d->store), log_quote(d->path));
    pthread_mutex_unlock(&d->lock);
}
