/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ailment.h"
#include "noise.h"
#include "publish.h"
#include "query_series.h"
#include "truth.h"
#include "truth_host.h"

enum { HALF_HOUR_MS = 1800 * 1000, OFF_PERCENT = 5, VCPUS_MOST = 16, ADDS_DISK_ONE_IN = 8 };

/* A Monday at midnight, as the first of some days that seeds choose from. */
static const int64_t FIRST_DAY_MS = INT64_C(1760313600000), DAY_MS = INT64_C(86400000);

struct sim {
    struct world world;
    int64_t now_ms;
};

struct sim_hour {
    struct sim *sim;
    uint32_t object;
    bool is_host;
    struct history vm;
    struct host_history host;
};

static int64_t some_time(uint64_t seed)
{
    int64_t at = (int64_t)(noise_unit(noise_key(seed, 900)) * 7 * (double)DAY_MS);
    return FIRST_DAY_MS + at / 1000 * 1000;
}

/* Some of the disks are half an hour old. */
static bool add_disks(struct world *w, uint64_t seed)
{
    for (uint32_t i = w->first[KIND_VM]; i < w->nobjects; i++) {
        struct epoch epoch = *world_present(&w->objects[i]);
        if (noise_key(noise_key(seed, 901), i) % ADDS_DISK_ONE_IN != 0)
            continue;
        epoch.disks_added++;
        if (!world_change(w, &w->objects[i], epoch))
            return false;
    }
    return true;
}

struct sim *sim_new(const struct sim_options *options)
{
    struct sim *sim = calloc(1, sizeof *sim);
    const struct scenario *scenario = options->scenario ? scenario_find(options->scenario) : NULL;
    if (!sim || (options->scenario && !scenario)) {
        free(sim);
        return NULL;
    }
    sim->now_ms = some_time(options->seed);
    struct world_options of_world = {.vms = options->vms,
                                     .hosts = options->hosts,
                                     .vcpus_max = VCPUS_MOST,
                                     .off_percent = OFF_PERCENT,
                                     .guest_counters = options->guest_counters,
                                     .seed = options->seed,
                                     .scenario = scenario,
                                     .name = "property",
                                     .start_ms = sim->now_ms - HALF_HOUR_MS,
                                     .speed = 1};
    bool ok = world_init(&sim->world, &of_world) && add_disks(&sim->world, options->seed);
    sim->world.options.start_ms += HALF_HOUR_MS;
    if (ok)
        return sim;
    sim_free(sim);
    return NULL;
}

void sim_free(struct sim *sim)
{
    world_free(&sim->world);
    free(sim);
}

size_t sim_vms(const struct sim *sim)
{
    return sim->world.nobjects - sim->world.first[KIND_VM];
}

size_t sim_hosts(const struct sim *sim)
{
    return sim->world.nhosts;
}

const char *sim_scenario(size_t i)
{
    return i < scenario_count() ? scenario_at(i)->name : NULL;
}

int sim_counter(const struct sim *sim, const char *name)
{
    int row = catalogue_find_name(name);
    return row >= 0 && catalogue_listed(&sim->world.catalogue, (size_t)row) ? row : -1;
}

/* ---- hours ---- */

static struct sim_hour *load(struct sim *sim, uint32_t object, bool is_host)
{
    struct sim_hour *hour = calloc(1, sizeof *hour);
    const int64_t from = sim->now_ms - HISTORY_MS, to = sim->now_ms;
    if (!hour)
        return NULL;
    *hour = (struct sim_hour){.sim = sim, .object = object, .is_host = is_host};
    int rc = is_host
                 ? history_load_host(&sim->world, object, from, to, SIM_SAMPLES_MAX, &hour->host)
                 : history_load(&sim->world, object, from, to, SIM_SAMPLES_MAX, &hour->vm);
    if (rc == 0)
        return hour;
    sim_hour_free(hour);
    return NULL;
}

struct sim_hour *sim_vm_hour(struct sim *sim, size_t i)
{
    return load(sim, sim->world.first[KIND_VM] + (uint32_t)i, false);
}

struct sim_hour *sim_host_hour(struct sim *sim, size_t i)
{
    return load(sim, sim->world.first[KIND_HOST] + (uint32_t)i, true);
}

void sim_hour_free(struct sim_hour *hour)
{
    history_free(&hour->vm);
    history_free_host(&hour->host);
    free(hour);
}

size_t sim_samples(const struct sim_hour *hour)
{
    return hour->is_host ? hour->host.n : hour->vm.n;
}

int64_t sim_time_ms(const struct sim_hour *hour, size_t sample)
{
    return hour->is_host ? hour->host.samples[sample].time_ms : hour->vm.samples[sample].time_ms;
}

void sim_facts(const struct sim_hour *hour, struct sim_facts *ret)
{
    const struct world *w = &hour->sim->world;
    const struct object *o = &w->objects[hour->object];
    *ret = (struct sim_facts){.name = o->name, .memory_bytes = o->memory_mb << 20};
    world_moid(w, hour->object, ret->moid);
    if (hour->is_host) {
        const struct host_sample *s = &hour->host.samples[hour->host.n - 1];
        ret->threads = s->threads;
        ret->cores = s->cores;
        ret->vms = s->vms;
        ret->vcpus = s->vcpus;
        ret->policy = (int)s->policy;
        return;
    }
    ret->mhz = w->objects[world_present(o)->host].mhz;
    ret->scenario = o->scenario->name;
    ret->has_holes = o->scenario->missing > 0;
    ret->bully = o->bully;
}

void sim_moment(const struct sim_hour *hour, size_t sample, struct sim_moment *ret)
{
    const struct vm_sample *s = &hour->vm.samples[sample];
    *ret = (struct sim_moment){
        .vcpus = s->cpus,
        .disks = s->disks.n,
        .nics = s->nics.n,
        .snapshot_bytes = s->disks.snapshot_kb * 1024,
        .capacity = s->guest.capacity,
        .free = s->guest.free,
        .swaps = s->memory.swapin_kbps > 0 || s->memory.swapout_kbps > 0,
    };
    unsigned on = 0; /* bits of datastores */
    for (int d = 0; d < s->disks.n; d++) {
        const unsigned bit = 1u << s->disks.place[d].datastore;
        ret->datastores += !(on & bit);
        on |= bit;
        ret->iops += (int64_t)s->disks.of[d].reads + s->disks.of[d].writes;
        ret->raw = ret->raw || s->disks.place[d].rdm;
        ret->files = ret->files || datastores[s->disks.place[d].datastore].type[0] == 'N';
    }
}

/* ---- series ---- */

struct telling {
    size_t n;
    sim_series_fn *tell;
    void *ctx;
};

static void tell_series(void *ctx, const struct series *series, const char *instance)
{
    const struct telling *telling = ctx;
    int64_t values[SIM_SAMPLES_MAX];
    for (size_t i = 0; i < telling->n; i++)
        values[i] = series_value(series, i);
    telling->tell(telling->ctx, instance, values, telling->n);
}

/* A query for a part of the hour answers with the devices of the newest sample in it. */
static struct history part(const struct history *h, size_t first, size_t n)
{
    struct history part = *h;
    part.samples += first;
    part.n = n;
    part.shape = part.samples[n - 1];
    for (size_t i = 0; i < n; i++)
        if (part.samples[i].cpus > part.shape.cpus)
            part.shape.cpus = part.samples[i].cpus;
    part.cpus_most = part.shape.cpus;
    return part;
}

void sim_series(const struct sim_hour *hour, size_t first, size_t n, int counter,
                sim_series_fn *tell, void *ctx)
{
    struct telling telling = {n, tell, ctx};
    const struct metric metric = {.row = counter, .all = true};
    struct series_source source = {.catalogue = &hour->sim->world.catalogue};
    struct history vm;
    struct host_history host = hour->host;
    if (hour->is_host) {
        host.samples += first;
        host.n = n;
        source.host = &host;
        source.key = host.key;
    } else {
        vm = part(&hour->vm, first, n);
        source.history = &vm;
        source.key = vm.vm_key;
    }
    series_each(&source, &metric, tell_series, &telling);
}

/* ---- truth ---- */

void sim_guest_text(const struct sim_hour *hour, size_t sample, int64_t time_ms, struct buf *out)
{
    publish_write(&hour->vm.samples[sample].guest, time_ms, out);
}

/* What a guest without a voice leaves unknown; some of it the server may count, too. */
static const struct {
    const char *name;
    bool counted;
} said_by_guests[] = {
    {"cpu.run_queue", true},         {"cpu.context_switches", true}, {"cpu.guest_cpu", false},
    {"cpu.guest_difference", false}, {"mem.page_in", true},          {"mem.page_out", true},
    {"mem.guest_swap_used", false},  {"mem.guest_needed", true},     {"mem.guest_available", false},
    {"mem.guest_difference", true},  {"disk.queue", true},           {"net.ring_drops", false},
    {"net.driver_drops", false},     {"guest.app", false},
};

struct silence { /* tells on what is known without a report */
    bool counters;
    sim_truth_fn *tell;
    void *ctx;
};

static void tell_unless_said(void *ctx, const char *quantity, const char *form,
                             const char *instance, double value)
{
    const struct silence *silence = ctx;
    for (size_t i = 0; i < sizeof said_by_guests / sizeof *said_by_guests; i++)
        if (strcmp(said_by_guests[i].name, quantity) == 0 &&
            !(silence->counters && said_by_guests[i].counted))
            return;
    silence->tell(silence->ctx, quantity, form, instance, value);
}

/* Counters are of the same interval, and have only hundredths of the disk queue. */
static void by_counters(const struct guest_sample *now, struct guest_sample *said)
{
    said->run_queue = now->run_queue;
    said->context_switches = now->context_switches;
    said->page_in_kbps = now->page_in_kbps;
    said->page_out_kbps = now->page_out_kbps;
    said->needed_kb = now->needed_kb;
    said->disk_queue_milli = now->disk_queue_milli / 10 * 10;
}

/* The sample with what others than counters say put in. */
static struct vm_sample as_seen(const struct sim_hour *hour, const struct sim_view *view)
{
    const struct vm_sample *now = &hour->vm.samples[view->sample];
    const struct vm_sample *newest = &hour->vm.samples[view->newest];
    struct vm_sample s = *now;
    if (view->report != SIM_NO_REPORT)
        s.guest = hour->vm.samples[view->report].guest;
    if (hour->sim->world.catalogue.guest)
        by_counters(&now->guest, &s.guest);
    s.guest.capacity = newest->guest.capacity;
    s.guest.free = newest->guest.free;
    s.disks.snapshot_kb = newest->disks.snapshot_kb;
    return s;
}

void sim_truth(const struct sim_hour *hour, const struct sim_view *view, sim_truth_fn *tell,
               void *ctx)
{
    struct silence silence = {hour->sim->world.catalogue.guest, tell, ctx};
    if (hour->is_host) {
        truth_host_each(&hour->host.samples[view->sample], tell, ctx);
        return;
    }
    const struct vm_sample s = as_seen(hour, view);
    if (view->report == SIM_NO_REPORT)
        truth_each(&s, tell_unless_said, &silence);
    else
        truth_each(&s, tell, ctx);
}

bool sim_ails(const struct sim_hour *hour, size_t sample)
{
    const struct object *o = &hour->sim->world.objects[hour->object];
    return ailment_is_felt(o->scenario->name, &hour->vm.samples[sample], o->bully);
}
