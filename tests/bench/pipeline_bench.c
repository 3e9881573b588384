/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a reply costs on its way from bytes to the journal, and from there into stores: each stage
 * is a function of its own, so that callgrind counts it apart, below to_journal(), to_stores() or
 * to_formats().
 * One round comes first, not below these and so not counted: it creates what is created once. A
 * round is a reply of 100 VMs with 1 or 15 new samples. Every five minutes of rows the embedded
 * store is flushed; with 15 samples the 12 rounds are an hour, its largest chunk.
 *
 *   pipeline_bench csv1|csv15 FOLDER [ROUNDS [formats]]
 *
 * prints "SHAPE BYTES SERIES VALUES ROWS FLUSHED", all of the counted rounds (FLUSHED: the values
 * that have reached the embedded store's files), and the lines of format_stages.h.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collect/intake.h"
#include "format_stages.h"
#include "formats/line_protocol.h"
#include "journal/journal.h"
#include "layers/layers.h"
#include "stores/embedded.h"
#include "vim/perf.h"
#include "vm_reply.h"

enum {
    PIECE = 16 << 10,
    REPLY_CAP = 16 << 20,
    LINES_CAP = 256 << 20,
    FLUSH_ROWS = 15, /* of a VM: five minutes */
    ROUNDS = 12,     /* of 15 samples: an hour */
    NAME_ROOM = 24,
};

struct vm {
    char moid[NAME_ROOM], name[NAME_ROOM], uuid[40];
    struct entity entity;
};

struct bench {
    int samples;
    struct vm vms[VM_REPLY_VMS];
    struct counter_map map;
    struct layer_options layers;
    struct journal *journal;
    void *embedded;

    /* each made by one stage, and freed by the same one a round later */
    struct buf text;
    struct perf_reply *reply;
    struct sample_block blocks[VM_REPLY_VMS];
    struct mark marks[VM_REPLY_VMS];
    struct row_batch rows;
    struct journal_entry entry;
    struct buf lines;
    struct format_bench *formats; /* NULL = not asked for */

    struct layer_findings findings;
    int unflushed; /* rows of a VM */
    uint64_t bytes, values, flushed;
};

/* The stages: kept apart and visible for callgrind. */
bool stage_parse(struct bench *b);
bool stage_intake(struct bench *b);
bool stage_model(struct bench *b);
bool stage_journal(struct bench *b);
bool stage_read(struct bench *b);
bool stage_lines(struct bench *b);
bool stage_embedded(struct bench *b);
bool stage_flush(struct bench *b);
bool to_journal(struct bench *b);
bool to_stores(struct bench *b);
bool to_formats(struct bench *b);

bool stage_parse(struct bench *b)
{
    struct perf_reader *reader = NULL;
    struct vim_error err;
    perf_reply_free(b->reply);
    b->reply = NULL;
    bool ok = perf_reader_new(&reader, &err) == VIM_OK;
    for (size_t at = 0; ok && at < b->text.len; at += PIECE) {
        size_t n = b->text.len - at < PIECE ? b->text.len - at : PIECE;
        ok = perf_reader_feed(reader, b->text.data + at, n, &err) == VIM_OK;
    }
    ok = ok && perf_reader_finish(reader, &b->reply, &err) == VIM_OK;
    perf_reader_free(reader);
    return ok && b->reply->nentities == VM_REPLY_VMS && !b->reply->refused;
}

bool stage_intake(struct bench *b)
{
    for (size_t i = 0; i < VM_REPLY_VMS; i++) {
        const struct perf_entity *from = b->reply->entities[i];
        struct sample_block block = {.entity = &b->vms[i].entity,
                                     .host_mhz = VM_REPLY_MHZ,
                                     .memory_bytes = (int64_t)VM_REPLY_MEMORY_KB << 10,
                                     .backing = BACKING_KNOWN};
        uint64_t repeated = 0;
        if (intake_block(&b->reply->arena, from, &b->map, b->marks[i].time, &block, &repeated) < 0)
            return false;
        if (block.nseries != VM_REPLY_SERIES || block.ntimes != (size_t)b->samples)
            return false;
        b->blocks[i] = block;
        b->marks[i] = (struct mark){block.entity, block.times[block.ntimes - 1]};
    }
    return true;
}

bool stage_model(struct bench *b)
{
    b->findings = (struct layer_findings){.rows = 0};
    row_batch_free(&b->rows);
    for (size_t i = 0; i < VM_REPLY_VMS; i++)
        layers_rows(&b->blocks[i], &b->layers, &b->rows, &b->findings);
    return row_batch_ok(&b->rows);
}

bool stage_journal(struct bench *b)
{
    struct journal_error err;
    return journal_commit(b->journal, &b->rows, b->marks, VM_REPLY_VMS, &err) == 0;
}

/* As the runner of a store: the next entry, and the cursor behind it. */
bool stage_read(struct bench *b)
{
    struct journal_error err;
    const int64_t after = b->entry.seq;
    if (after)
        journal_entry_free(&b->entry);
    return journal_next(b->journal, after, 0, &b->entry, &err) == JOURNAL_ENTRY &&
           journal_advance(b->journal, "bench", b->entry.seq, &err) == 0;
}

bool stage_lines(struct bench *b)
{
    const struct line_options options = {.precision = LINE_MS};
    const struct row_batch *batch = &b->entry.batch;
    buf_clear(&b->lines);
    size_t n = line_protocol_write(batch, 0, batch->nrows, &options, &b->lines);
    return buf_ok(&b->lines) && n == batch->nvalues;
}

bool stage_embedded(struct bench *b)
{
    struct store_error err;
    int64_t durable;
    uint64_t bytes;
    return store_embedded.write(b->embedded, b->entry.seq, &b->entry.batch, &durable, &bytes,
                                &err) == STORE_DONE;
}

bool stage_flush(struct bench *b)
{
    struct store_error err;
    int64_t durable;
    return store_embedded.flush(b->embedded, 1, &durable, &err) == STORE_DONE;
}

struct stage {
    const char *name;
    bool (*run)(struct bench *b);
};

static const struct stage down[] = {{"parse", stage_parse},
                                    {"intake", stage_intake},
                                    {"model", stage_model},
                                    {"journal", stage_journal},
                                    {NULL, NULL}};
static const struct stage out[] = {
    {"read", stage_read}, {"lines", stage_lines}, {"embedded", stage_embedded}, {NULL, NULL}};

static bool fail(const char *stage)
{
    fprintf(stderr, "pipeline_bench: %s failed\n", stage);
    return false;
}

static bool run(const struct stage *stage, struct bench *b)
{
    for (; stage->name; stage++)
        if (!stage->run(b))
            return fail(stage->name);
    return true;
}

static bool flush_if_due(struct bench *b)
{
    b->unflushed += b->samples;
    if (b->unflushed < FLUSH_ROWS)
        return true;
    b->unflushed = 0;
    b->flushed += (uint64_t)FLUSH_ROWS * b->rows.nvalues / (uint64_t)b->samples;
    return stage_flush(b) || fail("flush");
}

/* What callgrind counts, in two runs. */
__attribute__((noinline)) bool to_journal(struct bench *b)
{
    return run(down, b);
}

__attribute__((noinline)) bool to_stores(struct bench *b)
{
    return run(out, b) && flush_if_due(b);
}

__attribute__((noinline)) bool to_formats(struct bench *b)
{
    return format_bench_run(b->formats, &b->entry.batch) || fail("formats");
}

/* What a round means is checked here, outside of what is counted. */
static bool whole(const struct bench *b)
{
    uint64_t broken = 0;
    for (int i = 0; i < IDENTITY_COUNT; i++)
        broken += b->findings.broken[i];
    return !broken && b->findings.rows == b->rows.nrows &&
           b->rows.nrows == (size_t)VM_REPLY_VMS * (size_t)b->samples &&
           b->entry.batch.nvalues == b->rows.nvalues;
}

static const char device_names[] = "4000\tNetwork adapter 1\tVM Network\n"
                                   "scsi0:0\tHard disk 1\tdatastore-01\n"
                                   "scsi0:1\tHard disk 2\tdatastore-01\n";

static void name_vms(struct bench *b)
{
    for (int i = 0; i < VM_REPLY_VMS; i++) {
        struct vm *vm = &b->vms[i];
        snprintf(vm->moid, sizeof vm->moid, "vm-%d", 1000 + i);
        snprintf(vm->name, sizeof vm->name, "app-server-%03d", i);
        snprintf(vm->uuid, sizeof vm->uuid, "503b3b5e-1f2c-4c47-9d2a-%012d", i);
        vm->entity =
            (struct entity){"1f0c8a52-7c35-4a0e-8a43-3f3f7b8d8a10",
                            {"vcenter.example.com", "Datacenter", "Cluster 1", "esx-07.example.com",
                             vm->name, vm->moid, vm->uuid, "", device_names}};
        b->marks[i].entity = &vm->entity;
    }
}

static bool set_up(struct bench *b, const char *folder, int samples)
{
    char path[PATH_MAX];
    struct journal_error err;
    struct store_error store_err;
    struct verdict_options verdict;
    const struct journal_options journal = {.path = path};
    const struct store_options store = {
        .path = folder, .retention_days = 36500, .flush_seconds = 86400};
    *b = (struct bench){.samples = samples, .layers = {.other_wait_is_unmet = true}};
    buf_init(&b->text, REPLY_CAP);
    buf_init(&b->lines, LINES_CAP);
    row_batch_init(&b->rows);
    vm_reply_counters(&b->map);
    name_vms(b);
    snprintf(path, sizeof path, "%s/journal.db", folder);
    verdict_defaults(&verdict);
    b->layers.verdict = verdict_new(&verdict);
    return b->layers.verdict && journal_open(&journal, &b->journal, &err) == 0 &&
           journal_register(b->journal, "bench", &err) == 0 &&
           store_embedded.open(&store, &b->embedded, &store_err) == 0;
}

static void clean_up(struct bench *b)
{
    if (b->entry.seq)
        journal_entry_free(&b->entry);
    if (b->embedded)
        store_embedded.close(b->embedded);
    journal_close(b->journal);
    verdict_free(b->layers.verdict);
    row_batch_free(&b->rows);
    perf_reply_free(b->reply);
    buf_free(&b->text);
    buf_free(&b->lines);
    format_bench_free(b->formats);
}

static bool count_round(struct bench *b)
{
    return to_journal(b) && to_stores(b) && (!b->formats || to_formats(b));
}

static bool warm_up(struct bench *b)
{
    return run(down, b) && run(out, b) && (stage_flush(b) || fail("flush"));
}

static bool one_round(struct bench *b, int round, bool (*go)(struct bench *b))
{
    buf_clear(&b->text);
    vm_reply(round, b->samples, &b->text);
    if (!buf_ok(&b->text) || !go(b))
        return false;
    b->bytes += b->text.len;
    b->values += b->rows.nvalues;
    return whole(b) || fail("the check of the rows");
}

int main(int argc, char **argv)
{
    static struct bench b;
    const char *shape = argc > 2 ? argv[1] : "";
    const int samples = strcmp(shape, "csv1") == 0 ? 1 : strcmp(shape, "csv15") == 0 ? 15 : 0;
    const int rounds = argc > 3 ? (int)strtol(argv[3], NULL, 10) : ROUNDS;
    if (!samples || rounds < 1) {
        fprintf(stderr, "usage: %s csv1|csv15 FOLDER [ROUNDS [formats]]\n", argv[0]);
        return 2;
    }
    const bool formats = argc > 4 && strcmp(argv[4], "formats") == 0;
    bool ok = set_up(&b, argv[2], samples) || fail("set_up");
    ok = ok && (!formats || (b.formats = format_bench_new()) || fail("formats"));
    ok = ok && one_round(&b, 0, warm_up);
    b.bytes = b.values = b.flushed = 0;
    for (int round = 1; ok && round <= rounds; round++)
        ok = one_round(&b, round, count_round);
    if (ok)
        printf("%s %llu %d %llu %d %llu\n", shape, (unsigned long long)b.bytes,
               rounds * VM_REPLY_VMS * VM_REPLY_SERIES, (unsigned long long)b.values,
               rounds * VM_REPLY_VMS * samples, (unsigned long long)b.flushed);
    if (ok && b.formats)
        format_bench_print(b.formats);
    clean_up(&b);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
