/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_parts.h"

static const double KB = 1024, MILLI = 1000;

static double run_queue(const struct vm_sample *s)
{
    return s->guest.run_queue;
}

static double context_switches(const struct vm_sample *s)
{
    return s->guest.context_switches;
}

static double guest_cpu(const struct vm_sample *s)
{
    return s->guest.busy_milli / MILLI;
}

/* By the hypervisor's clock less by the guest's. */
static double cpu_difference(const struct vm_sample *s)
{
    return (double)s->sum.net_run / SLOT_MS - guest_cpu(s);
}

static double page_in(const struct vm_sample *s)
{
    return s->guest.page_in_kbps * KB;
}

static double page_out(const struct vm_sample *s)
{
    return s->guest.page_out_kbps * KB;
}

static double swap_used(const struct vm_sample *s)
{
    return (double)s->guest.swap_used_kb * KB;
}

static double needed(const struct vm_sample *s)
{
    return (double)s->guest.needed_kb * KB;
}

static double available(const struct vm_sample *s)
{
    return (double)s->guest.available_kb * KB;
}

static double memory_difference(const struct vm_sample *s)
{
    return (double)(s->memory.granted_kb - s->guest.needed_kb) * KB;
}

static double disk_queue(const struct vm_sample *s)
{
    return s->guest.disk_queue_milli / MILLI;
}

static double ring_drops(const struct vm_sample *s)
{
    return s->guest.ring_drops_milli / MILLI;
}

static double driver_drops(const struct vm_sample *s)
{
    return s->guest.driver_drops_milli / MILLI;
}

static double capacity(const struct vm_sample *s)
{
    return (double)s->guest.capacity;
}

static double free_space(const struct vm_sample *s)
{
    return (double)s->guest.free;
}

static const struct {
    const char *name;
    double (*value)(const struct vm_sample *sample);
} totals[] = {
    {"cpu.run_queue", run_queue},       {"cpu.context_switches", context_switches},
    {"cpu.guest_cpu", guest_cpu},       {"cpu.guest_difference", cpu_difference},
    {"mem.page_in", page_in},           {"mem.page_out", page_out},
    {"mem.guest_swap_used", swap_used}, {"mem.guest_needed", needed},
    {"mem.guest_available", available}, {"mem.guest_difference", memory_difference},
    {"disk.queue", disk_queue},         {"disk.guest_capacity", capacity},
    {"disk.guest_free", free_space},    {"net.ring_drops", ring_drops},
    {"net.driver_drops", driver_drops},
};

void truth_guest(const struct vm_sample *sample, truth_fn *tell, void *ctx)
{
    for (size_t i = 0; i < sizeof totals / sizeof *totals; i++)
        tell(ctx, totals[i].name, "total", NULL, totals[i].value(sample));
    if (sample->guest.heap_used_kb)
        tell(ctx, "guest.app", "app", "jvm.heap_used", (double)sample->guest.heap_used_kb);
}
