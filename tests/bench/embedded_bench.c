/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The embedded store at size: VMs of 85 series over some hours, a flush every 5 minutes.
 *
 *     embedded_bench FOLDER [VMs] [hours]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "stores/embedded.h"

enum { SERIES = 85, BATCH_VMS = 100, ROWS_AN_HOUR = 180, ROWS_A_FLUSH = 15 };
#define T0 INT64_C(1637193600000)

struct vm {
    char moid[16];
    struct entity entity;
    int64_t ticks[SERIES];
};

static double seconds(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double resident_mb(void)
{
    long pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f && fscanf(f, "%*d %ld", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * 4096 / 1e6;
}

static _Noreturn void die(const char *what, const struct store_error *err)
{
    fprintf(stderr, "%s: %s\n", what, err->message);
    exit(1);
}

/* 30 % constant, 20 % mostly zero, 50 % a walk in milliseconds. */
static void next_values(struct vm *vm, unsigned *seed)
{
    for (int s = 0; s < SERIES; s++) {
        if (s % 10 < 5)
            vm->ticks[s] = labs(vm->ticks[s] + rand_r(seed) % 101 - 50);
        else if (s % 10 < 7)
            vm->ticks[s] = rand_r(seed) % 20 ? 0 : rand_r(seed) % 2000;
    }
}

static struct vm *make_vms(int n, unsigned *seed)
{
    struct vm *vms = calloc((size_t)n, sizeof *vms);
    for (int v = 0; vms && v < n; v++) {
        snprintf(vms[v].moid, sizeof vms[v].moid, "vm-%d", v);
        vms[v].entity =
            (struct entity){"0001",
                            {"vc1", "datacenter", "cluster", "host-17.example.com", vms[v].moid,
                             vms[v].moid, "503b3b5e-0000-0000-0000-000000000000", "", ""}};
        for (int s = 0; s < SERIES; s++)
            vms[v].ticks[s] = rand_r(seed) % 20000;
    }
    return vms;
}

static void fill(struct row_batch *batch, struct vm *vms, int n, int64_t time, unsigned *seed)
{
    row_batch_init(batch);
    for (int v = 0; v < n; v++) {
        next_values(&vms[v], seed);
        row_batch_row(batch, &vms[v].entity, (struct server_time){time}, 20);
        for (unsigned s = 0; s < SERIES; s++)
            row_batch_value(batch, Q_CPU_READY, FORM_INSTANCE, s, vms[v].ticks[s]);
    }
}

struct times {
    double taking, flushing, longest;
    int64_t seq;
};

static void write_row(void *store, struct vm *vms, int n, int64_t time, unsigned *seed,
                      struct times *times)
{
    struct store_error err = {0};
    for (int first = 0; first < n; first += BATCH_VMS) {
        struct row_batch batch;
        int64_t durable;
        uint64_t bytes;
        fill(&batch, vms + first, n - first < BATCH_VMS ? n - first : BATCH_VMS, time, seed);
        double start = seconds(CLOCK_THREAD_CPUTIME_ID);
        if (store_embedded.write(store, ++times->seq, &batch, &durable, &bytes, &err) != STORE_DONE)
            die("write", &err);
        times->taking += seconds(CLOCK_THREAD_CPUTIME_ID) - start;
        row_batch_free(&batch);
    }
}

static void flush(void *store, struct times *times)
{
    struct store_error err = {0};
    int64_t durable;
    double start = seconds(CLOCK_MONOTONIC);
    if (store_embedded.flush(store, 1, &durable, &err) != STORE_DONE)
        die("flush", &err);
    double took = seconds(CLOCK_MONOTONIC) - start;
    times->flushing += took;
    times->longest = took > times->longest ? took : times->longest;
}

static void read_back(void *store, int hours)
{
    struct store_error err = {0};
    struct embedded_key key = {"0001", "vm-7", Q_CPU_READY, FORM_INSTANCE, 0};
    struct embedded_point *points;
    struct row_batch batch;
    size_t n = 0;
    double start = seconds(CLOCK_MONOTONIC);
    for (key.instance = 0; key.instance < SERIES; key.instance++) {
        if (embedded_query(store, &key, (struct server_time){0},
                           (struct server_time){T0 + hours * INT64_C(3600000)}, &points, &n,
                           &err) != 0)
            die("query", &err);
        free(points);
    }
    printf("query: %d h of a series (%zu points): %.2f ms\n", hours, n,
           (seconds(CLOCK_MONOTONIC) - start) * 1e3 / SERIES);
    start = seconds(CLOCK_MONOTONIC);
    if (embedded_latest(store, 60000, &batch, &err) != 0)
        die("latest", &err);
    printf("latest: %zu rows: %.1f ms\n", batch.nrows, (seconds(CLOCK_MONOTONIC) - start) * 1e3);
    row_batch_free(&batch);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: embedded_bench FOLDER [VMs] [hours]\n");
        return 2;
    }
    int n = argc > 2 ? atoi(argv[2]) : 1000, hours = argc > 3 ? atoi(argv[3]) : 2;
    unsigned seed = 1;
    struct store_options options = {.path = argv[1], .retention_days = 7, .flush_seconds = 3600};
    struct store_error err = {0};
    struct embedded_stats stats;
    struct times times = {0};
    struct vm *vms = make_vms(n, &seed);
    void *store;
    double before = resident_mb(), most = 0;
    if (!vms || store_embedded.open(&options, &store, &err) != 0)
        die("open", &err);
    for (int r = 0; r < hours * ROWS_AN_HOUR; r++) {
        write_row(store, vms, n, T0 + r * INT64_C(20000), &seed, &times);
        double now = resident_mb() - before;
        most = now > most ? now : most;
        if ((r + 1) % ROWS_A_FLUSH == 0)
            flush(store, &times);
    }
    double values = (double)n * SERIES * ROWS_AN_HOUR * hours;
    embedded_stats(store, &stats);
    printf("%d VMs x %d series x %d h = %.1f M values\n", n, SERIES, hours, values / 1e6);
    printf("write: %.1f M values/s of CPU; most memory %.0f MB\n", values / times.taking / 1e6,
           most);
    printf("flush: %.0f k chunks/s, longest %.2f s\n",
           (double)stats.chunks_written / times.flushing / 1e3, times.longest);
    read_back(store, hours);
    store_embedded.close(store);
    double start = seconds(CLOCK_MONOTONIC);
    if (store_embedded.open(&options, &store, &err) != 0)
        die("open", &err);
    embedded_stats(store, &stats);
    printf("reopen: %.2f s, %llu series restored\n", seconds(CLOCK_MONOTONIC) - start,
           (unsigned long long)stats.series);
    printf("size: %.2f bytes a value\n", (double)stats.file_bytes / values);
    store_embedded.close(store);
    free(vms);
    return 0;
}
