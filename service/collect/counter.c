/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/counter.h"

/* Names, units and what hangs on each: reference of the vSphere counters, section "CPU". */
static const struct counter_info counters[COUNTER_COUNT] = {
    [CPU_RUN] = {"cpu.run.summation", "millisecond", NEED_ALWAYS, "guest run time (layer B)"},
    [CPU_READY] = {"cpu.ready.summation", "millisecond", NEED_ALWAYS, "ready time (layer D)"},
    [CPU_COSTOP] = {"cpu.costop.summation", "millisecond", NEED_ALWAYS, "co-stop time (layer D)"},
    [CPU_WAIT] = {"cpu.wait.summation", "millisecond", NEED_ALWAYS,
                  "the check that the vCPU states add up"},
    [CPU_IDLE] = {"cpu.idle.summation", "millisecond", NEED_PART,
                  "idle time, and other wait (layer D)"},
    [CPU_OVERLAP] = {"cpu.overlap.summation", "millisecond", NEED_PART, "overlap (layer D)"},
    [CPU_SWAPWAIT] = {"cpu.swapwait.summation", "millisecond", NEED_PART, "swap wait (layer D)"},
    [CPU_MAXLIMITED] = {"cpu.maxlimited.summation", "millisecond", NEED_PART,
                        "the share of ready that a limit causes (layer D)"},
    [CPU_SYSTEM] = {"cpu.system.summation", "millisecond", NEED_PART, "system time (layer C)"},
    [CPU_USED] = {"cpu.used.summation", "millisecond", NEED_PART,
                  "non-vCPU worlds by used time (layer C), efficiency loss"},
    [CPU_USAGEMHZ] = {"cpu.usagemhz.average", "megaHertz", NEED_CHECK,
                      "non-vCPU worlds by frequency (layer C)"},
    [CPU_USAGE] = {"cpu.usage.average", "percent", NEED_CHECK, "check value usage"},
    [CPU_LATENCY] = {"cpu.latency.average", "percent", NEED_CHECK, "check value latency"},
    [CPU_READINESS] = {"cpu.readiness.average", "percent", NEED_CHECK, "check value readiness"},
    [CPU_DEMAND] = {"cpu.demand.average", "megaHertz", NEED_CHECK, "check value demand"},
    [CPU_ENTITLEMENT] = {"cpu.entitlement.latest", "megaHertz", NEED_CHECK,
                         "check value entitlement"},
    [MEM_GRANTED] = {"mem.granted.average", "kiloBytes", NEED_PART, "granted memory (layer B)"},
    [MEM_ACTIVE] = {"mem.active.average", "kiloBytes", NEED_CHECK, "active memory (layer B)"},
    [MEM_CONSUMED] = {"mem.consumed.average", "kiloBytes", NEED_CHECK, "consumed memory"},
    [MEM_SHARED] = {"mem.shared.average", "kiloBytes", NEED_CHECK, "shared memory"},
    [MEM_OVERHEAD] = {"mem.overhead.average", "kiloBytes", NEED_PART, "memory overhead (layer C)"},
    [MEM_VMMEMCTL] = {"mem.vmmemctl.average", "kiloBytes", NEED_PART, "ballooned memory (layer D)"},
    [MEM_SWAPPED] = {"mem.swapped.average", "kiloBytes", NEED_PART, "swapped memory (layer D)"},
    [MEM_COMPRESSED] = {"mem.compressed.average", "kiloBytes", NEED_PART,
                        "compressed memory (layer D)"},
    [MEM_LLSWAPUSED] = {"mem.llSwapUsed.average", "kiloBytes", NEED_CHECK,
                        "swapped memory in the host's cache"},
    [MEM_SWAPINRATE] = {"mem.swapinRate.average", "kiloBytesPerSecond", NEED_PART,
                        "swap-in (layer D)"},
    [MEM_SWAPOUTRATE] = {"mem.swapoutRate.average", "kiloBytesPerSecond", NEED_CHECK, "swap-out"},
    [MEM_DECOMPRESSIONRATE] = {"mem.decompressionRate.average", "kiloBytesPerSecond", NEED_PART,
                               "decompression (layer D)"},
    [MEM_COMPRESSIONRATE] = {"mem.compressionRate.average", "kiloBytesPerSecond", NEED_CHECK,
                             "compression"},
    [MEM_LLSWAPINRATE] = {"mem.llSwapInRate.average", "kiloBytesPerSecond", NEED_CHECK,
                          "swap-in from the host's cache"},
    [MEM_LATENCY] = {"mem.latency.average", "percent", NEED_PART,
                     "memory contention in time (layer D)"},
    [MEM_USAGE] = {"mem.usage.average", "percent", NEED_CHECK, "check value memory usage"},
};

const struct counter_info *counter_info(enum counter counter)
{
    return &counters[counter];
}
