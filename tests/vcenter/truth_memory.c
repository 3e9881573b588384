/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_parts.h"

#include <math.h>

/* ---- KB and KB/s; made of other members than the counters where there is a choice ---- */

static int64_t touched(const struct memory_sample *m)
{
    return m->configured_kb - m->untouched_kb;
}

static int64_t configured(const struct memory_sample *m)
{
    return m->configured_kb;
}

/* What the host took and has not given back. */
static int64_t unmet_space(const struct memory_sample *m)
{
    return m->ballooned_kb + m->swapped_kb + m->compressed_kb;
}

static int64_t granted(const struct memory_sample *m)
{
    return touched(m) - unmet_space(m);
}

static int64_t overhead(const struct memory_sample *m)
{
    return m->overhead_kb;
}

static int64_t ballooned(const struct memory_sample *m)
{
    return m->ballooned_kb;
}

static int64_t swapped(const struct memory_sample *m)
{
    return m->swapped_kb;
}

static int64_t compressed(const struct memory_sample *m)
{
    return m->compressed_kb;
}

static int64_t untouched(const struct memory_sample *m)
{
    return m->untouched_kb;
}

static int64_t active(const struct memory_sample *m)
{
    return m->active_kb;
}

static int64_t consumed(const struct memory_sample *m)
{
    return granted(m) - m->saved_kb;
}

static int64_t footprint(const struct memory_sample *m)
{
    return consumed(m) + m->overhead_kb;
}

static int64_t shared(const struct memory_sample *m)
{
    return m->shared_kb;
}

static int64_t host_cache(const struct memory_sample *m)
{
    return m->cached_kb;
}

static int64_t swapin(const struct memory_sample *m)
{
    return m->swapin_kbps;
}

static int64_t decompression(const struct memory_sample *m)
{
    return m->decompression_kbps;
}

static int64_t unmet_rate(const struct memory_sample *m)
{
    return m->swapin_kbps + m->decompression_kbps;
}

static int64_t host_cache_in(const struct memory_sample *m)
{
    return m->cached_in_kbps;
}

static int64_t swapout(const struct memory_sample *m)
{
    return m->swapout_kbps;
}

static int64_t compression(const struct memory_sample *m)
{
    return m->compression_kbps;
}

static const struct {
    const char *name;
    int64_t (*kb)(const struct memory_sample *memory);
} of_kb[] = {
    {"mem.configured", configured},
    {"mem.granted", granted},
    {"mem.overhead", overhead},
    {"mem.ballooned", ballooned},
    {"mem.swapped", swapped},
    {"mem.compressed", compressed},
    {"mem.untouched", untouched},
    {"mem.unmet_space", unmet_space},
    {"mem.footprint", footprint},
    {"mem.active", active},
    {"mem.consumed", consumed},
    {"mem.shared", shared},
    {"mem.host_cache", host_cache},
    {"mem.swapin", swapin},
    {"mem.decompression", decompression},
    {"mem.unmet_rate", unmet_rate},
    {"mem.host_cache_in", host_cache_in},
    {"mem.swapout", swapout},
    {"mem.compression", compression},
};

/* ---- ratios, cut to hundredths of a percent as a server does ---- */

static double cut(double ratio)
{
    return floor(ratio * 10000 + 1e-7) / 10000;
}

static double contention(const struct memory_sample *m)
{
    return cut((double)m->waited_ms / SLOT_MS);
}

static double counter_usage(const struct memory_sample *m)
{
    return cut((double)m->active_kb / (double)m->configured_kb);
}

static const struct {
    const char *name;
    double (*ratio)(const struct memory_sample *memory);
} of_whole[] = {
    {"mem.contention", contention},
    {"mem.counter_usage", counter_usage},
};

void truth_memory(const struct vm_sample *sample, truth_fn *tell, void *ctx)
{
    const struct memory_sample *m = &sample->memory;
    for (size_t i = 0; i < sizeof of_kb / sizeof *of_kb; i++)
        tell(ctx, of_kb[i].name, "total", NULL, (double)of_kb[i].kb(m) * 1024);
    for (size_t i = 0; i < sizeof of_whole / sizeof *of_whole; i++)
        tell(ctx, of_whole[i].name, "total", NULL, of_whole[i].ratio(m));
}
