/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "history.h"

#include <stdlib.h>

#include "noise.h"

enum { DEMAND_SLOTS = 3 }; /* demand is an average over a minute */
enum { NOISE_HOST = 40 };

struct moment { /* what the inventory knows of one interval */
    int64_t time_ms;
    struct vm_body body;
    struct host_load load;
};

static int64_t floor_slot(int64_t time_ms)
{
    return time_ms - time_ms % SLOT_MS;
}

/* Newest first, down to first_ms, at most `most` and DEMAND_SLOTS - 1 older ones. */
static size_t read_moments(struct world *w, uint32_t vm, int64_t first_ms, int64_t last_ms,
                           struct moment *moments, size_t most)
{
    size_t n = 0, wanted = 0;
    int64_t lead_ms = first_ms - (int64_t)(DEMAND_SLOTS - 1) * SLOT_MS;
    for (int64_t t = last_ms; t >= lead_ms && n < most; t -= SLOT_MS) {
        const struct epoch *epoch = world_epoch(&w->objects[vm], t);
        if (!epoch)
            continue;
        moments[n].time_ms = t;
        moments[n].body = world_body(w, &w->objects[vm], epoch);
        moments[n].load = world_load(w, epoch->host, t);
        n++;
        wanted += t >= first_ms;
    }
    return wanted ? n : 0;
}

/* The average over the sample and those of the minute before that exist. */
static int32_t demand(const struct vm_sample *samples, size_t i)
{
    int64_t ms = physics_demand_ms(&samples[i]), slots = 1;
    for (size_t j = i; j-- > 0 && slots < DEMAND_SLOTS;) {
        if (samples[j].time_ms <= samples[i].time_ms - (int64_t)DEMAND_SLOTS * SLOT_MS)
            break;
        ms += physics_demand_ms(&samples[j]);
        slots++;
    }
    return (int32_t)(ms * samples[i].mhz / (slots * SLOT_MS));
}

static int compute(struct history *h, const struct moment *moments, size_t n)
{
    size_t vcpus = 0;
    for (size_t i = 0; i < n; i++)
        vcpus += (size_t)moments[i].body.cpus;
    h->samples = malloc((n ? n : 1) * sizeof *h->samples);
    h->vcpus = malloc((vcpus ? vcpus : 1) * sizeof *h->vcpus);
    if (!h->samples || !h->vcpus)
        return -1;
    struct vcpu_times *next = h->vcpus;
    for (size_t i = 0; i < n; i++) {
        const struct moment *m = &moments[n - 1 - i];
        struct vm_sample *s = &h->samples[i];
        s->vcpu = next;
        next += m->body.cpus;
        physics_sample(&m->body, &m->load, m->time_ms, s);
        s->demand_mhz = demand(h->samples, i);
    }
    return 0;
}

/* Drops the samples that were there for the demand of the others. */
static void trim(struct history *h, size_t n, int64_t first_ms, size_t most)
{
    size_t skip = 0;
    while (skip < n && (h->samples[skip].time_ms < first_ms || n - skip > most))
        skip++;
    h->n = n - skip;
    for (size_t i = 0; i < h->n; i++) {
        h->samples[i] = h->samples[i + skip];
        if (h->samples[i].cpus > h->cpus_most)
            h->cpus_most = h->samples[i].cpus;
    }
    if (!h->n)
        return;
    h->shape = h->samples[h->n - 1];
    h->shape.cpus = h->cpus_most;
    h->shape.vcpu = NULL;
}

int history_load(struct world *w, uint32_t vm, int64_t from_ms, int64_t to_ms, size_t most,
                 struct history *ret)
{
    *ret = (struct history){0};
    int64_t now = world_now(w), last = floor_slot(to_ms < now ? to_ms : now);
    int64_t first = floor_slot(from_ms) + SLOT_MS;
    if (first > last || !most)
        return 0;
    size_t slots = (size_t)((last - first) / SLOT_MS) + 1;
    most = most < slots ? most : slots;
    struct moment *moments = malloc((most + DEMAND_SLOTS - 1) * sizeof *moments);
    if (!moments)
        return -1;
    pthread_mutex_lock(&w->lock);
    size_t n = read_moments(w, vm, first, last, moments, most + DEMAND_SLOTS - 1);
    if (n)
        ret->vm_key = moments[0].body.key;
    pthread_mutex_unlock(&w->lock);
    int rc = compute(ret, moments, n);
    if (!rc)
        trim(ret, n, first, most);
    free(moments);
    return rc;
}

void history_free(struct history *h)
{
    free(h->samples);
    free(h->vcpus);
    *h = (struct history){0};
}

int history_load_host(struct world *w, uint32_t host, int64_t from_ms, int64_t to_ms, size_t most,
                      struct host_history *ret)
{
    *ret = (struct host_history){.key = noise_key(noise_key(w->options.seed, NOISE_HOST), host)};
    int64_t now = world_now(w), last = floor_slot(to_ms < now ? to_ms : now);
    int64_t first = floor_slot(from_ms) + SLOT_MS;
    if (first > last || !most)
        return 0;
    size_t slots = (size_t)((last - first) / SLOT_MS) + 1;
    most = most < slots ? most : slots;
    ret->samples = malloc(most * sizeof *ret->samples);
    if (!ret->samples)
        return -1;
    for (; ret->n < most; ret->n++)
        if (!host_sample(w, host, last - (int64_t)(most - 1 - ret->n) * SLOT_MS,
                         &ret->samples[ret->n]))
            return -1;
    return 0;
}

void history_free_host(struct host_history *h)
{
    free(h->samples);
    *h = (struct host_history){0};
}
