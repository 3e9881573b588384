/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_host.h"

/* Hundredths of a percent, as a server cuts them. */
static double ratio(int32_t hundredths)
{
    return hundredths / 1e4;
}

/* Of one thread's time. */
static double share(int64_t ms)
{
    return (double)ms / SLOT_MS;
}

static double bytes(int64_t kb)
{
    return (double)kb * 1024;
}

static double core_utilization(const struct host_sample *s)
{
    return ratio(s->core_utilization);
}

static double utilization(const struct host_sample *s)
{
    return ratio(s->utilization);
}

static double usage(const struct host_sample *s)
{
    return ratio(s->usage);
}

static double usagemhz(const struct host_sample *s)
{
    return (double)s->usagemhz * 1e6;
}

static double ready(const struct host_sample *s)
{
    return share(s->ready_ms);
}

static double costop(const struct host_sample *s)
{
    return share(s->costop_ms);
}

static double latency(const struct host_sample *s)
{
    return ratio(s->latency);
}

static double threads(const struct host_sample *s)
{
    return s->threads;
}

static double cores(const struct host_sample *s)
{
    return s->cores;
}

static double vms(const struct host_sample *s)
{
    return s->vms;
}

static double vcpus(const struct host_sample *s)
{
    return s->vcpus;
}

static double vcpus_per_thread(const struct host_sample *s)
{
    return (double)s->vcpus / s->threads;
}

static double power_policy(const struct host_sample *s)
{
    return s->policy;
}

static double mem_size(const struct host_sample *s)
{
    return bytes(s->mem_size_kb);
}

static double mem_consumed(const struct host_sample *s)
{
    return bytes(s->mem_consumed_kb);
}

static double mem_ballooned(const struct host_sample *s)
{
    return bytes(s->mem_ballooned_kb);
}

static double mem_swapped(const struct host_sample *s)
{
    return bytes(s->mem_swapped_kb);
}

static double mem_compressed(const struct host_sample *s)
{
    return bytes(s->mem_compressed_kb);
}

static double mem_swapin(const struct host_sample *s)
{
    return bytes(s->swapin_kbps);
}

static double mem_swapout(const struct host_sample *s)
{
    return bytes(s->swapout_kbps);
}

static double mem_state(const struct host_sample *s)
{
    return s->mem_state;
}

static double mem_latency(const struct host_sample *s)
{
    return ratio(s->mem_latency);
}

static const struct {
    const char *name;
    double (*value)(const struct host_sample *sample);
} quantities[] = {
    {"host.core_utilization", core_utilization},
    {"host.utilization", utilization},
    {"host.usage", usage},
    {"host.usagemhz", usagemhz},
    {"host.ready", ready},
    {"host.costop", costop},
    {"host.latency", latency},
    {"host.threads", threads},
    {"host.cores", cores},
    {"host.vms", vms},
    {"host.vcpus", vcpus},
    {"host.vcpus_per_thread", vcpus_per_thread},
    {"host.power_policy", power_policy},
    {"host.mem_size", mem_size},
    {"host.mem_consumed", mem_consumed},
    {"host.mem_ballooned", mem_ballooned},
    {"host.mem_swapped", mem_swapped},
    {"host.mem_compressed", mem_compressed},
    {"host.mem_swapin", mem_swapin},
    {"host.mem_swapout", mem_swapout},
    {"host.mem_state", mem_state},
    {"host.mem_latency", mem_latency},
};

void truth_host_each(const struct host_sample *sample, truth_fn *tell, void *ctx)
{
    for (size_t i = 0; i < sizeof quantities / sizeof *quantities; i++)
        tell(ctx, quantities[i].name, "total", NULL, quantities[i].value(sample));
}

/* ---- JSON ---- */

static void write_quantity(void *ctx, const char *quantity, const char *form, const char *instance,
                           double value)
{
    (void)instance;
    buf_printf(ctx, ",\"%s\":{\"%s\":%.15g}", quantity, form, value);
}

static void write_label(struct buf *out, const char *name, const struct object *of)
{
    buf_printf(out, ",\"%s\":", name);
    truth_json_text(out, of ? of->name : "");
}

static void write_labels(struct world *w, uint32_t host, struct buf *out)
{
    char moid[MOID_TEXT];
    pthread_mutex_lock(&w->lock);
    buf_printf(out, "{\"moid\":\"%s\"", world_moid(w, host, moid));
    write_label(out, "name", &w->objects[host]);
    write_label(out, "cluster", world_above(w, host, KIND_CLUSTER));
    write_label(out, "datacenter", world_above(w, host, KIND_DATACENTER));
    pthread_mutex_unlock(&w->lock);
}

static bool write_host(struct world *w, uint32_t host, int64_t from_ms, int64_t to_ms,
                       struct buf *out)
{
    write_labels(w, host, out);
    buf_str(out, ",\"samples\":[");
    bool comma = false;
    for (int64_t t = from_ms - from_ms % SLOT_MS + SLOT_MS; t <= to_ms; t += SLOT_MS) {
        struct host_sample sample;
        char iso[ISO_TEXT];
        if (!host_sample(w, host, t, &sample))
            return false;
        clock_iso((struct server_time){t}, iso);
        buf_printf(out, "%s{\"time\":\"%s\"", comma ? "," : "", iso);
        truth_host_each(&sample, write_quantity, out);
        buf_char(out, '}');
        comma = true;
    }
    buf_str(out, "]}");
    return true;
}

int truth_hosts_write(struct world *w, int64_t from_ms, int64_t to_ms, const char *moid,
                      struct buf *out)
{
    pthread_mutex_lock(&w->lock);
    uint32_t first = w->first[KIND_HOST], end = first + w->nhosts;
    const struct object *only = moid ? world_find(w, moid) : NULL;
    int64_t now = world_now(w);
    if (moid) {
        first = only && only->kind == KIND_HOST ? world_index(w, only) : end;
        end = first < end ? first + 1 : end;
    }
    pthread_mutex_unlock(&w->lock);
    buf_char(out, '[');
    for (uint32_t host = first; host < end; host++) {
        if (host > first)
            buf_char(out, ',');
        if (!write_host(w, host, from_ms, to_ms < now ? to_ms : now, out))
            return -1;
    }
    buf_char(out, ']');
    return buf_ok(out) ? 0 : -1;
}
