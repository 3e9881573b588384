/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "guest.h"

#include "noise.h"
#include "physics.h"

enum { /* one key per source of chance; apart from those of the other physics */
       NOISE_QUEUE = 401,
       NOISE_QUEUE_SPOT,
       NOISE_SWITCHES,
       NOISE_NEEDED,
       NOISE_SWAP,
       NOISE_DISK_QUEUE,
       NOISE_RING,
       NOISE_DRIVER,
       NOISE_BUSY,
       NOISE_APPLICATION,
       NOISE_COLLECTION,
       NOISE_FREE
};

enum { MINUTE = 60 * 1000, MILLI = 1000, PAGE_KB = 4, BLOCK = 4096 };

static double smooth(const struct vm_body *vm, int source, int64_t t, int64_t period)
{
    return noise_smooth(noise_key(vm->key, (uint64_t)source << 32), t, period);
}

static double chance(const struct vm_body *vm, int source, int which)
{
    return noise_unit(noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(which + 1)));
}

/* Chance of this moment alone. */
static double spot(const struct vm_body *vm, int source, int64_t t)
{
    return noise_unit(noise_key(noise_key(vm->key, (uint64_t)source << 32), (uint64_t)t));
}

static int64_t pages(double kb)
{
    return (int64_t)(kb / PAGE_KB) * PAGE_KB;
}

/* Threads in excess of the vCPUs, now. */
static double waiting(const struct vm_body *vm, int64_t t)
{
    return vm->scenario->queue * (0.8 + 0.6 * smooth(vm, NOISE_QUEUE, t, 3 * (int64_t)MINUTE));
}

/* A vCPU that is ready runs as far as its guest can see. Those that are busy by chance at the same
 * moment have a thread or two behind them. */
static void processor(const struct vm_body *vm, int64_t t, struct vm_sample *s)
{
    struct guest_sample *g = &s->guest;
    const struct vcpu_times *v = &s->sum;
    double held = (double)v->ready + v->limited + v->costop;
    double running = (v->net_run + v->overlap + held) / SLOT_MS, busy = running / vm->cpus;
    double threads = running + vm->cpus * (0.4 * busy * busy + waiting(vm, t));
    g->run_queue = (int32_t)(threads + spot(vm, NOISE_QUEUE_SPOT, t));
    double each = 400 + 3000 * chance(vm, NOISE_SWITCHES, -1);
    double hectic = 1 + 2 * waiting(vm, t);
    g->context_switches =
        (int32_t)(300 + each * running * hectic *
                            (0.7 + 0.6 * smooth(vm, NOISE_SWITCHES, t, 2 * (int64_t)MINUTE)));
    /* Its clock ticks on while it is held, so a part of that looks like work; the rest of the
     * difference is that it samples where the hypervisor measures. */
    double seen = v->net_run + 0.4 * (held + v->overlap);
    seen *= 1 + 0.05 * (smooth(vm, NOISE_BUSY, t, MINUTE) - 0.5);
    double most = (double)vm->cpus * SLOT_MS;
    g->busy_milli = (int32_t)((seen < most ? seen : most) * MILLI / SLOT_MS);
}

/* needed: what has to be there, less the twentieth that is to stay available. */
static void memory(const struct vm_body *vm, int64_t t, struct vm_sample *s)
{
    struct guest_sample *g = &s->guest;
    double usable = 0.97 * (double)s->memory.configured_kb - (double)s->memory.ballooned_kb;
    double share = 0.2 + 0.5 * smooth(vm, NOISE_NEEDED, t, 45 * (int64_t)MINUTE);
    double swapped = chance(vm, NOISE_SWAP, -1) < 0.3 ? 0.004 * chance(vm, NOISE_SWAP, 0) : 0;
    if (vm->scenario->queue > 0) {
        share = 0.965 + 0.02 * smooth(vm, NOISE_NEEDED, t, 5 * (int64_t)MINUTE);
        swapped = 0.15 + 0.2 * smooth(vm, NOISE_SWAP, t, 30 * (int64_t)MINUTE);
    }
    g->available_kb = pages((1 - share) * usable);
    double spare = (double)g->available_kb - usable / 20;
    g->needed_kb = pages(usable - (spare > 0 ? spare : 0));
    g->swap_used_kb =
        pages(swapped * (double)s->memory.configured_kb + 0.1 * (double)s->memory.ballooned_kb);
    for (int i = 0; i < s->disks.n; i++) {
        g->page_in_kbps += s->disks.of[i].read_kbps;
        g->page_out_kbps += s->disks.of[i].write_kbps;
    }
}

static void devices(const struct vm_body *vm, int64_t t, struct vm_sample *s)
{
    struct guest_sample *g = &s->guest;
    double disk = smooth(vm, NOISE_DISK_QUEUE, t, 2 * (int64_t)MINUTE);
    double queued = vm->scenario->queue > 0 ? 6 + 14 * disk : 0.3 * disk;
    g->disk_queue_milli = (int32_t)(queued * s->disks.n * MILLI);
    double ring = smooth(vm, NOISE_RING, t, 2 * (int64_t)MINUTE);
    g->ring_drops_milli = (int32_t)(vm->scenario->queue * ring * ring * MILLI);
    /* Frames of protocols that the guest does not speak. */
    bool chatty = chance(vm, NOISE_DRIVER, -1) < 0.1;
    g->driver_drops_milli = chatty ? (int32_t)(200 * chance(vm, NOISE_DRIVER, 0)) : 0;
}

/* A saw's teeth: it grows until its garbage is collected. */
static int64_t heap(const struct vm_body *vm, int64_t t)
{
    if (chance(vm, NOISE_APPLICATION, -1) >= 0.25)
        return 0;
    int64_t every = (3 + (int64_t)(8 * chance(vm, NOISE_COLLECTION, -1))) * MINUTE;
    double grown = (double)(t % every) / (double)every;
    return pages(vm->memory_mb * 1024.0 * (0.1 + 0.15 * grown));
}

static void volume(const struct vm_body *vm, const struct disk_place *place, int i,
                   struct guest_volume *ret)
{
    double size = (double)place->size_kb * 1024;
    ret->capacity = (int64_t)(0.98 * size) / BLOCK * BLOCK;
    ret->free = (int64_t)(size * (0.1 + 0.7 * chance(vm, NOISE_FREE, i))) / BLOCK * BLOCK;
}

int guest_volumes(const struct vm_body *vm, struct guest_volume ret[DISKS_MAX])
{
    struct disk_place places[DISKS_MAX];
    int n = disk_places(vm, places);
    for (int i = 0; i < n; i++)
        volume(vm, &places[i], i, &ret[i]);
    return n;
}

void guest_sample(const struct vm_body *vm, struct vm_sample *s)
{
    s->guest = (struct guest_sample){.heap_used_kb = heap(vm, s->time_ms)};
    processor(vm, s->time_ms, s);
    memory(vm, s->time_ms, s);
    devices(vm, s->time_ms, s);
    for (int i = 0; i < s->disks.n; i++) {
        struct guest_volume one;
        volume(vm, &s->disks.place[i], i, &one);
        s->guest.capacity += one.capacity;
        s->guest.free += one.free;
    }
}
