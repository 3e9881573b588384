/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "memory.h"

#include "noise.h"
#include "physics.h"

enum { /* one key per source of chance; apart from those of physics.c */
       NOISE_SIZE = 101,
       NOISE_TOUCHED,
       NOISE_GROWTH,
       NOISE_ACTIVE,
       NOISE_ACTIVE_HOUR,
       NOISE_ACTIVE_MINUTE,
       NOISE_SHARED,
       NOISE_OVERHEAD,
       NOISE_PHASE,
       NOISE_POOL,
       NOISE_OWN,
       NOISE_SPIKE,
       NOISE_CHURN,
       NOISE_DECOMPRESSION,
       NOISE_CACHE
};

enum {
    MINUTE = 60 * 1000,
    HOUR = 60 * MINUTE,
    HOLD_SLOTS = 3, /* active, overhead and usage are estimated once a minute */
    GIB_KB = 1 << 20,
    PAGE_KB = 4,
    SLOT_S = SLOT_MS / 1000,
    SWAPIN_KB_PER_MS = 10, /* 0.4 ms a page: storage with some read-ahead */
    UNZIP_KB_PER_MS = 200, /* 20 us a page */
    WORLDS_MS = 2,         /* the worlds beside the vCPUs fault as well */
    SWAPWAIT_MOST = 12000, /* however bad it is, something still runs */
    WAITED_MOST = SLOT_MS,
};

/* Of configured memory: a guest is never active on more, and never left with less. */
static const double ACTIVE_MOST = 0.42;

enum stage { BALLOON, COMPRESSION, SWAP, STAGES };

/* As pressure rises from 0 to 1, a host first asks the guest, then compresses, then swaps. The
 * shares are of what may be taken at all, and leave some of that. */
static const struct {
    double from, to, share;
} stages[STAGES] = {
    [BALLOON] = {0.05, 0.60, 0.55},
    [COMPRESSION] = {0.35, 0.75, 0.10},
    [SWAP] = {0.50, 1.00, 0.20},
};

static double smooth(const struct vm_body *vm, int source, int64_t t, int64_t period)
{
    return noise_smooth(noise_key(vm->key, (uint64_t)source << 32), t, period);
}

static double chance(uint64_t key, int source)
{
    return noise_unit(noise_key(key, (uint64_t)source << 32));
}

static int64_t pages(double kb)
{
    return (int64_t)(kb / PAGE_KB) * PAGE_KB;
}

static int64_t configured(const struct vm_body *vm)
{
    return (int64_t)vm->memory_mb * 1024;
}

int memory_size_mb(uint64_t key, int cpus)
{
    static const int gib[] = {2, 4, 8};
    int size = gib[(int)(chance(key, NOISE_SIZE) * 3)] * cpus;
    return (size < 4 ? 4 : size > 64 ? 64 : size) * 1024;
}

/* A guest that is squeezed has touched nearly all it has. */
static double touched_share(const struct vm_body *vm, int64_t t)
{
    const struct scenario *s = vm->scenario;
    double one = chance(vm->key, NOISE_TOUCHED);
    double most = s->squeeze > 0 || s->swapped > 0 ? 0.88 + 0.09 * one : 0.6 + 0.36 * one;
    return most + 0.02 * smooth(vm, NOISE_GROWTH, t, 6 * (int64_t)HOUR);
}

/* The VMs of the scenario on one host share a resource pool with a limit, and its pressure. */
static double pressure(const struct vm_body *vm, int64_t t)
{
    double pool = noise_smooth(noise_key(vm->host_key, NOISE_POOL), t, 40 * (int64_t)MINUTE);
    double own = smooth(vm, NOISE_OWN, t, 30 * (int64_t)MINUTE);
    return vm->scenario->squeeze * (0.32 + 0.53 * pool + 0.15 * own);
}

static double stage_share(enum stage stage, double pressure)
{
    double at = (pressure - stages[stage].from) / (stages[stage].to - stages[stage].from);
    return stages[stage].share * (at < 0 ? 0 : at > 1 ? 1 : at);
}

struct taken {
    int64_t touched, kb[STAGES];
};

static struct taken taken(const struct vm_body *vm, int64_t t)
{
    const struct scenario *s = vm->scenario;
    double share = touched_share(vm, t), size = (double)configured(vm);
    double most = (share - ACTIVE_MOST) * size;
    struct taken ret = {.touched = pages(share * size)};
    double pressed = s->squeeze > 0 ? pressure(vm, t) : 0;
    for (enum stage i = 0; i < STAGES; i++)
        ret.kb[i] = pages(most * stage_share(i, pressed));
    if (s->swapped > 0) { /* without a balloon driver and long ago: it only changes slowly */
        double moved = 0.8 + 0.4 * smooth(vm, NOISE_OWN, t, HOUR);
        ret.kb[SWAP] = pages(most * s->swapped * moved);
    }
    return ret;
}

/* What goes in and out at once, KB/s, beside what makes the amounts rise and fall. */
static int64_t swap_churn(const struct vm_body *vm, const struct taken *now, int64_t t)
{
    const struct scenario *s = vm->scenario;
    if (!now->kb[SWAP])
        return 0;
    double rise = smooth(vm, NOISE_CHURN, t, 4 * (int64_t)MINUTE);
    if (s->squeeze > 0) { /* spikes, and quiet between them */
        double spike = smooth(vm, NOISE_SPIKE, t, 2 * (int64_t)MINUTE);
        rise = spike < 0.2 ? 0 : (spike - 0.2) / 0.8;
    }
    return (int64_t)(s->swapwait * rise * rise * vm->cpus * 1000 * SWAPIN_KB_PER_MS);
}

static int64_t compression_churn(const struct vm_body *vm, const struct taken *now, int64_t t)
{
    double level = smooth(vm, NOISE_DECOMPRESSION, t, 3 * (int64_t)MINUTE);
    return (int64_t)((double)now->kb[COMPRESSION] * 0.002 * level * level);
}

/* So that in - out is by how much the amount fell, but for the rounding to KB/s. */
static void move(int64_t churn, int64_t was, int64_t is, int64_t *ret_in, int64_t *ret_out)
{
    *ret_in = churn + (was > is ? (was - is) / SLOT_S : 0);
    *ret_out = churn + (is > was ? (is - was) / SLOT_S : 0);
}

static void rates(const struct vm_body *vm, const struct taken *now, int64_t t,
                  struct memory_sample *s)
{
    struct taken before = taken(vm, t - SLOT_MS);
    move(swap_churn(vm, now, t), before.kb[SWAP], now->kb[SWAP], &s->swapin_kbps, &s->swapout_kbps);
    move(compression_churn(vm, now, t), before.kb[COMPRESSION], now->kb[COMPRESSION],
         &s->decompression_kbps, &s->compression_kbps);
    /* Some hosts have an SSD for this. */
    double ssd = chance(vm->host_key, NOISE_CACHE);
    double cached = ssd < 0.4 ? 0 : 0.3 + 0.5 * chance(vm->key, NOISE_CACHE);
    s->cached_kb = pages((double)now->kb[SWAP] * cached);
    s->cached_in_kbps = (int64_t)((double)s->swapin_kbps * cached);
}

static void waits(const struct vm_body *vm, struct memory_sample *s)
{
    int64_t in = s->swapin_kbps * SLOT_S / SWAPIN_KB_PER_MS / vm->cpus;
    int64_t unzip = s->decompression_kbps * SLOT_S / UNZIP_KB_PER_MS / vm->cpus;
    s->swapwait_ms = (int32_t)(in < SWAPWAIT_MOST ? in : SWAPWAIT_MOST);
    int64_t waited = s->swapwait_ms + unzip;
    if (s->swapin_kbps || s->decompression_kbps)
        waited += WORLDS_MS;
    s->waited_ms = (int32_t)(waited < WAITED_MOST ? waited : WAITED_MOST);
}

/* The time of the estimate that a sample repeats; VMs take turns. */
static int64_t estimated(const struct vm_body *vm, int64_t t)
{
    int64_t turn = (int64_t)(chance(vm->key, NOISE_PHASE) * HOLD_SLOTS);
    return t - (t / SLOT_MS + turn) % HOLD_SLOTS * SLOT_MS;
}

static void estimates(const struct vm_body *vm, int64_t t, struct memory_sample *s)
{
    int64_t then = estimated(vm, t);
    double moving = 0.4 * chance(vm->key, NOISE_ACTIVE) +
                    0.4 * smooth(vm, NOISE_ACTIVE_HOUR, then, 25 * (int64_t)MINUTE) +
                    0.2 * smooth(vm, NOISE_ACTIVE_MINUTE, then, 4 * (int64_t)MINUTE);
    double size = (double)configured(vm);
    s->active_kb = pages(size * (0.03 + (ACTIVE_MOST - 0.05) * moving));
    /* 20 MB, 8 MB a vCPU, 2.2 MB a GiB: near to 58 MB for 2 vCPUs and 10 GiB. */
    double mb = 20 + 8.0 * vm->cpus + 2.2 * size / GIB_KB;
    s->overhead_kb =
        pages(1024 * (mb + 3 * smooth(vm, NOISE_OVERHEAD, then, 25 * (int64_t)MINUTE)));
}

void memory_sample(const struct vm_body *vm, int64_t t, struct memory_sample *ret)
{
    const struct taken now = taken(vm, t);
    struct memory_sample s = {.configured_kb = configured(vm),
                              .ballooned_kb = now.kb[BALLOON],
                              .compressed_kb = now.kb[COMPRESSION],
                              .swapped_kb = now.kb[SWAP]};
    s.untouched_kb = s.configured_kb - now.touched;
    s.granted_kb = now.touched - s.ballooned_kb - s.compressed_kb - s.swapped_kb;
    double alike = 0.02 + 0.1 * chance(vm->key, NOISE_SHARED) +
                   0.03 * smooth(vm, NOISE_SHARED, t, 20 * (int64_t)MINUTE);
    s.shared_kb = pages((double)s.granted_kb * alike);
    s.saved_kb = pages((double)s.shared_kb * (0.5 + 0.4 * chance(vm->key, NOISE_SHARED)));
    estimates(vm, t, &s);
    if (vm->scenario->squeeze > 0 || vm->scenario->swapped > 0) {
        rates(vm, &now, t, &s);
        waits(vm, &s);
    }
    *ret = s;
}
