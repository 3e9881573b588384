/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Line protocol with nanosecond stamps (what a reader takes when nothing else is said), appended to
 * a file or written to standard output ("-").
 *
 * A batch is on disk (fdatasync) before it counts as taken. If the machine dies between that and
 * the cursor's move, the batch is written again: the last batch may be there twice, line by line
 * equal, which every line protocol reader takes as one. A batch that does not fit on the disk is
 * cut off again and retried. A file that was renamed or removed (logrotate) is opened anew.
 */
#include "stores/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/caps.h"
#include "formats/line_protocol.h"

enum { PIECE_VALUES = 8000 };

struct file {
    char *path;
    int fd;
    bool regular; /* can be cut and synced */
    struct line_options line;
    struct buf text;
};

static int fail(const struct file *f, const char *what, struct store_error *err)
{
    snprintf(err->message, sizeof err->message, "%s %s: %s", what, f->path, strerror(errno));
    return -1;
}

static int open_file(struct file *f, struct store_error *err)
{
    struct stat st;
    f->fd = strcmp(f->path, "-") == 0
                ? fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3)
                : open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
    if (f->fd < 0)
        return fail(f, "cannot open", err);
    f->regular = fstat(f->fd, &st) == 0 && S_ISREG(st.st_mode);
    return 0;
}

static void close_file(struct file *f)
{
    if (f->fd >= 0)
        close(f->fd);
    f->fd = -1;
}

/* True if the path leads to another file than the one open, or to none. */
static bool moved(const struct file *f)
{
    struct stat named, opened;
    if (strcmp(f->path, "-") == 0)
        return false;
    return stat(f->path, &named) != 0 || fstat(f->fd, &opened) != 0 ||
           named.st_ino != opened.st_ino || named.st_dev != opened.st_dev;
}

static void file_close(void *store)
{
    struct file *f = store;
    close_file(f);
    buf_free(&f->text);
    free(f->path);
    free(f);
}

static int file_open(const struct store_options *options, void **ret, struct store_error *err)
{
    struct file *f = calloc(1, sizeof *f);
    char *path = strdup(options->path ? options->path : "");
    if (!f || !path) {
        snprintf(err->message, sizeof err->message, "out of memory");
        free(f);
        free(path);
        return -1;
    }
    *f = (struct file){.path = path, .fd = -1, .line = {LINE_NS, options->per_vcpu}};
    buf_init(&f->text, CAP_STORE_BODY);
    if (open_file(f, err) != 0) {
        file_close(f);
        return -1;
    }
    *ret = f;
    return 0;
}

static int file_probe(void *store, struct store_error *err)
{
    struct file *f = store;
    if (moved(f) || fcntl(f->fd, F_GETFL) < 0)
        return fail(f, "lost", err);
    return 0;
}

static int write_all(const struct file *f, const char *bytes, size_t n)
{
    while (n) {
        ssize_t written = write(f->fd, bytes, n);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

/* The first row after `first` that no longer belongs to the same write. */
static size_t piece_end(const struct row_batch *batch, size_t first)
{
    size_t last = first, values = 0;
    while (last < batch->nrows && (last == first || values < PIECE_VALUES))
        values += batch->rows[last++].count;
    return last;
}

static int write_rows(struct file *f, const struct row_batch *batch, uint64_t *bytes,
                      struct store_error *err)
{
    for (size_t first = 0, last; first < batch->nrows; first = last) {
        last = piece_end(batch, first);
        buf_clear(&f->text);
        line_protocol_write(batch, first, last, &f->line, &f->text);
        if (!buf_ok(&f->text)) {
            snprintf(err->message, sizeof err->message, "rows too large, or out of memory");
            return -1;
        }
        if (write_all(f, f->text.data, f->text.len) != 0)
            return fail(f, "cannot write", err);
        *bytes += f->text.len;
    }
    if (f->regular && fdatasync(f->fd) != 0)
        return fail(f, "cannot sync", err);
    return 0;
}

static enum store_outcome file_write(void *store, int64_t seq, const struct row_batch *batch,
                                     int64_t *durable, uint64_t *bytes, struct store_error *err)
{
    struct file *f = store;
    uint64_t written = 0;
    if (f->fd < 0 || moved(f)) {
        close_file(f);
        if (open_file(f, err) != 0)
            return STORE_BAD_SETUP;
    }
    off_t before = f->regular ? lseek(f->fd, 0, SEEK_END) : -1;
    if (write_rows(f, batch, &written, err) != 0) {
        if (before >= 0 && ftruncate(f->fd, before) != 0) {
            size_t n = strlen(err->message);
            snprintf(err->message + n, sizeof err->message - n, "; part of a batch stays");
        }
        return STORE_AGAIN;
    }
    *durable = seq;
    *bytes = written;
    return STORE_DONE;
}

const struct store_ops store_file = {
    .type = "file",
    .open = file_open,
    .probe = file_probe,
    .write = file_write,
    .close = file_close,
};
