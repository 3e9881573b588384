/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The counter catalogue: the vSphere counters that the model reads, by the name under which a
 * server lists them. A counter is added in one row (counter.c) and one enum word.
 */
#ifndef COLLECT_COUNTER_H
#define COLLECT_COUNTER_H

enum counter {
    CPU_RUN,
    CPU_READY,
    CPU_COSTOP,
    CPU_WAIT,
    CPU_IDLE,
    CPU_OVERLAP,
    CPU_SWAPWAIT,
    CPU_MAXLIMITED,
    CPU_SYSTEM,
    CPU_USED,
    CPU_USAGEMHZ,
    CPU_USAGE,
    CPU_LATENCY,
    CPU_READINESS,
    CPU_DEMAND,
    CPU_ENTITLEMENT,
    MEM_GRANTED,
    MEM_ACTIVE,
    MEM_CONSUMED,
    MEM_SHARED,
    MEM_OVERHEAD,
    MEM_VMMEMCTL,
    MEM_SWAPPED,
    MEM_COMPRESSED,
    MEM_LLSWAPUSED,
    MEM_SWAPINRATE,
    MEM_SWAPOUTRATE,
    MEM_DECOMPRESSIONRATE,
    MEM_COMPRESSIONRATE,
    MEM_LLSWAPINRATE,
    MEM_LATENCY,
    MEM_USAGE,
    COUNTER_COUNT
};

enum counter_need {
    NEED_ALWAYS, /* without it there are no layers: reported by check as an error */
    NEED_PART,   /* without it a part of a layer is missing, and the layer partial */
    NEED_CHECK,  /* only a check value is missing */
};

struct counter_info {
    const char *name; /* group.name.rollup, case-sensitive: "cpu.ready.summation" */
    const char *unit; /* the server's unit word: "millisecond" */
    enum counter_need need;
    const char *lost; /* what cannot be said without it, for a person */
};

/* The row of a counter. */
const struct counter_info *counter_info(enum counter counter);

#endif
