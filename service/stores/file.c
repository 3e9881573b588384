/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Line protocol with nanosecond stamps (what a reader takes when nothing else is said), appended to
 * a file or written to standard output ("-").
 *
 * A batch is on disk (fdatasync) before it counts as taken. If the machine dies between that and
 * the cursor's move, the batch is written again: the last batch may be there twice, line by line
 * equal, which every line protocol reader takes as one. A batch that does not fit on the disk is
 * cut off again and retried, and half a line that a killed service left is cut off before the
 * first write. A file that was renamed or removed (logrotate) is opened anew.
 *
 * Whoever reads a pipe may stop to read: then a write waits until it is canceled.
 */
#include "stores/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/caps.h"
#include "formats/line_protocol.h"
#include "formats/line_series.h"
#include "formats/schema.h"
#include "stores/piece.h"

enum {
    SLICE_MS = 100,          /* how soon a cancel is seen */
    LONGEST_LINE = 64 << 10, /* looked for at the end of a file */
};

struct file {
    char *path;
    int fd;
    bool regular; /* can be cut and synced */
    bool fresh;   /* opened, and not written to yet */
    atomic_bool canceled;
    struct series_walk *walk; /* NULL = our own names without labels, which have a faster way */
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
                : open(f->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK,
                       0640);
    if (f->fd < 0)
        return fail(f, errno == ENXIO ? "nobody reads" : "cannot open", err);
    f->fresh = true;
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
    series_walk_free(f->walk);
    buf_free(&f->text);
    free(f->path);
    free(f);
}

/* By other names than our own, or with labels, rows go as series. */
static int open_walk(struct file *f, const struct store_options *options, struct store_error *err)
{
    const char *name = options->schema && *options->schema ? options->schema : "vstrata";
    const struct schema *schema = schema_find(name);
    if (!schema) {
        snprintf(err->message, sizeof err->message, "schema %s is not known", name);
        return -1;
    }
    if (schema == &schema_vstrata && (!options->labels || !*options->labels))
        return 0;
    f->walk = series_walk_new(schema, options->labels);
    if (!f->walk)
        snprintf(err->message, sizeof err->message, "out of memory, or too many labels");
    return f->walk ? 0 : -1;
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
    *f = (struct file){.path = path, .fd = -1};
    buf_init(&f->text, CAP_STORE_BODY);
    if (open_walk(f, options, err) != 0 || (open_file(f, err) != 0 && errno != ENXIO)) {
        file_close(f);
        return -1;
    }
    *ret = f;
    return 0;
}

static int file_probe(void *store, struct store_error *err)
{
    struct file *f = store;
    if (f->fd < 0)
        return open_file(f, err);
    if (moved(f) || fcntl(f->fd, F_GETFL) < 0)
        return fail(f, "lost", err);
    return 0;
}

/* A service that was killed in a write leaves half a line, which would spoil the next one. Not done
 * when the file is opened: `check` opens it, too, while the service writes. */
static void cut_half_line(const struct file *f)
{
    char text[LONGEST_LINE];
    const off_t size = lseek(f->fd, 0, SEEK_END);
    const off_t from = size > LONGEST_LINE ? size - LONGEST_LINE : 0;
    const int fd = open(f->path, O_RDONLY | O_CLOEXEC);
    const ssize_t n = fd < 0 ? -1 : pread(fd, text, sizeof text, from);
    const char *end = n > 0 ? memrchr(text, '\n', (size_t)n) : NULL;
    if (end && from + n == size && end + 1 < text + n)
        (void)!ftruncate(f->fd, from + (end + 1 - text)); /* the write tells what is wrong */
    if (fd >= 0)
        close(fd);
}

/* Waits until a pipe takes PIPE_BUF bytes at once. False: canceled. */
static bool wait_ready(const struct file *f)
{
    struct pollfd fd = {.fd = f->fd, .events = POLLOUT};
    while (!atomic_load(&f->canceled))
        if (poll(&fd, 1, SLICE_MS) > 0)
            return true;
    errno = ECANCELED;
    return false;
}

static int write_all(const struct file *f, const char *bytes, size_t n)
{
    while (n) {
        if (!f->regular && !wait_ready(f))
            return -1;
        const ssize_t written = write(f->fd, bytes, f->regular || n < PIPE_BUF ? n : PIPE_BUF);
        if (written < 0 && (errno == EINTR || errno == EAGAIN))
            continue;
        if (written <= 0)
            return -1;
        bytes += written;
        n -= (size_t)written;
    }
    return 0;
}

static int write_rows(struct file *f, const struct row_batch *batch, uint64_t *bytes,
                      struct store_error *err)
{
    for (size_t first = 0, last; first < batch->nrows; first = last) {
        last = piece_end(batch, first, batch->nrows, PIECE_VALUES);
        buf_clear(&f->text);
        if (f->walk)
            line_series_write(f->walk, batch, first, last, LINE_NS, &f->text);
        else
            line_protocol_write(batch, first, last, &(struct line_options){LINE_NS}, &f->text);
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
    if (f->fresh && f->regular && strcmp(f->path, "-") != 0)
        cut_half_line(f);
    f->fresh = false;
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

static void file_cancel(void *store)
{
    struct file *f = store;
    atomic_store(&f->canceled, true);
}

const struct store_ops store_file = {
    .type = "file",
    .takes_future = 1,
    .open = file_open,
    .probe = file_probe,
    .write = file_write,
    .close = file_close,
    .cancel = file_cancel,
};
