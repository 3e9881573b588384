/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_parts.h"

#include <stdio.h>

/* ---- quantities of a vCPU, in milliseconds ---- */

static int64_t guest_run(const struct vcpu_times *v)
{
    return v->net_run;
}

static int64_t ready(const struct vcpu_times *v)
{
    return v->ready;
}

static int64_t limit(const struct vcpu_times *v)
{
    return v->limited;
}

static int64_t costop(const struct vcpu_times *v)
{
    return v->costop;
}

static int64_t overlap(const struct vcpu_times *v)
{
    return v->overlap;
}

static int64_t swapwait(const struct vcpu_times *v)
{
    return v->swapwait;
}

static int64_t otherwait(const struct vcpu_times *v)
{
    return v->otherwait;
}

static int64_t idle(const struct vcpu_times *v)
{
    return v->idle;
}

static int64_t unmet_sched(const struct vcpu_times *v)
{
    return (int64_t)v->ready + v->limited + v->costop + v->overlap;
}

static int64_t unmet_wait(const struct vcpu_times *v)
{
    return (int64_t)v->swapwait + v->otherwait;
}

static int64_t unmet(const struct vcpu_times *v)
{
    return unmet_sched(v) + unmet_wait(v);
}

static int64_t efficiency_loss(const struct vcpu_times *v)
{
    return (int64_t)v->net_run - v->used;
}

static const struct {
    const char *name;
    int64_t (*ms)(const struct vcpu_times *times);
} of_vcpus[] = {
    {"cpu.guest_run", guest_run},
    {"cpu.ready", ready},
    {"cpu.limit", limit},
    {"cpu.costop", costop},
    {"cpu.overlap", overlap},
    {"cpu.swapwait", swapwait},
    {"cpu.otherwait", otherwait},
    {"cpu.idle", idle},
    {"cpu.unmet_sched", unmet_sched},
    {"cpu.unmet_wait", unmet_wait},
    {"cpu.unmet", unmet},
    {"cpu.efficiency_loss", efficiency_loss},
};

/* ---- quantities that exist for a VM only, in their unit ---- */

static double of_time(int64_t ms)
{
    return (double)ms / SLOT_MS;
}

/* What ran for the VM beside its vCPUs: system time and the other worlds together. */
static int64_t beside(const struct vm_sample *s)
{
    return (int64_t)s->system_ms + s->worlds_ms;
}

static double cpu_count(const struct vm_sample *s)
{
    return s->cpus;
}

static double system_time(const struct vm_sample *s)
{
    return of_time(s->system_ms);
}

static double worlds(const struct vm_sample *s)
{
    return of_time(s->worlds_ms);
}

static double overhead(const struct vm_sample *s)
{
    return of_time(beside(s));
}

static double vm_usage(const struct vm_sample *s)
{
    return of_time(s->sum.net_run + beside(s));
}

static double vm_demand(const struct vm_sample *s)
{
    return of_time(s->sum.net_run + beside(s) + unmet(&s->sum));
}

/* A server counts whole MHz, and a time made of them is no better than that. */
static int64_t mhz_of(const struct vm_sample *s, int64_t ms)
{
    return ms * s->mhz / SLOT_MS;
}

static int64_t vm_mhz(const struct vm_sample *s)
{
    return mhz_of(s, s->sum.used + beside(s) + s->kernel_ms);
}

static double worlds_mhz(const struct vm_sample *s)
{
    int64_t rest = vm_mhz(s);
    for (int i = 0; i < s->cpus; i++)
        rest -= mhz_of(s, s->vcpu[i].used);
    return (double)rest / s->mhz;
}

static double kernel_gap(const struct vm_sample *s)
{
    return (double)vm_mhz(s) / s->mhz - of_time(s->sum.used + beside(s));
}

static double usagemhz(const struct vm_sample *s)
{
    return (double)vm_mhz(s) * 1e6;
}

static double demand(const struct vm_sample *s)
{
    return s->demand_mhz * 1e6;
}

static double entitlement(const struct vm_sample *s)
{
    return s->entitlement_mhz * 1e6;
}

/* Percentages are cut to hundredths. */
static double cut(double ratio)
{
    return (double)(int64_t)(ratio * 10000 + 1e-7) / 10000;
}

static double usage(const struct vm_sample *s)
{
    double ratio = (double)vm_mhz(s) / ((double)s->cpus * s->mhz);
    return cut(ratio > 1 ? 1 : ratio);
}

/* Contention: what kept it from running, and what slowed it down while it ran. */
static double latency(const struct vm_sample *s)
{
    int64_t slow = s->sum.overlap + efficiency_loss(&s->sum);
    int64_t held = (int64_t)s->sum.ready + s->sum.costop + (slow > 0 ? slow : 0);
    double ratio = of_time(held) / s->cpus;
    return cut(ratio > 1 ? 1 : ratio);
}

static double readiness(const struct vm_sample *s)
{
    return cut(of_time((int64_t)s->sum.ready + s->sum.limited) / s->cpus);
}

static const struct {
    const char *name;
    double (*value)(const struct vm_sample *sample);
} of_vms[] = {
    {"cpu.count", cpu_count},
    {"cpu.system", system_time},
    {"cpu.worlds", worlds},
    {"cpu.overhead", overhead},
    {"cpu.vm_usage", vm_usage},
    {"cpu.vm_demand", vm_demand},
    {"cpu.worlds_used", overhead}, /* used[''] - sum of used[i]: the same by definition */
    {"cpu.worlds_mhz", worlds_mhz},
    {"cpu.kernel_gap", kernel_gap},
    {"cpu.counter_usage", usage},
    {"cpu.counter_latency", latency},
    {"cpu.counter_readiness", readiness},
    {"cpu.counter_usagemhz", usagemhz},
    {"cpu.counter_demand", demand},
    {"cpu.counter_entitlement", entitlement},
};

/* ---- telling ---- */

static void tell_vcpus(const struct vm_sample *s, const char *name,
                       int64_t (*ms)(const struct vcpu_times *), truth_fn *tell, void *ctx)
{
    int64_t most = ms(&s->vcpu[0]), least = most;
    for (int i = 1; i < s->cpus; i++) {
        int64_t value = ms(&s->vcpu[i]);
        most = value > most ? value : most;
        least = value < least ? value : least;
    }
    tell(ctx, name, "total", NULL, of_time(ms(&s->sum)));
    tell(ctx, name, "worst", NULL, of_time(most));
    tell(ctx, name, "spread", NULL, of_time(most - least));
    for (int i = 0; i < s->cpus; i++) {
        char instance[12];
        snprintf(instance, sizeof instance, "%d", i);
        tell(ctx, name, "vcpu", instance, of_time(ms(&s->vcpu[i])));
    }
}

void truth_cpu(const struct vm_sample *s, truth_fn *tell, void *ctx)
{
    for (size_t i = 0; i < sizeof of_vms / sizeof *of_vms; i++)
        tell(ctx, of_vms[i].name, "total", NULL, of_vms[i].value(s));
    for (size_t i = 0; i < sizeof of_vcpus / sizeof *of_vcpus; i++)
        tell_vcpus(s, of_vcpus[i].name, of_vcpus[i].ms, tell, ctx);
}
