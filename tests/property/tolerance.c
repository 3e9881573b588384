/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "tolerance.h"

/* What the doubles of the truth are off. */
static const double DUST = 1e-4;

enum per { FIXED, PER_VCPU, PER_DEVICE, PER_IOPS };

static const double ANY = 1e18;

struct tolerance {
    enum quantity quantity;
    enum per per;
    double ticks, plus; /* of each, and beside those */
    const char *reason;
};

/* Counters are whole numbers and so are ticks: what is not here is exact. */
static const struct tolerance whole[] = {
    {Q_CPU_WORLDS_MHZ, FIXED, 0.5, 0, "a quotient of MHz, rounded to a tick"},
    {Q_CPU_KERNEL_GAP, FIXED, 0.5, 0, "a quotient of MHz, rounded to a tick"},
    {Q_DISK_IN_FLIGHT, PER_IOPS, 0.0005, 0.5, "IOPS x latency, which is rounded to microseconds"},
    {Q_NET_DROP_RATIO_TRANSMIT, FIXED, 0.5, 0, "a quotient of packets, rounded to a tick"},
    {Q_NET_DROP_RATIO_RECEIVE, FIXED, 0.5, 0, "a quotient of packets, rounded to a tick"},
    {Q_NET_HOST_INTERNAL, FIXED, 0.5, 0, "a quotient of KB, rounded to a tick"},
    {Q_HOST_VCPUS_PER_THREAD, FIXED, 0.5, 0, "a quotient of counts, rounded to a tick"},
};

#define OVERLAP "without its counter overlap stays in guest run, and the layer is partial"
#define OTHER_ESTIMATE "without used time the estimate is by MHz, or is system time alone"
#define WHOLE_MS "without the counter in microseconds it is cut to whole milliseconds"

/* Where samples are missing, instead or in addition. Overlap is below 0.65 % of a vCPU's time, the
 * kernel's work and that of other worlds below 0.3 % of it and 415 ms, as physics.c has them. */
static const struct tolerance holes[] = {
    {Q_CPU_GUEST_RUN, PER_VCPU, 130, 0, OVERLAP},
    {Q_CPU_GUEST_DIFFERENCE, PER_VCPU, 130, 0, OVERLAP},
    {Q_CPU_WORLDS, PER_VCPU, 200, 415, OTHER_ESTIMATE},
    {Q_CPU_OVERHEAD, PER_VCPU, 200, 415, OTHER_ESTIMATE},
    {Q_CPU_VM_USAGE, PER_VCPU, 330, 415, OTHER_ESTIMATE},
    {Q_CPU_VM_DEMAND, PER_VCPU, 200, 415, OTHER_ESTIMATE},
    {Q_DISK_LATENCY, FIXED, 1000, 1, WHOLE_MS},
    {Q_DISK_READ_LATENCY, FIXED, 1000, 1, WHOLE_MS},
    {Q_DISK_WRITE_LATENCY, FIXED, 1000, 1, WHOLE_MS},
    {Q_DISK_IN_FLIGHT, PER_IOPS, 1, 1, WHOLE_MS},
    {Q_DISK_COUNTER_LATENCY, FIXED, ANY, 0, "the larger of two counters, one of them missing"},
    {Q_DISK_COUNT, PER_DEVICE, 1, 0, "a disk without a sample of its reads does not count"},
    {Q_NET_COUNT, PER_DEVICE, 1, 0, "a vNIC without a sample of its traffic does not count"},
};

static const struct tolerance *find(const struct tolerance *rows, size_t n, enum quantity quantity)
{
    for (size_t i = 0; i < n; i++)
        if (rows[i].quantity == quantity)
            return &rows[i];
    return NULL;
}

static const struct tolerance *row_of(enum quantity quantity, bool has_holes)
{
    const struct tolerance *row = NULL;
    if (has_holes)
        row = find(holes, sizeof holes / sizeof *holes, quantity);
    return row ? row : find(whole, sizeof whole / sizeof *whole, quantity);
}

double tolerance_ticks(enum quantity quantity, const struct tolerance_scale *scale, bool has_holes)
{
    const struct tolerance *row = row_of(quantity, has_holes);
    if (!row)
        return DUST;
    const double of[] = {[FIXED] = 1,
                         [PER_VCPU] = scale->vcpus,
                         [PER_DEVICE] = scale->devices,
                         [PER_IOPS] = scale->iops};
    return row->ticks * of[row->per] + row->plus + DUST;
}

const char *tolerance_reason(enum quantity quantity, bool has_holes)
{
    const struct tolerance *row = row_of(quantity, has_holes);
    return row ? row->reason : "";
}
