/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "ailment.h"

#include <string.h>

/* A share of one vCPU's time. */
static bool takes(int32_t ms, double share)
{
    return ms >= share * SLOT_MS;
}

/* Of the vCPU that has the most. */
#define WORST(name, member)                        \
    static int32_t name(const struct vm_sample *s) \
    {                                              \
        int32_t most = 0;                          \
        for (int i = 0; i < s->cpus; i++)          \
            if (s->vcpu[i].member > most)          \
                most = s->vcpu[i].member;          \
        return most;                               \
    }

WORST(worst_ready, ready)
WORST(worst_limited, limited)
WORST(worst_costop, costop)

static bool contention(const struct vm_sample *s)
{
    return takes(worst_ready(s), 0.06);
}

static bool limit(const struct vm_sample *s)
{
    return takes(worst_limited(s), 0.06);
}

static bool costop(const struct vm_sample *s)
{
    return takes(worst_costop(s), 0.04);
}

static bool memory(const struct vm_sample *s)
{
    return takes(s->memory.waited_ms, 0.015);
}

static bool snapshot(const struct vm_sample *s)
{
    int64_t reads = 0, extra = 0;
    for (int i = 0; i < s->disks.n; i++) {
        reads += s->disks.of[i].reads;
        extra += s->disks.of[i].extra_reads;
    }
    return extra >= 25 && extra >= reads;
}

static bool slow_storage(const struct vm_sample *s)
{
    int64_t ios = 0, us = 0;
    for (int i = 0; i < s->disks.n; i++) {
        const struct disk_sample *d = &s->disks.of[i];
        ios += (int64_t)d->reads + d->writes;
        us += (int64_t)d->reads * d->read_us + (int64_t)d->writes * d->write_us;
    }
    return ios >= 12 && us >= ios * 25000;
}

static bool guest_queue(const struct vm_sample *s)
{
    return s->guest.run_queue > 3 * s->cpus;
}

static bool drops(const struct vm_sample *s)
{
    bool any = false;
    for (int i = 0; i < s->nics.n; i++)
        any = any || s->nics.of[i].dropped_transmitted * 500.0 > s->nics.of[i].packets_transmitted;
    return any;
}

static bool slow_clock(const struct vm_sample *s)
{
    return takes(s->sum.net_run, 0.06) && s->sum.used < 0.72 * s->sum.net_run;
}

static const struct {
    const char *scenario;
    bool (*felt)(const struct vm_sample *sample);
} ailments[] = {
    {"cpu-contention", contention},
    {"noisy-neighbour", contention},
    {"limit", limit},
    {"costop", costop},
    {"memory-pressure", memory},
    {"swapwait", memory},
    {"snapshot", snapshot},
    {"storage-slow", slow_storage},
    {"guest-queue", guest_queue},
    {"network-drops", drops},
    {"power-saving", slow_clock},
};

bool ailment_is_felt(const char *scenario, const struct vm_sample *sample, bool bully)
{
    for (size_t i = 0; i < sizeof ailments / sizeof *ailments; i++)
        if (strcmp(ailments[i].scenario, scenario) == 0)
            return !bully && ailments[i].felt(sample);
    return false;
}
