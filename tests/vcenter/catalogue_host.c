/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "catalogue_values.h"
#include "host.h"

#define HOST(counter, member)                                 \
    int64_t value_host_##counter(const struct host_sample *s) \
    {                                                         \
        return (int64_t)s->member;                            \
    }

HOST(ready, ready_ms)
HOST(costop, costop_ms)
HOST(usagemhz, usagemhz)
HOST(usage, usage)
HOST(latency, latency)
HOST(core_utilization, core_utilization)
HOST(utilization, utilization)
HOST(consumed, mem_consumed_kb)
HOST(ballooned, mem_ballooned_kb)
HOST(compressed, mem_compressed_kb)
HOST(swapped, mem_swapped_kb)
HOST(swapin, swapin_kbps)
HOST(swapout, swapout_kbps)
HOST(mem_state, mem_state)
HOST(mem_latency, mem_latency)
