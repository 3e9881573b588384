/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Delivery over HTTP against a server that remembers what it took: it takes a request as a whole or
 * not at all and wants the samples of an entity in order, as Prometheus does (the newest one once
 * more is nothing to it), or keeps the good
 * rows and refuses the others, as InfluxDB does; and fails as the test says. Include cmocka.h
 * first.
 */
#ifndef TESTS_STORES_PUSH_STAGE_H
#define TESTS_STORES_PUSH_STAGE_H

#include "journal/some_rows.h"
#include "stores/dead_letters.h"
#include "stores/http_peer.h"
#include "stores/push.h"

enum { T0 = 1000000, STEP = 20000, ROW_VALUES = 13, MOST_TIMES = 64, MOST_LANES = 4 };

struct trouble { /* what happens to request number `at`; 0 = to each */
    int at;
    int status;  /* 0 = no answer */
    bool stored; /* the rows were taken all the same */
};

struct stage {
    struct peer peer;
    struct folder folder;
    struct store_options options;
    struct push *push;
    struct dead_letters *letters;

    /* The server */
    bool by_row;      /* like InfluxDB */
    bool knows_order; /* like Prometheus */
    const char *bad;  /* lines with this text are refused ... */
    int bad_status;   /* ... with this */
    size_t largest;   /* a larger body gets a 413; 0 = no limit */
    struct trouble trouble[64];
    int ntroubles;
    int64_t stored[MOST_VMS][MOST_TIMES]; /* how often */
    int64_t latest[MOST_VMS];             /* time */
    int connection[MOST_VMS];             /* that its rows came by; -1 = several */
    int disorder;                         /* rows that came after later ones */
    int most_lines;

    /* The driver */
    bool older;    /* has changed to the older protocol */
    bool changes;  /* it changes when it is told "older" */
    bool stubborn; /* ... but to no avail */

    int64_t durable;
    uint64_t bytes;
    struct store_error err;
};

/* ---- the driver ---- */

static inline void body(void *driver, unsigned lane, const struct row_batch *batch, size_t first,
                        size_t last, struct buf *out)
{
    const struct stage *s = driver;
    assert_true(lane < MOST_LANES);
    for (size_t i = first; i < last; i++) {
        const struct layer_row *row = &batch->rows[i];
        if (strcmp(row->entity->label[LABEL_MOID], "vm-silent") != 0)
            buf_printf(out, "%s%s at %lld;\n", s->older ? "older " : "",
                       row->entity->label[LABEL_MOID], (long long)row->time.ms);
    }
}

static inline enum push_reading read_answer(void *driver, unsigned lane,
                                            const struct http_answer *answer, size_t rows,
                                            size_t *refused)
{
    struct stage *s = driver;
    (void)lane;
    if (strstr(answer->text, "out of order"))
        return PUSH_ALREADY;
    if (strstr(answer->text, "partial")) {
        *refused = rows > 1 ? 1 : 9; /* 9: more than it can be */
        return PUSH_PARTLY;
    }
    if (strstr(answer->text, "not me"))
        return PUSH_SETUP;
    if (s->changes && strstr(answer->text, "older")) {
        s->older = !s->stubborn;
        return PUSH_CHANGED;
    }
    return PUSH_BY_STATUS;
}

/* ---- the server ---- */

static inline bool next_line(const char **at, char line[64], int *vm, int64_t *time)
{
    size_t n = strcspn(*at, "\n");
    long long ms = 0;
    if (!**at)
        return false;
    snprintf(line, 64, "%.*s", (int)n, *at);
    *at += n + 1;
    assert_int_equal(sscanf(strstr(line, "vm-"), "vm-%d at %lld;", vm, &ms), 2);
    *time = ms;
    return true;
}

static inline void store(struct stage *s, const struct peer_request *request, const char *but)
{
    char line[64];
    int vm;
    int64_t time;
    for (const char *at = request->body; next_line(&at, line, &vm, &time);) {
        if (but && strstr(line, but))
            continue;
        if (s->knows_order && time == s->latest[vm] && s->stored[vm][(time - T0) / STEP])
            continue;
        s->disorder += time < s->latest[vm];
        s->latest[vm] = time;
        s->stored[vm][(time - T0) / STEP]++;
        if (!s->connection[vm])
            s->connection[vm] = request->connection;
        else if (s->connection[vm] != request->connection)
            s->connection[vm] = -1;
    }
}

/* What is wrong with a request, or NULL. */
static const char *verdict(struct stage *s, const struct peer_request *request)
{
    int64_t latest[MOST_VMS], time;
    char line[64];
    int vm, lines = 0;
    memcpy(latest, s->latest, sizeof latest);
    for (const char *at = request->body; next_line(&at, line, &vm, &time); lines++) {
        if (s->bad && strstr(line, s->bad))
            return s->by_row ? "partial write" : "bad row";
        if (s->knows_order && time < latest[vm])
            return "out of order sample";
        latest[vm] = time;
    }
    if (lines > s->most_lines)
        s->most_lines = lines;
    return NULL;
}

static inline void answer(void *ctx, const struct peer_request *request, struct peer_answer *answer)
{
    struct stage *s = ctx;
    const char *wrong = verdict(s, request);
    for (int i = 0; i < s->ntroubles; i++) {
        const struct trouble *t = &s->trouble[i];
        if (t->at != request->number && t->at)
            continue;
        answer->status = t->status;
        if (t->stored && !wrong)
            store(s, request, NULL);
        return;
    }
    if (s->changes && strncmp(request->body, "older ", 6) != 0) {
        *answer = (struct peer_answer){.status = 415, .text = "older, please"};
    } else if (s->largest && request->n > s->largest) {
        *answer = (struct peer_answer){.status = 413, .text = "too large"};
    } else if (wrong) {
        *answer = (struct peer_answer){.status = s->bad_status, .text = wrong};
        if (s->by_row)
            store(s, request, s->bad);
    } else {
        store(s, request, NULL);
    }
}

/* ---- the stage ---- */

static inline void open_push(struct stage *s)
{
    static const struct push_protocol protocol = {.body = body, .read = read_answer};
    char url[64];
    snprintf(url, sizeof url, "http://127.0.0.1:%d/write", s->peer.port);
    const struct push_options options = {.store = &s->options,
                                         .protocol = &protocol,
                                         .driver = s,
                                         .url = url,
                                         .http = {.timeout_s = 20}};
    if (push_open(&options, &s->push, &s->err) != 0)
        fail_msg("%s", s->err.message);
}

static inline struct stage *begin(unsigned lanes, int64_t piece_rows)
{
    struct stage *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->bad_status = 400;
    make_folder(&s->folder, "refused-s.jsonl");
    s->letters = dead_letters_new(s->folder.path, "s", 0);
    s->options = (struct store_options){
        .shards = lanes, .batch_values = piece_rows * ROW_VALUES, .dead_letters = s->letters};
    peer_start(&s->peer, answer, s);
    open_push(s);
    return s;
}

static inline void finish(struct stage *s)
{
    push_close(s->push);
    dead_letters_free(s->letters);
    peer_stop(&s->peer);
    drop_folder(&s->folder);
    free(s);
}

static inline void trouble(struct stage *s, int at, int status, bool stored)
{
    pthread_mutex_lock(&s->peer.lock);
    s->trouble[s->ntroubles++] = (struct trouble){at, status, stored};
    pthread_mutex_unlock(&s->peer.lock);
}

static inline void no_trouble(struct stage *s)
{
    pthread_mutex_lock(&s->peer.lock);
    s->ntroubles = 0;
    pthread_mutex_unlock(&s->peer.lock);
}

/* Batch `seq` has the times seq * ntimes ... of each VM, row by row or time by time. */
static inline enum store_outcome write_batch(struct stage *s, int64_t seq, int nvms, int ntimes,
                                             bool time_by_time)
{
    struct some_rows *some = some_rows_new(nvms, T0);
    struct row_batch *batch = &some->batch;
    batch->nrows = batch->nvalues = 0;
    for (int i = 0; i < nvms * ntimes; i++) {
        int vm = time_by_time ? i % nvms : i / ntimes, t = time_by_time ? i / nvms : i % ntimes;
        one_row(some, vm, T0 + STEP * (seq * ntimes + t));
    }
    s->durable = -1;
    enum store_outcome outcome =
        push_write(s->push, seq + 1, batch, &s->durable, &s->bytes, &s->err);
    some_rows_free(some);
    return outcome;
}

/* Rows of VMs 0..nvms-1 and times first..last-1 that the server does not have exactly once (or, if
 * doubled ones may be, not at all). */
static inline int wrong_rows(const struct stage *s, int nvms, int first, int last, bool doubles)
{
    int n = 0;
    for (int vm = 0; vm < nvms; vm++)
        for (int t = first; t < last; t++)
            n += doubles ? s->stored[vm][t] < 1 : s->stored[vm][t] != 1;
    return n;
}

/* Letters whose line has both texts. */
static inline int letters_with(const struct stage *s, const char *text, const char *other)
{
    static char line[1 << 16];
    FILE *file = fopen(s->folder.file, "r");
    int n = 0;
    while (file && fgets(line, sizeof line, file))
        n += strstr(line, text) && strstr(line, other);
    if (file)
        fclose(file);
    return n;
}

#endif
