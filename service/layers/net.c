/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/net_model.h"

#include "layers/guest_model.h"

#define BIT(value) (1u << (value))

enum { PACKET_TICKS = 20 }; /* per packet and second: exact in a real-time interval */

static const int64_t limits[] = {
    [NET_V_RECEIVED] = NET_RATE_MAX,      [NET_V_TRANSMITTED] = NET_RATE_MAX,
    [NET_V_PACKETS_RX] = NET_PACKETS_MAX, [NET_V_PACKETS_TX] = NET_PACKETS_MAX,
    [NET_V_DROPPED_RX] = NET_PACKETS_MAX, [NET_V_DROPPED_TX] = NET_PACKETS_MAX,
    [NET_V_PNIC_RX] = NET_RATE_MAX,       [NET_V_PNIC_TX] = NET_RATE_MAX,
};
enum { NET_COUNTERS = sizeof limits / sizeof *limits };

static const struct device_counters counters = {
    .kind = INSTANCE_NIC,
    .first = NET_RECEIVED,
    .count = NET_COUNTERS,
    .sums = BIT(NET_COUNTERS) - 1,
    .limit = limits,
};

/* Packets per second of a, or of a and b. */
static int64_t rate(const int64_t *v, unsigned a, unsigned b)
{
    const int64_t packets = a == b ? v[a] : device_sum(v, a, b);
    if (packets < 0 || v[NET_V_SECONDS] < 0)
        return DEVICE_UNKNOWN;
    return device_divided(packets * PACKET_TICKS, v[NET_V_SECONDS]);
}

/* The share of drops a in drops and deliveries b. */
static int64_t drop_ratio(const int64_t *v, unsigned a, unsigned b)
{
    const int64_t all = device_sum(v, a, b);
    if (all <= 0)
        return all;
    return device_divided(v[a] * RATIO_SCALE, all);
}

#define ROW(Q) [Q_NET_##Q - Q_NET_RECEIVED]

static const struct device_quantity of_nics[Q_NET_STATUS_UNMET - Q_NET_RECEIVED + 1] = {
    ROW(RECEIVED) = {device_value, NET_V_RECEIVED, 0},
    ROW(TRANSMITTED) = {device_value, NET_V_TRANSMITTED, 0},
    ROW(THROUGHPUT) = {device_sum, NET_V_RECEIVED, NET_V_TRANSMITTED},
    ROW(PACKETS_RECEIVED) = {rate, NET_V_PACKETS_RX, NET_V_PACKETS_RX},
    ROW(PACKETS_TRANSMITTED) = {rate, NET_V_PACKETS_TX, NET_V_PACKETS_TX},
    ROW(PACKETS) = {rate, NET_V_PACKETS_RX, NET_V_PACKETS_TX},
    ROW(DROPPED_TRANSMIT) = {rate, NET_V_DROPPED_TX, NET_V_DROPPED_TX},
    ROW(DROPPED_RECEIVE) = {rate, NET_V_DROPPED_RX, NET_V_DROPPED_RX},
    ROW(DROP_RATIO_TRANSMIT) = {drop_ratio, NET_V_DROPPED_TX, NET_V_PACKETS_TX},
    ROW(DROP_RATIO_RECEIVE) = {drop_ratio, NET_V_DROPPED_RX, NET_V_PACKETS_RX},
};

/* What a layer needs to be whole. */
static const unsigned char usage_values[] = {NET_V_RECEIVED, NET_V_TRANSMITTED, NET_V_PACKETS_RX,
                                             NET_V_PACKETS_TX};
static const unsigned char unmet_values[] = {NET_V_DROPPED_TX};

bool net_scratch_init(struct net_scratch *scratch, const struct sample_block *block)
{
    scratch->offered = false;
    for (size_t i = 0; i < block->nseries && !scratch->offered; i++)
        scratch->offered =
            block->series[i].counter >= NET_RECEIVED && block->series[i].counter <= NET_PNIC_TX;
    return devices_init(&scratch->nics, &counters, block);
}

void net_scratch_free(struct net_scratch *scratch)
{
    devices_free(&scratch->nics);
}

static void load(struct devices *nics, const struct sample_block *block, size_t t)
{
    const int32_t interval = block->intervals[t];
    const int64_t seconds =
        interval > 0 && interval <= NET_INTERVAL_MAX_S ? interval : DEVICE_UNKNOWN;
    devices_load(nics, t);
    devices_add_up(nics, NET_COUNTERS);
    for (size_t i = 0; i < nics->n; i++)
        nics->device[i].of[NET_V_SECONDS] = seconds;
    nics->total[NET_V_SECONDS] = seconds;
}

/* A does not hang on the hypervisor's counters; without any there is little to expect of it. */
static void queue(const struct net_scratch *scratch, const struct sample_block *block, size_t t,
                  struct totals *totals)
{
    static const enum quantity parts[] = {Q_NET_RING_DROPS, Q_NET_DRIVER_DROPS};
    enum reason reason = guest_reason(block, t, GUEST_NET);
    int64_t ticks;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        if (guest_part(block, t, parts[i], &ticks))
            put_total(totals, parts[i], ticks);
    if (!scratch->offered && reason_info(reason)->status == STATUS_UNAVAILABLE)
        reason = REASON_COUNTER_NOT_OFFERED;
    put_total(totals, Q_NET_STATUS_QUEUE, reason);
}

/* What of the VM's traffic no physical NIC saw; their counters may run a little ahead. */
static void host_internal(const struct devices *nics, struct totals *totals)
{
    const int64_t traffic = device_sum(nics->total, NET_V_RECEIVED, NET_V_TRANSMITTED);
    const int64_t outside = device_sum(nics->total, NET_V_PNIC_RX, NET_V_PNIC_TX);
    if (traffic <= 0 || outside < 0)
        return;
    const int64_t inside = outside < traffic ? traffic - outside : 0;
    put_total(totals, Q_NET_HOST_INTERNAL, device_divided(inside * RATIO_SCALE, traffic));
}

/* Packets that were counted in nobody knows how long are no rate. */
static enum reason status_of(const struct devices *nics, const unsigned char *values, size_t n)
{
    enum reason reason = devices_status(nics, values, n);
    return reason == REASON_OK && nics->total[NET_V_SECONDS] < 0 ? REASON_PART_MISSING : reason;
}

static void statuses(const struct net_scratch *scratch, struct totals *totals)
{
    const struct devices *nics = &scratch->nics;
    put_total(totals, Q_NET_STATUS_USAGE, status_of(nics, usage_values, sizeof usage_values));
    put_total(totals, Q_NET_STATUS_OVERHEAD,
              scratch->offered ? REASON_NO_COUNTER : REASON_COUNTER_NOT_OFFERED);
    put_total(totals, Q_NET_STATUS_UNMET, status_of(nics, unmet_values, sizeof unmet_values));
}

void net_layers(struct net_scratch *scratch, const struct sample_block *block, size_t t,
                struct row_batch *out)
{
    struct totals totals = {.known = {false}};
    load(&scratch->nics, block, t);
    const size_t nics = devices_with(&scratch->nics, NET_V_RECEIVED);
    queue(scratch, block, t, &totals);
    host_internal(&scratch->nics, &totals);
    if (nics)
        put_total(&totals, Q_NET_COUNT, (int64_t)nics);
    statuses(scratch, &totals);
    for (enum quantity q = Q_NET_RECEIVED; q <= Q_NET_STATUS_UNMET; q++) {
        const struct device_quantity *how = &of_nics[q - Q_NET_RECEIVED];
        if (how->of)
            devices_write(&scratch->nics, q, how, out);
        else if (totals.known[q])
            row_batch_value(out, q, FORM_TOTAL, 0, totals.ticks[q]);
    }
}
