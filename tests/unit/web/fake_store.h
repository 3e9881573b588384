/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * An embedded store that keeps nothing: rows are a pure function of (VM, time), made by the real
 * model from made-up samples, so that what the web room shows can be computed by its tests. The
 * program that includes this file defines the embedded_* functions and links no other store.
 *
 * VM i has 1 << i % 4 vCPUs, 4 GiB for each, and one of six stories; some of its rows are refused
 * (their states do not add up), some are missing, one VM in fifty has been silent for four minutes,
 * and one in forty has no sample of granted memory. Disks, vNICs, guests and hosts are those of
 * fake_devices.h. Of the vCenters prod says how good its data is; lab is told by an older service.
 */
#ifndef UNIT_WEB_FAKE_STORE_H
#define UNIT_WEB_FAKE_STORE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "layers/layers.h"
#include "layers/quality.h"
#include "stores/embedded.h"

#include "fake_devices.h"

enum { FAKE_STEP = 20000, FAKE_VCPUS = 8, FAKE_MHZ = 2400, FAKE_SILENT_MS = 240000 };

struct fake_vm {
    struct entity entity;
    unsigned index, vcpus;
    char vcenter[16], name[64], moid[24], uuid[48], host[32], cluster[16], devices[400];
};

struct fake_store {
    size_t nvms;
    struct fake_vm *vms;
    struct fake_host hosts[FAKE_ALL_HOSTS]; /* of prod, of lab */
    bool judged;                            /* newest rows have a verdict, over five intervals */
    int64_t now_ms;                         /* of the newest row; 0 = the clock */
    const char *failing;                    /* if set, every call fails with it */
};

/* Spreads bits: the same input gives the same number everywhere. */
static inline uint32_t fake_hash(uint64_t x)
{
    x = (x ^ x >> 31) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 29) * UINT64_C(0xbf58476d1ce4e5b9);
    return (uint32_t)(x >> 32);
}

/* 0 to 1, smooth over `period` ms. */
static inline double fake_wave(unsigned seed, int64_t t, int64_t period)
{
    int64_t at = t / period;
    double part = (double)(t % period) / (double)period;
    double a = fake_hash((uint64_t)at * 7919 + seed) / 4294967296.0;
    double b = fake_hash((uint64_t)(at + 1) * 7919 + seed) / 4294967296.0;
    part = part * part * (3 - 2 * part);
    return a + (b - a) * part;
}

enum fake_story { QUIET, CONTENTION, COSTOP, LIMITED, SWAPPING, BUSY, FAKE_STORIES };

static inline enum fake_story fake_story(const struct fake_vm *vm)
{
    return (enum fake_story)(vm->index % FAKE_STORIES);
}

static inline bool fake_refused(const struct fake_vm *vm, int64_t t)
{
    return vm->index % 7 == 1 && fake_hash((uint64_t)t / 60000 * 31 + vm->index) % 24 == 0;
}

static inline bool fake_missing(const struct fake_vm *vm, int64_t t)
{
    return vm->index % 5 == 1 && fake_hash((uint64_t)t / 120000 * 17 + vm->index) % 30 == 0;
}

/* One vCPU's counters at a time, in ms of 20,000. */
static inline void fake_state(const struct fake_vm *vm, unsigned vcpu, int64_t t, int64_t *of)
{
    static const double load[FAKE_STORIES] = {.06, .55, .5, .45, .3, .85};
    static const double ready[FAKE_STORIES] = {.002, .3, .06, .02, .02, .04};
    enum fake_story story = fake_story(vm);
    unsigned seed = vm->index * 64 + vcpu;
    double busy = fake_wave(seed, t, 300000) * .4 + fake_wave(vm->index, t, 1500000) * .6;
    double spike = fake_wave(vm->index + 9000, t, 600000);
    double left = 20000;
    double run = left * load[story] * (.35 + .75 * busy);
    double wanted = left * ready[story] * (.1 + 2.2 * spike * spike) * (vcpu == 0 ? 1.3 : .8);
    double costop = story == COSTOP && vm->vcpus > 1 ? left * .22 * spike : 0;
    double limit = story == LIMITED ? left * .3 * spike : 0;
    double swap = story == SWAPPING ? left * .18 * spike * busy : 0;
    double other = left * .012 * fake_wave(seed + 77, t, 120000);
    double whole = run + wanted + costop + limit + swap + other;
    double fit = whole > left * .98 ? left * .98 / whole : 1;
    of[CPU_RUN] = (int64_t)(run * fit);
    of[CPU_MAXLIMITED] = (int64_t)(limit * fit);
    of[CPU_READY] = (int64_t)(wanted * fit) + of[CPU_MAXLIMITED];
    of[CPU_COSTOP] = (int64_t)(costop * fit);
    of[CPU_SWAPWAIT] = (int64_t)(swap * fit);
    of[CPU_WAIT] = FAKE_STEP - of[CPU_RUN] - of[CPU_READY] - of[CPU_COSTOP];
    of[CPU_IDLE] = of[CPU_WAIT] - of[CPU_SWAPWAIT] - (int64_t)(other * fit);
    of[CPU_OVERLAP] = of[CPU_RUN] / 40;
    of[CPU_USED] = (int64_t)((double)of[CPU_RUN] * (.82 + .25 * fake_wave(seed + 5, t, 900000)));
    if (fake_refused(vm, t))
        of[CPU_WAIT] += 900;
}

static inline int64_t fake_memory_bytes(const struct fake_vm *vm)
{
    return (int64_t)vm->vcpus << 32;
}

/* The VM's memory counters at a time, in KB, KB/s and hundredths of a percent. Under pressure the
 * balloon takes first, then memory is compressed and swapped; what comes back is waited for. */
static inline void fake_memory(const struct fake_vm *vm, int64_t t, int64_t *of)
{
    double whole = (double)fake_memory_bytes(vm) / 1024;
    double busy = fake_wave(vm->index + 500, t, 1500000);
    double press = fake_wave(vm->index + 600, t, 900000);
    press = fake_story(vm) == SWAPPING ? press : fake_story(vm) == LIMITED ? press * .3 : 0;
    double balloon = whole * .22 * (press < .5 ? press * 2 : 1);
    double swapped = whole * .18 * (press > .4 ? press - .4 : 0);
    double zipped = whole * .1 * (press > .3 ? press - .3 : 0);
    double back = press > .4 ? (press - .4) * fake_wave(vm->index + 700, t, 120000) : 0;
    of[MEM_GRANTED] = (int64_t)(whole * .93 - balloon - swapped - zipped - whole * .1 * (1 - busy));
    of[MEM_ACTIVE] = (int64_t)(whole * (.08 + .3 * busy));
    of[MEM_SHARED] = of[MEM_GRANTED] / 9;
    of[MEM_CONSUMED] = of[MEM_GRANTED] - of[MEM_SHARED] * 2 / 3;
    of[MEM_OVERHEAD] = (int64_t)(whole / 160) + 40000;
    of[MEM_VMMEMCTL] = (int64_t)balloon;
    of[MEM_SWAPPED] = (int64_t)swapped;
    of[MEM_COMPRESSED] = (int64_t)zipped;
    of[MEM_LLSWAPUSED] = (int64_t)(swapped / 3);
    of[MEM_SWAPINRATE] = (int64_t)(back * 24000);
    of[MEM_SWAPOUTRATE] = (int64_t)(press * 3000);
    of[MEM_DECOMPRESSIONRATE] = (int64_t)(back * 9000);
    of[MEM_COMPRESSIONRATE] = (int64_t)(press * 1500);
    of[MEM_LLSWAPINRATE] = (int64_t)(back * 6000);
    of[MEM_LATENCY] = (int64_t)(back * 2600);
    of[MEM_USAGE] = (int64_t)((double)of[MEM_ACTIVE] / whole * 10000);
    if (vm->index % 40 == 13)
        of[MEM_GRANTED] = SAMPLE_MISSING;
}

static const enum counter fake_counters[] = {CPU_RUN,      CPU_READY,      CPU_COSTOP,
                                             CPU_WAIT,     CPU_IDLE,       CPU_OVERLAP,
                                             CPU_SWAPWAIT, CPU_MAXLIMITED, CPU_USED};
static const enum counter fake_alone[] = {/* only of the VM */
                                          CPU_SYSTEM,
                                          CPU_USAGEMHZ,
                                          CPU_USAGE,
                                          CPU_LATENCY,
                                          CPU_DEMAND,
                                          MEM_GRANTED,
                                          MEM_ACTIVE,
                                          MEM_CONSUMED,
                                          MEM_SHARED,
                                          MEM_OVERHEAD,
                                          MEM_VMMEMCTL,
                                          MEM_SWAPPED,
                                          MEM_COMPRESSED,
                                          MEM_LLSWAPUSED,
                                          MEM_SWAPINRATE,
                                          MEM_SWAPOUTRATE,
                                          MEM_DECOMPRESSIONRATE,
                                          MEM_COMPRESSIONRATE,
                                          MEM_LLSWAPINRATE,
                                          MEM_LATENCY,
                                          MEM_USAGE};
enum {
    FAKE_COUNTERS = sizeof fake_counters / sizeof *fake_counters,
    FAKE_ALONE = sizeof fake_alone / sizeof *fake_alone
};

/* The rows of a VM at the given times, appended to the batch, with the verdict of a judge if there
 * is one. */
static inline void fake_judged_rows(const struct fake_vm *vm, const struct server_time *times,
                                    size_t n, struct verdict *verdict, struct row_batch *out)
{
    static const char *const names[] = {"0", "1", "2", "3", "4", "5", "6", "7"};
    const size_t nseries = (size_t)FAKE_COUNTERS * (vm->vcpus + 1) + FAKE_ALONE;
    int64_t *values = calloc((nseries + FAKE_DEVICE_SERIES) * n + 1, sizeof *values);
    int32_t *intervals = calloc(n + 1, sizeof *intervals);
    struct guest_report *reports = calloc(n + 1, sizeof *reports);
    struct sample_series *series = calloc(nseries + FAKE_DEVICE_SERIES, sizeof *series);
    if (!values || !intervals || !reports || !series)
        abort();
    for (size_t s = 0; s < nseries; s++)
        series[s].values = values + s * n;
    struct sample_series *alone = series + (size_t)FAKE_COUNTERS * (vm->vcpus + 1);
    for (size_t s = 0; s < FAKE_ALONE; s++) {
        alone[s].counter = fake_alone[s];
        alone[s].instance = "";
    }
    for (size_t t = 0; t < n; t++) {
        int64_t of[COUNTER_COUNT] = {0}, sum[COUNTER_COUNT] = {0};
        intervals[t] = FAKE_STEP / 1000;
        for (unsigned v = 0; v <= vm->vcpus; v++) {
            if (v < vm->vcpus)
                fake_state(vm, v, times[t].ms, of);
            for (size_t c = 0; c < FAKE_COUNTERS; c++) {
                size_t s = (size_t)v * FAKE_COUNTERS + c;
                series[s].counter = fake_counters[c];
                series[s].instance = v < vm->vcpus ? names[v] : "";
                sum[fake_counters[c]] += v < vm->vcpus ? of[fake_counters[c]] : 0;
                values[s * n + t] = v < vm->vcpus ? of[fake_counters[c]] : sum[fake_counters[c]];
            }
        }
        sum[CPU_SYSTEM] = sum[CPU_RUN] / 50;
        size_t of_used = ((size_t)FAKE_COUNTERS * vm->vcpus + FAKE_COUNTERS - 1) * n;
        values[of_used + t] += sum[CPU_SYSTEM] + sum[CPU_RUN] / 80;
        size_t base = (size_t)FAKE_COUNTERS * (vm->vcpus + 1) * n;
        sum[CPU_USAGEMHZ] = sum[CPU_USED] * FAKE_MHZ / FAKE_STEP;
        sum[CPU_USAGE] = sum[CPU_USED] * 10000 / FAKE_STEP / (int64_t)vm->vcpus;
        sum[CPU_LATENCY] = sum[CPU_READY] * 10000 / FAKE_STEP / (int64_t)vm->vcpus;
        sum[CPU_DEMAND] = (sum[CPU_RUN] + sum[CPU_READY]) * FAKE_MHZ / FAKE_STEP;
        fake_memory(vm, times[t].ms, sum);
        for (size_t c = 0; c < FAKE_ALONE; c++)
            values[base + c * n + t] = sum[fake_alone[c]];
    }
    struct fake_filler fill = {.series = series,
                               .values = values,
                               .nseries = nseries,
                               .ntimes = n,
                               .times = times,
                               .vm = vm->index};
    fake_fill_devices(&fill);
    for (size_t t = 0; t < n; t++)
        reports[t] = fake_report(vm->index, times[t]);
    struct sample_block block = {.entity = &vm->entity,
                                 .backing = BACKING_KNOWN,
                                 .snapshot_bytes = vm->index % 11 == 5 ? INT64_C(3) << 30 : 0,
                                 .guest = {.capacity = INT64_C(64) << 30,
                                           .free = INT64_C(16) << 30,
                                           .nreports = fake_speaks(vm->index) ? n : 0,
                                           .reports = reports},
                                 .memory_bytes = fake_memory_bytes(vm),
                                 .host_mhz = FAKE_MHZ,
                                 .ntimes = n,
                                 .times = times,
                                 .intervals = intervals,
                                 .nseries = fill.nseries,
                                 .series = series};
    struct layer_options options = {.other_wait_is_unmet = true, .verdict = verdict};
    struct layer_findings findings = {0};
    layers_rows(&block, &options, out, &findings);
    free(values);
    free(intervals);
    free(reports);
    free(series);
}

static inline void fake_rows(const struct fake_vm *vm, const struct server_time *times, size_t n,
                             struct row_batch *out)
{
    fake_judged_rows(vm, times, n, NULL, out);
}

static inline void fake_name(struct fake_vm *vm)
{
    static const char *const roles[] = {"web", "db", "batch", "mail", "build", "cache", "api"};
    unsigned i = vm->index;
    snprintf(vm->name, sizeof vm->name, "%s-%03u", roles[i % 7], i);
    if (i == 3) /* whoever may rename a VM may write this */
        snprintf(vm->name, sizeof vm->name, "<img src=x onerror=alert(1)>\"'&\t\xc3\xa4");
    snprintf(vm->vcenter, sizeof vm->vcenter, "%s", i % 10 == 9 ? "lab" : "prod");
    snprintf(vm->moid, sizeof vm->moid, "vm-%u", 1000 + i);
    snprintf(vm->uuid, sizeof vm->uuid, "5000c29a-0000-4000-8000-%012u", i);
    snprintf(vm->host, sizeof vm->host, "esx%02u.example.net", i % 16);
    snprintf(vm->cluster, sizeof vm->cluster, "cluster-%c", 'a' + (char)(i % 3));
}

static inline void fake_open(struct fake_store *store, size_t nvms)
{
    *store = (struct fake_store){.nvms = nvms, .vms = calloc(nvms + 1, sizeof *store->vms)};
    if (!store->vms)
        abort();
    for (size_t i = 0; i < nvms; i++) {
        struct fake_vm *vm = &store->vms[i];
        vm->index = (unsigned)i;
        vm->vcpus = 1u << i % 4;
        fake_name(vm);
        vm->entity = (struct entity){.vcenter_uuid = vm->vcenter,
                                     .label = {vm->vcenter, "dc1", vm->cluster, vm->host, vm->name,
                                               vm->moid, vm->uuid, "", vm->devices}};
        fake_device_text(vm->index, vm->devices, sizeof vm->devices);
    }
    for (unsigned i = 0; i < FAKE_ALL_HOSTS; i++)
        fake_host_open(&store->hosts[i], i < FAKE_HOSTS ? "prod" : "lab", i % FAKE_HOSTS);
}

static inline void fake_close(struct fake_store *store)
{
    free(store->vms);
}

/* The newest time a VM has a row of. */
static inline struct server_time fake_newest(const struct fake_store *store,
                                             const struct fake_vm *vm)
{
    int64_t now = store->now_ms ? store->now_ms : wall_now().ms - 5000;
    if (vm->index % 50 == 49)
        now -= FAKE_SILENT_MS;
    return (struct server_time){now / FAKE_STEP * FAKE_STEP};
}

static inline int fake_fails(const struct fake_store *store, struct store_error *err)
{
    if (store->failing)
        snprintf(err->message, sizeof err->message, "%s", store->failing);
    return store->failing ? -1 : 0;
}

static inline const struct fake_vm *fake_find(const struct fake_store *store, const char *vcenter,
                                              const char *moid)
{
    for (size_t i = 0; i < store->nvms; i++)
        if (strcmp(store->vms[i].moid, moid) == 0 && strcmp(store->vms[i].vcenter, vcenter) == 0)
            return &store->vms[i];
    return NULL;
}

/* The newest row of a VM: of the last five of a judge, or alone. */
static inline void fake_newest_row(const struct fake_store *store, const struct fake_vm *vm,
                                   struct row_batch *ret)
{
    enum { LAST = 5 };
    struct server_time times[LAST], newest = fake_newest(store, vm);
    if (!store->judged) {
        fake_rows(vm, &newest, 1, ret);
        return;
    }
    struct verdict_options options;
    verdict_defaults(&options);
    struct verdict *judge = verdict_new(&options);
    struct row_batch batch;
    if (!judge)
        abort();
    row_batch_init(&batch);
    for (int i = 0; i < LAST; i++)
        times[i].ms = newest.ms - (int64_t)(LAST - 1 - i) * FAKE_STEP;
    fake_judged_rows(vm, times, LAST, judge, &batch);
    const struct layer_row *row = &batch.rows[LAST - 1];
    row_batch_row(ret, row->entity, row->time, row->interval_s);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &batch.values[row->first + i];
        row_batch_value(ret, (enum quantity)value->quantity, (enum form)value->form,
                        value->instance, value->ticks);
    }
    row_batch_free(&batch);
    verdict_free(judge);
}

static inline struct server_time fake_now(const struct fake_store *store)
{
    const int64_t now = store->now_ms ? store->now_ms : wall_now().ms - 5000;
    return (struct server_time){now / FAKE_STEP * FAKE_STEP};
}

/* How the last collection of prod went. */
static inline void fake_quality(const struct fake_store *store, struct row_batch *ret)
{
    static const struct entity prod = {
        .vcenter_uuid = "prod",
        .label = {"prod", "", "", "", "", "vcenter", "uuid-of-prod", "vcenter", ""}};
    struct cycle_quality quality = {.entity = &prod,
                                    .time = fake_now(store),
                                    .interval_s = FAKE_STEP / 1000,
                                    .expected = 196,
                                    .received = 192,
                                    .missing = 7,
                                    .late = 2,
                                    .lag_ms = 4200,
                                    .clock_ms = -350,
                                    .entities = 196,
                                    .silent = 4};
    quality_row(&quality, 3, 1, ret);
}

int embedded_latest(void *store, int64_t max_age_ms, struct row_batch *ret, struct store_error *err)
{
    const struct fake_store *fake = store;
    const struct server_time now = fake_now(fake);
    (void)max_age_ms;
    for (size_t i = 0; i < fake->nvms; i++)
        fake_newest_row(fake, &fake->vms[i], ret);
    for (size_t i = 0; fake->nvms && i < FAKE_ALL_HOSTS; i++)
        fake_host_rows(&fake->hosts[i], &now, 1, ret);
    if (fake->nvms)
        fake_quality(fake, ret);
    return fake_fails(fake, err);
}

int embedded_latest_some(void *store, int64_t max_age_ms,
                         bool (*wanted)(const void *ctx, const struct entity *entity),
                         const void *ctx, struct row_batch *ret, struct store_error *err)
{
    const int failed = embedded_latest(store, max_age_ms, ret, err);
    size_t kept = 0;
    for (size_t i = 0; i < ret->nrows; i++)
        if (!wanted || wanted(ctx, ret->rows[i].entity))
            ret->rows[kept++] = ret->rows[i];
    ret->nrows = kept;
    return failed;
}

static inline const struct fake_host *fake_find_host(const struct fake_store *store,
                                                     const char *vcenter, const char *moid)
{
    for (size_t i = 0; i < FAKE_ALL_HOSTS; i++)
        if (strcmp(store->hosts[i].moid, moid) == 0 &&
            strcmp(store->hosts[i].vcenter, vcenter) == 0)
            return &store->hosts[i];
    return NULL;
}

int embedded_latest_of(void *store, const char *vcenter, const char *moid, struct row_batch *ret,
                       struct store_error *err)
{
    const struct fake_store *fake = store;
    const struct fake_vm *vm = fake_find(fake, vcenter, moid);
    const struct fake_host *host = fake_find_host(fake, vcenter, moid);
    const struct server_time now = fake_now(fake);
    if (vm)
        fake_newest_row(fake, vm, ret);
    else if (host)
        fake_host_rows(host, &now, 1, ret);
    return fake_fails(fake, err);
}

int embedded_query(void *store, const struct embedded_key *key, struct server_time from,
                   struct server_time to, struct embedded_point **ret, size_t *ret_n,
                   struct store_error *err)
{
    const struct fake_store *fake = store;
    const struct fake_vm *vm = fake_find(fake, key->vcenter_uuid, key->moid);
    const struct fake_host *host = fake_find_host(fake, key->vcenter_uuid, key->moid);
    if (fake_fails(fake, err) != 0)
        return -1;
    int64_t last = vm ? fake_newest(fake, vm).ms : host ? fake_now(fake).ms : 0;
    last = to.ms < last ? to.ms / FAKE_STEP * FAKE_STEP : last;
    int64_t first = (from.ms / FAKE_STEP + 1) * FAKE_STEP;
    size_t room = last >= first ? (size_t)((last - first) / FAKE_STEP + 1) : 0, n = 0;
    struct server_time *times = calloc(room + 1, sizeof *times);
    struct embedded_point *points = calloc(room + 1, sizeof *points);
    if (!times || !points)
        abort();
    for (size_t i = 0; i < room; i++) {
        times[n].ms = first + (int64_t)i * FAKE_STEP;
        n += !vm || !fake_missing(vm, times[n].ms);
    }
    struct row_batch batch;
    row_batch_init(&batch);
    if (vm)
        fake_rows(vm, times, n, &batch);
    else if (host)
        fake_host_rows(host, times, n, &batch);
    *ret_n = 0;
    for (size_t i = 0; i < batch.nrows; i++) {
        struct embedded_point *point = &points[*ret_n];
        point->time = batch.rows[i].time;
        *ret_n += row_find(&batch, &batch.rows[i], key->quantity, key->form, key->instance,
                           &point->ticks);
    }
    row_batch_free(&batch);
    free(times);
    if (!*ret_n) {
        free(points);
        points = NULL;
    }
    *ret = points;
    return 0;
}

void embedded_stats(void *store, struct embedded_stats *ret)
{
    const struct fake_store *fake = store;
    *ret = (struct embedded_stats){.series = fake->nvms * 40, .file_bytes = 1 << 20};
}

#endif
