/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The simulated vCenter without its network: what it would answer, and what is true. Everything of
 * it that the property test sees is here, because the headers of the simulator and those of the
 * service name different things alike.
 */
#ifndef PROPERTY_SIM_H
#define PROPERTY_SIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

enum { SIM_INTERVAL_S = 20, SIM_SAMPLES_MAX = 180, SIM_NO_REPORT = -1 };

struct sim_options {
    const char *scenario; /* NULL = a mix */
    uint64_t seed;
    int vms, hosts;
    bool guest_counters; /* the catalogue has the group guest */
};

struct sim;

/* A world with an hour behind it, at a time of the day that the seed chooses; some VMs got another
 * disk half an hour ago. NULL for an unknown scenario, or when memory is out. */
struct sim *sim_new(const struct sim_options *options);
void sim_free(struct sim *sim);

size_t sim_vms(const struct sim *sim);
size_t sim_hosts(const struct sim *sim);

/* The scenarios by number; NULL behind the last. */
const char *sim_scenario(size_t i);

/* A counter by its name "cpu.ready.summation"; -1 = the server does not list it. */
int sim_counter(const struct sim *sim, const char *name);

/* ---- the hour of one VM or host ---- */

struct sim_hour;

/* Of VM or host number i. NULL when memory is out; without samples if it was off. */
struct sim_hour *sim_vm_hour(struct sim *sim, size_t i);
struct sim_hour *sim_host_hour(struct sim *sim, size_t i);
void sim_hour_free(struct sim_hour *hour);

struct sim_facts { /* what the inventory knows */
    char moid[32];
    const char *name;
    const char *scenario; /* of a VM */
    bool bully;           /* the noisy neighbour itself */
    bool has_holes;       /* the server loses samples of it */
    int64_t memory_bytes;
    int mhz;
    int threads, cores, vms, vcpus, policy; /* of a host */
};
void sim_facts(const struct sim_hour *hour, struct sim_facts *ret);

struct sim_moment { /* what else holds in one interval, of a VM */
    int vcpus, disks, datastores, nics;
    int64_t iops;
    bool raw, files; /* behind its disks: raw mappings; NFS */
    int64_t snapshot_bytes, capacity, free;
    bool swaps; /* the host swaps the VM in or out */
};
void sim_moment(const struct sim_hour *hour, size_t sample, struct sim_moment *ret);

size_t sim_samples(const struct sim_hour *hour);
int64_t sim_time_ms(const struct sim_hour *hour, size_t sample);

/* Told a series of n values, which live for the call. */
typedef void sim_series_fn(void *ctx, const char *instance, const int64_t *values, size_t n);

/* Tells the series of a counter, of n samples from `first` on, as a server answers a query for just
 * those. */
void sim_series(const struct sim_hour *hour, size_t first, size_t n, int counter,
                sim_series_fn *tell, void *ctx);

/* Appends what the guest publishes of the interval of a sample, at a time not before its end. */
void sim_guest_text(const struct sim_hour *hour, size_t sample, int64_t time_ms, struct buf *out);

/* Told one value that is true, as in the simulator's truth.h. */
typedef void sim_truth_fn(void *ctx, const char *quantity, const char *form, const char *instance,
                          double value);

struct sim_view {  /* when what is known was read */
    size_t sample; /* the interval */
    size_t newest; /* what the inventory says is of this one: file systems, snapshot files */
    int report;    /* what the guest says is of this one; SIM_NO_REPORT: it has said nothing */
};

/* Tells all that is true in an interval, as far as it is to be known. */
void sim_truth(const struct sim_hour *hour, const struct sim_view *view, sim_truth_fn *tell,
               void *ctx);

/* Whether what the scenario is about is to be felt in an interval: by the physics alone, at levels
 * that are in ailment.c. False for a scenario that is about nothing. */
bool sim_ails(const struct sim_hour *hour, size_t sample);

#endif
