/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The inventory at launch. A function of the options alone: the same seed gives the same VMs.
 *
 *     group-d1 (Datacenters)
 *       datacenter-1
 *         group-h2 - domain-c1 - host-1, host-2, ...
 *         group-v3 - vm-1, vm-2, ...
 *         group-s6 - datastore-1, datastore-2, ...
 *       datacenter-2
 *         group-h4 ...
 */
#include "world.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "disk.h"
#include "noise.h"
#include "publish.h"

enum { HOSTS_PER_CLUSTER = 4, CLUSTERS_PER_DATACENTER = 2, LARGE_CLUSTER = 16, LARGE = 64 };
enum { ROLES_MAX = 64, HOST_STEP_MB = 64 * 1024 };

struct shape {
    uint32_t datacenters, clusters, hosts, hosts_per_cluster, clusters_per_datacenter;
};

struct sequence { /* numbers VMs of one role */
    const char *role;
    unsigned last;
};

/* A slash in the second name and an umlaut in the third: vCenter escapes the one, UTF-8 has the
 * other. */
static const char *const places[] = {"Paris", "London", "Z\xc3\xbcrich", "Oslo"};
static const char *const stages[] = {"Production", "Test/Dev", "R&D", "Backup"};
static const uint16_t frequencies[] = {2600, 2294, 2100, 3192};

enum { TABLE_ROWS = 4 };

static struct object *append(struct world *w, enum kind kind, uint32_t parent, const char *name)
{
    struct object *o = &w->objects[w->nobjects];
    *o = (struct object){.kind = kind, .parent = parent, .entered = 1, .nepochs = 1};
    o->number = w->nobjects - w->first[kind] + 1;
    o->name = strdup(name);
    if (!o->name)
        return NULL;
    w->nobjects++;
    return o;
}

static bool add_folders(struct world *w, uint32_t datacenters)
{
    w->first[KIND_FOLDER] = 0;
    bool ok = append(w, KIND_FOLDER, ROOT_FOLDER, "Datacenters");
    uint32_t first = 1 + 3 * datacenters;
    for (uint32_t i = 0; i < datacenters && ok; i++)
        ok = append(w, KIND_FOLDER, first + i, "host") && append(w, KIND_FOLDER, first + i, "vm");
    for (uint32_t i = 0; i < datacenters && ok; i++)
        ok = append(w, KIND_FOLDER, first + i, "datastore");
    return ok;
}

static bool add_datacenters(struct world *w, uint32_t datacenters)
{
    w->first[KIND_DATACENTER] = w->nobjects;
    for (uint32_t i = 0; i < datacenters; i++) {
        char name[64];
        const char *place = places[i % TABLE_ROWS];
        if (i < TABLE_ROWS)
            snprintf(name, sizeof name, "%s", place);
        else
            snprintf(name, sizeof name, "%s-%" PRIu32, place, i / TABLE_ROWS + 1);
        if (!append(w, KIND_DATACENTER, ROOT_FOLDER, name))
            return false;
    }
    return true;
}

/* Shared storage: each datacenter has all of it, under the same names. */
static bool add_datastores(struct world *w, uint32_t datacenters)
{
    w->first[KIND_DATASTORE] = w->nobjects;
    for (uint32_t i = 0; i < datacenters * DATASTORES; i++) {
        uint32_t folder = 1 + 2 * datacenters + i / DATASTORES;
        if (!append(w, KIND_DATASTORE, folder, datastores[i % DATASTORES].name))
            return false;
    }
    return true;
}

static bool add_clusters(struct world *w, const struct shape *shape)
{
    w->first[KIND_CLUSTER] = w->nobjects;
    for (uint32_t i = 0; i < shape->clusters; i++) {
        char name[64];
        const char *stage = stages[i % TABLE_ROWS];
        if (i < TABLE_ROWS)
            snprintf(name, sizeof name, "%s", stage);
        else
            snprintf(name, sizeof name, "%s-%" PRIu32, stage, i / TABLE_ROWS + 1);
        uint32_t folder = 1 + 2 * (i / shape->clusters_per_datacenter);
        if (!append(w, KIND_CLUSTER, folder, name))
            return false;
    }
    return true;
}

static bool add_hosts(struct world *w, const struct shape *shape)
{
    w->first[KIND_HOST] = w->nobjects;
    w->nhosts = shape->hosts;
    for (uint32_t i = 0; i < shape->hosts; i++) {
        char name[64];
        uint32_t cluster = i / shape->hosts_per_cluster;
        snprintf(name, sizeof name, "esx-%02" PRIu32 ".example.com", i + 1);
        struct object *host = append(w, KIND_HOST, w->first[KIND_CLUSTER] + cluster, name);
        if (!host)
            return false;
        host->mhz = frequencies[cluster % TABLE_ROWS];
        host->threads = 16; /* until its VMs are known */
    }
    return true;
}

/* Of the i-th VM of a host. Some hosts have a tight resource pool, with every fourth VM in it. */
static const struct scenario *scenario_for(const struct world *w, uint32_t host, uint32_t i,
                                           uint64_t key)
{
    if (w->options.scenario)
        return w->options.scenario;
    if (w->nhosts > 1 && host % 8 == 1)
        return scenario_noisy;
    bool tight = w->nhosts > 2 && host % 8 == 2 && i % 4 == 0;
    return tight ? scenario_pressure : scenario_of_mix(noise_key(key, 1));
}

/* Co-stop needs siblings. */
static uint16_t cpus_for(const struct world *w, const struct scenario *scenario, uint64_t key)
{
    static const struct {
        double until;
        uint16_t cpus;
    } sizes[] = {{0.3, 1}, {0.65, 2}, {0.9, 4}, {0.98, 8}, {1, 16}};
    double at = noise_unit(noise_key(key, 2));
    size_t i = scenario->costop > 0;
    while (sizes[i].until <= at)
        i++;
    int most = w->options.vcpus_max;
    return sizes[i].cpus < most ? sizes[i].cpus : (uint16_t)most;
}

static void name_for(struct sequence *sequences, const struct scenario *s, uint64_t key,
                     char text[64])
{
    size_t roles = 1;
    while (roles < sizeof s->roles / sizeof *s->roles && s->roles[roles])
        roles++;
    const char *role = s->roles[noise_key(key, 3) % roles];
    struct sequence *seq = sequences;
    while (seq->role && strcmp(seq->role, role) != 0)
        seq++;
    seq->role = role;
    snprintf(text, 64, "%s-%02u", role, ++seq->last);
}

static bool add_vms(struct world *w)
{
    struct sequence sequences[ROLES_MAX] = {{NULL, 0}};
    w->first[KIND_VM] = w->nobjects;
    const uint32_t hosts = w->nhosts;
    for (int i = 0; i < w->options.vms; i++) {
        uint64_t key = noise_key(noise_key(w->options.seed, 10), (uint64_t)i);
        uint32_t host = (uint32_t)i % hosts, at = w->first[KIND_HOST] + host;
        const struct scenario *scenario = scenario_for(w, host, (uint32_t)i / hosts, key);
        char name[64];
        name_for(sequences, scenario, key, name);
        uint32_t folder = world_folder(w, world_above(w, at, KIND_DATACENTER), KIND_VM);
        struct object *vm = append(w, KIND_VM, folder, name);
        if (!vm)
            return false;
        vm->scenario = scenario;
        /* The first VM of a noisy host is the noise. */
        vm->bully = scenario == scenario_noisy && (uint32_t)i < hosts;
        double off = noise_unit(noise_key(key, 4)) * 100;
        vm->first = (struct epoch){
            .from_ms = INT64_MIN / 2,
            .host = at,
            .cpus = vm->bully ? (uint16_t)w->options.vcpus_max : cpus_for(w, scenario, key),
            .on = vm->bully || off >= w->options.off_percent,
            .scenario = scenario,
        };
        vm->memory_mb = memory_size_mb(world_body(w, vm, &vm->first).key, vm->first.cpus);
        if (!object_list_add(&w->residents[host], world_index(w, vm)) || !publish_enlist(w, vm))
            return false;
    }
    return true;
}

/* Threads for each vCPU that is busy in the mean: near 3 vCPUs a thread, with cores busy half of
 * the time; but little room where VMs are to be in each other's way. */
static double room_for(const struct object *vm, const struct vm_body *body)
{
    if (vm->bully)
        return 0;
    return (vm->scenario->contention > 0.2 ? 1.4 : 3) * physics_typical(body);
}

/* Hosts as large as their VMs ask for; those of the noisy neighbour just too small for a burst. */
static void size_hosts(struct world *w)
{
    for (uint32_t h = w->first[KIND_HOST]; h < w->first[KIND_HOST] + w->nhosts; h++) {
        double room = 0, typical = 0, bully = 0;
        int64_t memory_mb = 0;
        int largest = 0;
        for (uint32_t i = w->first[KIND_VM] + h - w->first[KIND_HOST]; i < w->nobjects;
             i += w->nhosts) {
            const struct object *vm = &w->objects[i];
            struct vm_body body = world_body(w, vm, &vm->first);
            memory_mb += vm->memory_mb;
            if (!vm->first.on)
                continue;
            room += room_for(vm, &body);
            typical += vm->bully ? 0 : physics_typical(&body);
            bully += vm->bully ? body.cpus : 0;
            largest = body.cpus > largest ? body.cpus : largest;
        }
        double threads = bully > 0 ? 1.05 * typical + 0.3 * bully : room;
        threads = fmax(fmax(threads, largest), 4);
        w->objects[h].threads = (uint16_t)fmin(2 * ceil(threads / 2), 1024);
        /* Room for all, with their overhead, and for some that move in. */
        w->objects[h].memory_mb = (memory_mb * 5 / 4 / HOST_STEP_MB + 1) * HOST_STEP_MB;
    }
}

static struct shape shape_of(const struct world_options *options)
{
    struct shape s = {.hosts = (uint32_t)options->hosts};
    s.hosts_per_cluster = options->hosts > LARGE ? LARGE_CLUSTER : HOSTS_PER_CLUSTER;
    s.clusters_per_datacenter = options->hosts > LARGE ? LARGE : CLUSTERS_PER_DATACENTER;
    s.clusters = (s.hosts + s.hosts_per_cluster - 1) / s.hosts_per_cluster;
    /* Two clusters of the default size stand in two datacenters. */
    if (s.clusters <= CLUSTERS_PER_DATACENTER)
        s.clusters_per_datacenter = 1;
    s.datacenters = (s.clusters + s.clusters_per_datacenter - 1) / s.clusters_per_datacenter;
    return s;
}

static void identify(struct world *w)
{
    if (w->options.instance_uuid) {
        snprintf(w->instance_uuid, UUID_TEXT, "%s", w->options.instance_uuid);
        return;
    }
    uint64_t high = noise_key(noise_text(w->options.name), w->options.seed);
    uint64_t low = noise_key(high, 1);
    snprintf(w->instance_uuid, UUID_TEXT, "%08x-%04x-4%03x-8%03x-%012" PRIx64, (unsigned)high,
             (unsigned)(high >> 32 & 0xffff), (unsigned)(high >> 48 & 0xfff),
             (unsigned)(low >> 48 & 0xfff), low & 0xffffffffffff);
}

static bool add_slots(struct world *w)
{
    w->residents = calloc(w->nhosts + 1, sizeof *w->residents);
    if (!w->residents)
        return false;
    for (size_t i = 0; i < sizeof w->slots / sizeof *w->slots; i++) {
        w->slots[i].wanted = calloc(w->nhosts + 1, sizeof *w->slots[i].wanted);
        if (!w->slots[i].wanted)
            return false;
        w->slots[i].time_ms = INT64_MIN;
    }
    return true;
}

static void init_lock(struct world *w)
{
    pthread_condattr_t attributes;
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&w->changed, &attributes);
    pthread_condattr_destroy(&attributes);
    pthread_mutex_init(&w->lock, NULL);
}

bool world_init(struct world *w, const struct world_options *options)
{
    *w = (struct world){.options = *options, .sequence = 1, .launched = mono_now()};
    init_lock(w);
    catalogue_init(&w->catalogue, options->seed);
    w->catalogue.guest = options->guest_counters;
    identify(w);
    struct shape shape = shape_of(options);
    w->room = 1 + (4 + DATASTORES) * shape.datacenters + shape.clusters + shape.hosts +
              (uint32_t)options->vms;
    if (options->hosts < 1 || options->hosts > HOSTS_MAX || w->room > OBJECTS_MAX)
        return false;
    w->objects = calloc(w->room, sizeof *w->objects);
    bool ok = w->objects && add_folders(w, shape.datacenters) &&
              add_datacenters(w, shape.datacenters) && add_clusters(w, &shape) &&
              add_hosts(w, &shape) && add_datastores(w, shape.datacenters) && add_slots(w) &&
              add_vms(w);
    if (ok)
        size_hosts(w);
    return ok;
}

void world_free(struct world *w)
{
    for (uint32_t i = 0; i < w->nobjects; i++) {
        free(w->objects[i].name);
        free(w->objects[i].born);
        free(w->objects[i].epochs);
        free(w->objects[i].guestinfo);
    }
    for (uint32_t i = 0; w->residents && i < w->nhosts; i++)
        free(w->residents[i].items);
    free(w->residents);
    for (size_t i = 0; i < sizeof w->publishers / sizeof *w->publishers; i++)
        free(w->publishers[i].items);
    free(w->objects);
    for (size_t i = 0; i < sizeof w->slots / sizeof *w->slots; i++)
        free(w->slots[i].wanted);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
}
