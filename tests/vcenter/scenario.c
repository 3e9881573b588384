/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "scenario.h"

#include <string.h>

#include "noise.h"

enum { QUIET, PRESSURE = 5, NOISY = 10 };

static const struct scenario rows[] = {
    [QUIET] = {.name = "quiet",
               .help = "little load, nothing held back",
               .roles = {"web", "app", "mail", "dns", "print"},
               .weight = 58,
               .load = 0.12,
               .swing = 0.7},
    {.name = "snapshot",
     .help = "a snapshot kept for too long: it grows, and reads go through its chain",
     .roles = {"file", "wiki"},
     .weight = 3,
     .load = 0.2,
     .swing = 0.4,
     .snapshot = 3},
    {.name = "storage-slow",
     .help = "an array at its limit: tens of milliseconds for each IO",
     .roles = {"sap", "backup"},
     .weight = 3,
     .load = 0.2,
     .swing = 0.4,
     .storage = 1},
    {.name = "guest-queue",
     .help = "threads, pages and IOs queue inside the guest; the hypervisor sees nothing wrong",
     .roles = {"legacy", "citrix"},
     .weight = 3,
     .load = 0.35,
     .swing = 0.3,
     .queue = 5},
    {.name = "network-drops",
     .help = "packets that the guest sends are dropped",
     .roles = {"edge", "proxy"},
     .weight = 1,
     .load = 0.2,
     .swing = 0.4,
     .drops = 0.06},
    [PRESSURE] = {.name = "memory-pressure",
                  .help = "a pool's limit: balloon, then compression, then swap, in spikes",
                  .roles = {"mem", "oracle"},
                  .weight = 2,
                  .load = 0.3,
                  .swing = 0.4,
                  .swapwait = 0.4,
                  .squeeze = 1},
    {.name = "cpu-contention",
     .help = "ready time: other VMs are in the way",
     .roles = {"app", "build"},
     .weight = 8,
     .load = 0.45,
     .swing = 0.4,
     .contention = 0.65},
    {.name = "costop",
     .help = "vCPUs wait for their siblings",
     .roles = {"erp", "olap"},
     .weight = 6,
     .load = 0.5,
     .swing = 0.4,
     .contention = 0.05,
     .costop = 0.5},
    {.name = "limit",
     .help = "a CPU limit is in the way",
     .roles = {"batch", "test"},
     .weight = 6,
     .load = 0.7,
     .swing = 0.25,
     .limit = 0.28},
    {.name = "swapwait",
     .help = "the host swaps; disks are slow too",
     .roles = {"db", "cache"},
     .weight = 5,
     .load = 0.3,
     .swing = 0.5,
     .swapwait = 0.35,
     .swapped = 0.3,
     .otherwait = 0.06,
     .storage = 0.8},
    [NOISY] = {.name = "noisy-neighbour",
               .help = "one VM of each host has bursts that raise the others' ready",
               .roles = {"tenant"},
               .weight = 0,
               .load = 0.4,
               .swing = 0.15},
    {.name = "power-saving",
     .help = "low frequency: vCPUs run, but get little work done",
     .roles = {"report", "archive"},
     .weight = 5,
     .load = 0.35,
     .swing = 0.5,
     .frequency = 0.6},
    {.name = "missing-data",
     .help = "nothing ails it, but many samples are missing, and series for minutes",
     .roles = {"edge", "iot"},
     .weight = 0,
     .load = 0.12,
     .swing = 0.7,
     .missing = 0.3},
};

const struct scenario *const scenario_noisy = &rows[NOISY];
const struct scenario *const scenario_pressure = &rows[PRESSURE];

size_t scenario_count(void)
{
    return sizeof rows / sizeof *rows;
}

const struct scenario *scenario_at(size_t i)
{
    return &rows[i];
}

const struct scenario *scenario_find(const char *name)
{
    for (size_t i = 0; i < scenario_count(); i++)
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    return NULL;
}

const struct scenario *scenario_of_mix(uint64_t key)
{
    double at = noise_unit(key) * 100;
    for (size_t i = 0; i < scenario_count(); i++) {
        at -= rows[i].weight;
        if (at < 0)
            return &rows[i];
    }
    return &rows[QUIET];
}
