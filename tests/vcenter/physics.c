/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "physics.h"

#include <math.h>

#include "noise.h"

enum { /* one key per source of chance */
       NOISE_HABIT = 1,
       NOISE_HOUR,
       NOISE_MINUTE,
       NOISE_VCPU,
       NOISE_PARKED,
       NOISE_READY,
       NOISE_COSTOP,
       NOISE_OVERLAP,
       NOISE_OTHER,
       NOISE_EFFICIENCY,
       NOISE_FREQUENCY,
       NOISE_SYSTEM,
       NOISE_WORLDS,
       NOISE_CONSOLE,
       NOISE_KERNEL,
       NOISE_PHASE
};

enum {
    SECOND = 1000,
    MINUTE = 60 * SECOND,
    DAY = 1440 * MINUTE,
    BURST_EVERY = 10 * MINUTE,
    BURST_LASTS = 4 * MINUTE,
    RUN_MOST = SLOT_MS - 400, /* some ready is always left room for */
};

static const double PI = 3.14159265358979323846;

static double smooth(const struct vm_body *vm, int source, int vcpu, int64_t t, int64_t period)
{
    uint64_t key = noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(vcpu + 1));
    return noise_smooth(key, t, period);
}

static double chance(const struct vm_body *vm, int source, int vcpu)
{
    return noise_unit(noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(vcpu + 1)));
}

static double clamp(double x, double low, double high)
{
    return x < low ? low : x > high ? high : x;
}

/* Some VMs do more than others. */
static double habit(const struct vm_body *vm)
{
    return 0.6 + 0.8 * chance(vm, NOISE_HABIT, -1);
}

double physics_typical(const struct vm_body *vm)
{
    return vm->bully ? 0.1 * vm->cpus : vm->scenario->load * habit(vm) * vm->cpus;
}

/* 0 or 1 with flanks of half a minute. */
static double burst(const struct vm_body *vm, int64_t t)
{
    int64_t phase = (int64_t)(noise_unit(noise_key(vm->host_key, NOISE_PHASE)) * BURST_EVERY);
    int64_t at = (t + phase) % BURST_EVERY;
    double rise = (double)at / (30.0 * SECOND);
    double fall = (double)(BURST_LASTS - at) / (30.0 * SECOND);
    return clamp(rise < fall ? rise : fall, 0, 1);
}

/* The share of each vCPU that the guest wants, before chance of the single vCPU. */
static double load_of(const struct vm_body *vm, int64_t t)
{
    if (vm->bully)
        return 0.1 + 0.86 * burst(vm, t);
    double shift = 0.1 * chance(vm, NOISE_PHASE, -1); /* not everybody starts at eight */
    double day = 0.5 - 0.5 * cos(2 * PI * ((double)(t % DAY) / DAY - 0.12 - shift));
    double moving = 0.4 * day + 0.4 * smooth(vm, NOISE_HOUR, -1, t, 25 * (int64_t)MINUTE) +
                    0.2 * smooth(vm, NOISE_MINUTE, -1, t, 3 * (int64_t)MINUTE);
    double swing = vm->scenario->swing;
    return vm->scenario->load * habit(vm) * (1 - swing + 2 * swing * moving);
}

static int32_t wanted(const struct vm_body *vm, int vcpu, double load, int64_t t)
{
    /* A guest with more vCPUs than work leaves some untouched for good. */
    if (vcpu && vm->scenario->load < 0.2 && chance(vm, NOISE_PARKED, vcpu) < 0.1)
        return 0;
    double own = 0.75 + 0.5 * smooth(vm, NOISE_VCPU, vcpu, t, 90 * (int64_t)SECOND);
    return (int32_t)clamp(load * own * SLOT_MS, 20, RUN_MOST);
}

int64_t physics_wanted(const struct vm_body *vm, int64_t time_ms)
{
    double load = load_of(vm, time_ms);
    int64_t sum = 0;
    for (int i = 0; i < vm->cpus; i++)
        sum += wanted(vm, i, load, time_ms);
    return sum;
}

double physics_activity(const struct vm_body *vm, int64_t time_ms)
{
    return load_of(vm, time_ms) * vm->cpus / physics_typical(vm);
}

struct host_load physics_host(int mhz, int threads, int64_t wanted_ms)
{
    double capacity = (double)threads * SLOT_MS, most = 0.98 * capacity;
    double want = (double)wanted_ms;
    return (struct host_load){
        .mhz = mhz, .load = want / capacity, .grant = want > most ? most / want : 1};
}

/* Ready per run that a busy host causes before it is full. */
static double crowding(double load)
{
    return 0.01 * load * load + (load > 0.75 ? 0.6 * (load - 0.75) : 0);
}

/* Takes at most what is left. */
static int32_t take(int32_t *left, double ms)
{
    int32_t taken = ms < *left ? (int32_t)ms : *left;
    *left -= taken;
    return taken;
}

/* Actual work per net run time in thousandths. */
static int32_t efficiency(const struct vm_body *vm, const struct host_load *host, int vcpu,
                          int64_t t)
{
    double crowd = clamp(host->load, 0, 1);
    double shared = crowd * smooth(vm, NOISE_EFFICIENCY, vcpu, t, 2 * (int64_t)MINUTE);
    double lowest = vm->scenario->frequency;
    double slow = smooth(vm, NOISE_FREQUENCY, -1, t, 8 * (int64_t)MINUTE);
    double frequency = lowest > 0 ? lowest + 0.25 * slow : 1.18 - 0.14 * crowd - 0.04 * slow;
    return (int32_t)(1000 * clamp(frequency * (1 - 0.375 * shared), 0.6, 1.2));
}

struct moment { /* what all vCPUs of a VM share in one interval */
    int64_t time_ms;
    double load;
    int32_t swapwait_ms;
};

static void vcpu_sample(const struct vm_body *vm, const struct host_load *host, int i,
                        const struct moment *moment, struct vcpu_times *ret)
{
    const struct scenario *s = vm->scenario;
    const int64_t t = moment->time_ms;
    int32_t want = wanted(vm, i, moment->load, t);
    int32_t run = (int32_t)(want * host->grant);
    double lost = want - run, limited = 0, most = s->limit * SLOT_MS;
    if (s->limit > 0 && run > most) {
        limited = run - most;
        run = (int32_t)most;
    }
    int32_t left = SLOT_MS - run;
    bool active = run > 0;
    double contention = s->contention * smooth(vm, NOISE_READY, i, t, 2 * (int64_t)MINUTE);
    double ready = lost + run * (0.0004 + crowding(host->load) + contention);
    double siblings = vm->cpus > 1 ? smooth(vm, NOISE_COSTOP, -1, t, 3 * (int64_t)MINUTE) *
                                         (0.6 + 0.8 * smooth(vm, NOISE_COSTOP, i, t, MINUTE))
                                   : 0;
    double other = smooth(vm, NOISE_OTHER, i, t, 2 * (int64_t)MINUTE);

    ret->ready = active ? take(&left, 1 + ready) : 0;
    ret->limited = take(&left, limited);
    ret->costop = active ? take(&left, run * (0.001 + s->costop) * siblings) : 0;
    ret->swapwait = take(&left, moment->swapwait_ms);
    ret->otherwait = active ? take(&left, 3 + 12 * other + SLOT_MS * s->otherwait * other) : 0;
    ret->idle = left;
    ret->overlap = (int32_t)(run * (0.0005 + 0.006 * smooth(vm, NOISE_OVERLAP, i, t, MINUTE)));
    ret->net_run = run - ret->overlap;
    ret->used = ret->net_run * efficiency(vm, host, i, t) / 1000;
}

static void add(struct vcpu_times *sum, const struct vcpu_times *v)
{
    sum->net_run += v->net_run;
    sum->overlap += v->overlap;
    sum->ready += v->ready;
    sum->limited += v->limited;
    sum->costop += v->costop;
    sum->swapwait += v->swapwait;
    sum->otherwait += v->otherwait;
    sum->idle += v->idle;
    sum->used += v->used;
}

/* What runs for the VM outside its vCPUs. */
static void other_work(const struct vm_body *vm, int64_t t, struct vm_sample *s)
{
    double run = s->sum.net_run;
    double system = smooth(vm, NOISE_SYSTEM, -1, t, 2 * (int64_t)MINUTE);
    double worlds = smooth(vm, NOISE_WORLDS, -1, t, MINUTE);
    double kernel = smooth(vm, NOISE_KERNEL, -1, t, MINUTE);
    bool console = smooth(vm, NOISE_CONSOLE, -1, t, 5 * (int64_t)MINUTE) > 0.92;
    bool silent = chance(vm, NOISE_SYSTEM, 0) < 0.3; /* many hosts never charge system time */
    s->system_ms = silent ? 0 : (int32_t)(1 + run * (0.001 + 0.006 * system));
    s->worlds_ms = (int32_t)(4 + 30 * worlds + (console ? 250 * worlds : 0));
    s->kernel_ms = (int32_t)(25 + 100 * kernel + run * 0.003 * kernel);
}

void physics_sample(const struct vm_body *vm, const struct host_load *host, int64_t time_ms,
                    struct vm_sample *ret)
{
    *ret = (struct vm_sample){.time_ms = time_ms,
                              .cpus = vm->cpus,
                              .mhz = host->mhz,
                              .missing = vm->scenario->missing,
                              .vcpu = ret->vcpu};
    memory_sample(vm, time_ms, &ret->memory);
    struct moment moment = {time_ms, load_of(vm, time_ms), ret->memory.swapwait_ms};
    for (int i = 0; i < vm->cpus; i++) {
        vcpu_sample(vm, host, i, &moment, &ret->vcpu[i]);
        add(&ret->sum, &ret->vcpu[i]);
    }
    other_work(vm, time_ms, ret);
    double entitled = vm->scenario->limit > 0 ? vm->scenario->limit : 0.9;
    ret->entitlement_mhz = (int32_t)(entitled * vm->cpus * host->mhz);
    double activity = physics_activity(vm, time_ms);
    disk_set_sample(vm, activity, &ret->memory, time_ms, &ret->disks);
    nic_set_sample(vm, activity, time_ms, &ret->nics);
    guest_sample(vm, ret);
}

void physics_shape(const struct vm_body *vm, struct vm_sample *ret)
{
    *ret = (struct vm_sample){.cpus = vm->cpus, .nics.n = nic_count(vm)};
    ret->disks.n = disk_places(vm, ret->disks.place);
}

int64_t physics_demand_ms(const struct vm_sample *sample)
{
    const struct vcpu_times *s = &sample->sum;
    return (int64_t)s->net_run + 2 * (int64_t)s->overlap + s->ready + s->limited + s->costop;
}
