/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "format_stages.h"

#include <snappy-c.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <zlib.h>

#include "base/buf.h"
#include "formats/copy_text.h"
#include "formats/graphite.h"
#include "formats/json.h"
#include "formats/line_protocol.h"
#include "formats/line_series.h"
#include "formats/openmetrics.h"
#include "formats/otlp.h"
#include "formats/remote_write.h"
#include "formats/schema.h"

enum { BODY_CAP = 64 << 20, PIECE_VALUES = 8000, GZIP_FORMAT = 15 + 16, FASTEST = 1, MEMORY = 8 };

struct piece {
    const struct row_batch *batch;
    size_t first, last;
};

/* The stages: kept apart and visible for callgrind. */
#define STAGES(name)                                                       \
    bool encode_##name(struct format_bench *b, const struct piece *piece); \
    size_t wire_##name(struct format_bench *b)
STAGES(line);
STAGES(line_series);
STAGES(remote_write_1);
STAGES(remote_write_2);
STAGES(otlp);
STAGES(json);
STAGES(graphite);
STAGES(copy);
STAGES(openmetrics);

struct figures {
    uint64_t raw, wire, encode_ns, wire_ns;
};

enum { FORMATS = 9 };

struct format_bench {
    struct series_walk *walk;
    struct remote_write *remote_write;
    struct otlp *otlp;
    struct copy_text copy;
    z_stream zip;
    struct buf body;
    char *wire;
    uint64_t values;
    struct figures figures[FORMATS];
};

/* ---- onto the wire ---- */

static char *wire_room(struct format_bench *b, size_t n)
{
    char *wire = realloc(b->wire, n);
    if (wire)
        b->wire = wire;
    return wire;
}

static size_t gzip(struct format_bench *b)
{
    const size_t room = deflateBound(&b->zip, b->body.len) + 64;
    char *wire = wire_room(b, room);
    if (!wire || deflateReset(&b->zip) != Z_OK)
        return 0;
    b->zip.next_in = (z_const Bytef *)b->body.data;
    b->zip.avail_in = (uInt)b->body.len;
    b->zip.next_out = (Bytef *)wire;
    b->zip.avail_out = (uInt)room;
    return deflate(&b->zip, Z_FINISH) == Z_STREAM_END ? room - b->zip.avail_out : 0;
}

static size_t snap(struct format_bench *b)
{
    size_t room = snappy_max_compressed_length(b->body.len);
    char *wire = wire_room(b, room);
    if (!wire)
        return 0;
    return snappy_compress(b->body.data, b->body.len, wire, &room) == SNAPPY_OK ? room : 0;
}

size_t wire_line(struct format_bench *b)
{
    return gzip(b);
}

size_t wire_line_series(struct format_bench *b)
{
    return gzip(b);
}

size_t wire_remote_write_1(struct format_bench *b)
{
    return snap(b);
}

size_t wire_remote_write_2(struct format_bench *b)
{
    return snap(b);
}

size_t wire_otlp(struct format_bench *b)
{
    return gzip(b);
}

/* Kafka compresses by itself, if it is told to; Graphite and COPY do not. */
size_t wire_json(struct format_bench *b)
{
    return b->body.len;
}

size_t wire_graphite(struct format_bench *b)
{
    return b->body.len;
}

size_t wire_copy(struct format_bench *b)
{
    return b->body.len;
}

size_t wire_openmetrics(struct format_bench *b)
{
    return b->body.len;
}

/* ---- bodies ---- */

bool encode_line(struct format_bench *b, const struct piece *p)
{
    const struct line_options options = {.precision = LINE_MS};
    line_protocol_write(p->batch, p->first, p->last, &options, &b->body);
    return buf_ok(&b->body);
}

bool encode_line_series(struct format_bench *b, const struct piece *p)
{
    return line_series_write(b->walk, p->batch, p->first, p->last, LINE_MS, &b->body);
}

static bool remote_write(struct format_bench *b, const struct piece *p,
                         enum remote_write_version version)
{
    remote_write_begin(b->remote_write, version, &b->body);
    remote_write_rows(b->remote_write, p->batch, p->first, p->last);
    return remote_write_end(b->remote_write) > 0 && buf_ok(&b->body);
}

bool encode_remote_write_1(struct format_bench *b, const struct piece *p)
{
    return remote_write(b, p, REMOTE_WRITE_1);
}

bool encode_remote_write_2(struct format_bench *b, const struct piece *p)
{
    return remote_write(b, p, REMOTE_WRITE_2);
}

bool encode_otlp(struct format_bench *b, const struct piece *p)
{
    return otlp_write(b->otlp, p->batch, p->first, p->last, &b->body);
}

bool encode_json(struct format_bench *b, const struct piece *p)
{
    for (size_t i = p->first; i < p->last; i++)
        json_row(&b->body, p->batch, &p->batch->rows[i]);
    return buf_ok(&b->body);
}

bool encode_graphite(struct format_bench *b, const struct piece *p)
{
    return graphite_write(b->walk, p->batch, p->first, p->last, "vstrata", &b->body);
}

/* Every series is known after the first round, as in a store that runs. */
static bool knows(void *ctx, const unsigned char key[SERIES_KEY])
{
    (void)ctx, (void)key;
    return true;
}

bool encode_copy(struct format_bench *b, const struct piece *p)
{
    if (!copy_text_write(b->walk, p->batch, p->first, p->last, &b->copy))
        return false;
    buf_add(&b->body, b->copy.points.data, b->copy.points.len);
    return buf_ok(&b->body);
}

bool encode_openmetrics(struct format_bench *b, const struct piece *p)
{
    struct row_batch rows = *p->batch; /* borrowed */
    const struct openmetrics_options options = {.timestamps = true};
    rows.rows += p->first;
    rows.nrows = p->last - p->first;
    return openmetrics_write(b->walk, &rows, &options, &b->body, NULL);
}

/* ---- a run ---- */

static const struct {
    const char *name;
    bool (*encode)(struct format_bench *b, const struct piece *piece);
    size_t (*wire)(struct format_bench *b);
} formats[FORMATS] = {
    {"line", encode_line, wire_line},
    {"line_series", encode_line_series, wire_line_series},
    {"remote_write_1", encode_remote_write_1, wire_remote_write_1},
    {"remote_write_2", encode_remote_write_2, wire_remote_write_2},
    {"otlp", encode_otlp, wire_otlp},
    {"json", encode_json, wire_json},
    {"graphite", encode_graphite, wire_graphite},
    {"copy", encode_copy, wire_copy},
    {"openmetrics", encode_openmetrics, wire_openmetrics},
};

struct format_bench *format_bench_new(void)
{
    struct format_bench *b = calloc(1, sizeof *b);
    if (!b)
        return NULL;
    buf_init(&b->body, BODY_CAP);
    copy_text_init(&b->copy, knows, NULL, "");
    b->walk = series_walk_new(&schema_vstrata, "");
    b->remote_write = remote_write_new(&schema_vstrata, "");
    b->otlp = otlp_new(&schema_vstrata, "");
    if (b->walk && b->remote_write && b->otlp &&
        deflateInit2(&b->zip, FASTEST, Z_DEFLATED, GZIP_FORMAT, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK)
        return b;
    format_bench_free(b);
    return NULL;
}

void format_bench_free(struct format_bench *b)
{
    if (!b)
        return;
    series_walk_free(b->walk);
    remote_write_free(b->remote_write);
    otlp_free(b->otlp);
    copy_text_free(&b->copy);
    deflateEnd(&b->zip);
    buf_free(&b->body);
    free(b->wire);
    free(b);
}

static uint64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static bool run_piece(struct format_bench *b, size_t format, const struct piece *piece)
{
    struct figures *figures = &b->figures[format];
    const uint64_t begin = now_ns();
    buf_clear(&b->body);
    if (!formats[format].encode(b, piece))
        return false;
    const uint64_t encoded = now_ns();
    const size_t wire = formats[format].wire(b);
    figures->wire_ns += now_ns() - encoded;
    figures->encode_ns += encoded - begin;
    figures->raw += b->body.len;
    figures->wire += wire;
    return wire > 0;
}

bool format_bench_run(struct format_bench *b, const struct row_batch *batch)
{
    for (size_t format = 0; format < FORMATS; format++)
        for (size_t first = 0, last = 0; first < batch->nrows; first = last) {
            size_t values = 0;
            while (last < batch->nrows && values < PIECE_VALUES)
                values += batch->rows[last++].count;
            if (!run_piece(b, format, &(struct piece){batch, first, last}))
                return false;
        }
    b->values += batch->nvalues;
    return true;
}

void format_bench_print(const struct format_bench *b)
{
    for (size_t i = 0; i < FORMATS; i++)
        printf("format %s %llu %llu %llu %llu %llu\n", formats[i].name,
               (unsigned long long)b->values, (unsigned long long)b->figures[i].raw,
               (unsigned long long)b->figures[i].wire,
               (unsigned long long)b->figures[i].encode_ns / 1000,
               (unsigned long long)b->figures[i].wire_ns / 1000);
}
