/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "host.h"

#include <stdlib.h>

#include "catalogue_values.h"
#include "noise.h"

enum { NOISE_HYPERVISOR = 30, NOISE_POLICY, TWO_MINUTES = 120 * 1000 };
enum { WHOLE = 10000, OWN_KB = 2 << 20 }; /* 1/100 %; what the hypervisor itself fills */

struct guests { /* what the inventory knows of the VMs in one interval */
    size_t n;
    struct vm_body *bodies;
    struct host_load load;
};

static bool read_guests(struct world *w, uint32_t host, int64_t time_ms, struct guests *ret)
{
    const struct object_list *list = &w->residents[host - w->first[KIND_HOST]];
    ret->bodies = malloc((list->n + 1) * sizeof *ret->bodies);
    if (!ret->bodies)
        return false;
    for (uint32_t i = 0; i < list->n; i++) {
        const struct object *vm = &w->objects[list->items[i]];
        const struct epoch *epoch = world_epoch(vm, time_ms);
        if (epoch && epoch->host == host)
            ret->bodies[ret->n++] = world_body(w, vm, epoch);
    }
    ret->load = world_load(w, host, time_ms);
    return true;
}

enum power_policy host_policy(const struct world *w, uint32_t host)
{
    const struct object_list *list = &w->residents[host - w->first[KIND_HOST]];
    uint32_t slow = 0;
    for (uint32_t i = 0; i < list->n; i++)
        slow += w->objects[list->items[i]].scenario->frequency > 0;
    if (slow * 2 > list->n)
        return POLICY_LOW;
    uint64_t key = noise_key(noise_key(w->options.seed, NOISE_POLICY), w->objects[host].number);
    return noise_unit(key) < 0.25 ? POLICY_HIGH : POLICY_BALANCED;
}

struct sums { /* of VMs, for ratios */
    int64_t contention_ms, waited_ms, taken_kb, zipped_kb, configured_kb;
};

/* What kept a VM from running, and what slowed it down while it ran. */
static int64_t contention(const struct vcpu_times *v)
{
    int64_t slow = (int64_t)v->overlap + v->net_run - v->used;
    return (int64_t)v->ready + v->costop + (slow > 0 ? slow : 0);
}

static void add_cpu(const struct vm_sample *vm, struct host_sample *s)
{
    int64_t beside = (int64_t)vm->system_ms + vm->worlds_ms;
    int64_t used = vm->sum.used + beside;
    s->run_ms += (int64_t)vm->sum.net_run + vm->sum.overlap;
    s->beside_ms += beside;
    s->used_ms += used;
    s->ready_ms += (int64_t)vm->sum.ready + vm->sum.limited;
    s->costop_ms += vm->sum.costop;
    s->usagemhz += (used + vm->kernel_ms) * vm->mhz / SLOT_MS;
}

static void add_memory(const struct memory_sample *m, struct host_sample *s)
{
    s->mem_consumed_kb += m->granted_kb - m->saved_kb + m->overhead_kb;
    s->mem_ballooned_kb += m->ballooned_kb;
    s->mem_swapped_kb += m->swapped_kb;
    s->mem_compressed_kb += m->compressed_kb;
    s->swapin_kbps += m->swapin_kbps;
    s->swapout_kbps += m->swapout_kbps;
    s->mem_active_kb += m->active_kb;
    s->mem_granted_kb += m->granted_kb;
    s->mem_overhead_kb += m->overhead_kb;
    s->mem_shared_kb += m->shared_kb;
}

static void add_network(const struct vm_sample *vm, struct host_sample *s)
{
    for (int u = 0; u < UPLINKS; u++) {
        s->link[u].received_kbps += value_net_received(vm, NICS_MAX + u);
        s->link[u].transmitted_kbps += value_net_transmitted(vm, NICS_MAX + u);
        s->link[u].packets_received += value_net_packets_received(vm, NICS_MAX + u);
        s->link[u].packets_transmitted += value_net_packets_transmitted(vm, NICS_MAX + u);
    }
}

/* A raw disk is on no datastore. */
static void add_disks(const struct vm_sample *vm, struct host_sample *s)
{
    const struct disk_set *d = &vm->disks;
    for (int i = 0; i < d->n; i++) {
        struct host_store *store = &s->store[d->place[i].datastore];
        if (d->place[i].rdm)
            continue;
        store->read_us += (int64_t)d->of[i].read_us * d->of[i].reads;
        store->write_us += (int64_t)d->of[i].write_us * d->of[i].writes;
        if (d->of[i].peak_us > store->peak_us)
            store->peak_us = d->of[i].peak_us;
    }
    for (int at = 0; at < DATASTORES; at++) {
        s->store[at].reads += value_datastore_reads(vm, at);
        s->store[at].writes += value_datastore_writes(vm, at);
        s->store[at].read_kbps += value_datastore_read(vm, at);
        s->store[at].write_kbps += value_datastore_write(vm, at);
    }
    s->device_read_kbps += value_device_read(vm, AGGREGATE);
    s->device_write_kbps += value_device_write(vm, AGGREGATE);
    if (value_device_latency(vm, AGGREGATE) > s->device_peak_ms)
        s->device_peak_ms = value_device_latency(vm, AGGREGATE);
}

static void add(const struct vm_sample *vm, struct host_sample *s, struct sums *sums)
{
    s->vms++;
    s->vcpus += vm->cpus;
    add_cpu(vm, s);
    add_memory(&vm->memory, s);
    add_network(vm, s);
    add_disks(vm, s);
    sums->contention_ms += contention(&vm->sum);
    sums->waited_ms += vm->memory.waited_ms;
    sums->zipped_kb += vm->memory.compressed_kb + vm->memory.swapped_kb;
    sums->taken_kb += vm->memory.ballooned_kb;
    sums->configured_kb += vm->memory.configured_kb;
}

static int32_t share(int64_t part, int64_t of)
{
    int64_t cut = of > 0 ? part * WHOLE / of : 0;
    return (int32_t)(cut < WHOLE ? cut : WHOLE);
}

/* Gets at most what the VMs left over, and runs at nominal frequency. */
static void add_hypervisor(const struct world *w, uint32_t host, struct host_sample *s)
{
    uint64_t key = noise_key(noise_key(w->options.seed, NOISE_HYPERVISOR), host);
    int64_t capacity = (int64_t)s->threads * SLOT_MS, busy = s->run_ms + s->beside_ms;
    int64_t left = busy < capacity ? capacity - busy : 0;
    double wanted = 0.003 * (double)capacity +
                    (0.002 + 0.006 * noise_smooth(key, s->time_ms, TWO_MINUTES)) * (double)busy;
    s->hypervisor_ms = (int64_t)wanted < left ? (int64_t)wanted : left;
    s->busy_ms = capacity - left + s->hypervisor_ms;
    s->used_ms += s->hypervisor_ms;
    s->usagemhz += s->hypervisor_ms * s->mhz / SLOT_MS;
    s->mem_consumed_kb += OWN_KB + s->mem_size_kb / 100;
}

/* A core is busy while either of its threads is, each of them by chance. */
static void utilize(struct host_sample *s)
{
    int64_t capacity = (int64_t)s->threads * SLOT_MS;
    double idle = (double)(capacity - s->busy_ms) / (double)capacity;
    s->utilization = share(s->busy_ms, capacity);
    s->core_utilization = (int32_t)((1 - idle * idle) * WHOLE + 1e-6);
    s->usage = share(s->usagemhz, (int64_t)s->cores * s->mhz);
}

/* First the guests are asked, then pages are compressed and swapped out: what is gone tells how
 * little there was. */
static enum memory_state state_of(const struct sums *sums)
{
    static const int32_t soft = 200, hard = 100, low = 700; /* 1/100 % of what VMs were promised */
    int32_t zipped = share(sums->zipped_kb, sums->configured_kb);
    if (zipped >= low)
        return MEMORY_LOW;
    if (zipped >= hard)
        return MEMORY_HARD;
    return share(sums->taken_kb, sums->configured_kb) >= soft ? MEMORY_SOFT : MEMORY_HIGH;
}

static void compute(const struct guests *guests, struct host_sample *s, struct sums *sums)
{
    struct vcpu_times vcpus[VCPUS_MAX];
    for (size_t i = 0; i < guests->n; i++) {
        struct vm_sample vm = {.vcpu = vcpus};
        physics_sample(&guests->bodies[i], &guests->load, s->time_ms, &vm);
        add(&vm, s, sums);
    }
}

bool host_sample(struct world *w, uint32_t host, int64_t time_ms, struct host_sample *ret)
{
    struct guests guests = {0};
    struct sums sums = {0};
    struct host_sample s = {.time_ms = time_ms};
    pthread_mutex_lock(&w->lock);
    bool ok = host < w->nobjects && w->objects[host].kind == KIND_HOST && time_ms <= world_now(w) &&
              read_guests(w, host, time_ms, &guests);
    if (ok) {
        const struct object *o = &w->objects[host];
        s.mhz = o->mhz;
        s.threads = o->threads;
        s.cores = o->threads / 2;
        s.mem_size_kb = o->memory_mb * 1024;
        s.policy = host_policy(w, host);
    }
    pthread_mutex_unlock(&w->lock);
    if (ok) {
        compute(&guests, &s, &sums);
        add_hypervisor(w, host, &s);
        utilize(&s);
        s.latency = share(sums.contention_ms, (int64_t)s.vcpus * SLOT_MS);
        s.mem_latency = share(sums.waited_ms, (int64_t)s.vms * SLOT_MS);
        s.mem_state = state_of(&sums);
        *ret = s;
    }
    free(guests.bodies);
    return ok;
}
