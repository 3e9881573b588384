/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_parts.h"

#include <stdio.h>

static const double KB = 1024, SECONDS = SLOT_MS / 1e3;

typedef int64_t nic_fn(const struct nic_sample *nic);

static int64_t received(const struct nic_sample *n)
{
    return n->received_kbps;
}

static int64_t transmitted(const struct nic_sample *n)
{
    return n->transmitted_kbps;
}

static int64_t throughput(const struct nic_sample *n)
{
    return received(n) + transmitted(n);
}

static int64_t packets_received(const struct nic_sample *n)
{
    return n->packets_received;
}

static int64_t packets_transmitted(const struct nic_sample *n)
{
    return n->packets_transmitted;
}

static int64_t packets(const struct nic_sample *n)
{
    return packets_received(n) + packets_transmitted(n);
}

static int64_t dropped_received(const struct nic_sample *n)
{
    return n->dropped_received;
}

static int64_t dropped_transmitted(const struct nic_sample *n)
{
    return n->dropped_transmitted;
}

static int64_t outside(const struct nic_sample *n)
{
    return (int64_t)n->outside_received_kbps + n->outside_transmitted_kbps;
}

enum unit { BYTES_PER_SECOND, PER_SECOND };

static const struct {
    const char *name;
    nic_fn *value;
    enum unit unit;
} sums[] = {
    {"net.received", received, BYTES_PER_SECOND},
    {"net.transmitted", transmitted, BYTES_PER_SECOND},
    {"net.throughput", throughput, BYTES_PER_SECOND},
    {"net.packets_received", packets_received, PER_SECOND},
    {"net.packets_transmitted", packets_transmitted, PER_SECOND},
    {"net.packets", packets, PER_SECOND},
    {"net.dropped_receive", dropped_received, PER_SECOND},
    {"net.dropped_transmit", dropped_transmitted, PER_SECOND},
};

static const struct {
    const char *name;
    nic_fn *dropped, *delivered;
} ratios[] = {
    {"net.drop_ratio_receive", dropped_received, packets_received},
    {"net.drop_ratio_transmit", dropped_transmitted, packets_transmitted},
};

struct teller {
    const struct nic_set *nics;
    truth_fn *tell;
    void *ctx;
};

static void total(const struct teller *t, const char *name, double value)
{
    t->tell(t->ctx, name, "total", NULL, value);
}

static void instance(const struct teller *t, const char *name, int nic, double value)
{
    char key[12];
    snprintf(key, sizeof key, "%d", NIC_KEY + nic);
    t->tell(t->ctx, name, "vnic", key, value);
}

static int64_t sum(const struct nic_set *n, nic_fn *value)
{
    int64_t all = 0;
    for (int i = 0; i < n->n; i++)
        all += value(&n->of[i]);
    return all;
}

static double in_unit(int64_t value, enum unit unit)
{
    return unit == BYTES_PER_SECOND ? (double)value * KB : (double)value / SECONDS;
}

static void tell_sum(const struct teller *t, const char *name, nic_fn *value, enum unit unit)
{
    total(t, name, in_unit(sum(t->nics, value), unit));
    for (int i = 0; i < t->nics->n; i++)
        instance(t, name, i, in_unit(value(&t->nics->of[i]), unit));
}

/* Of all that should have got through; 0 of nothing. */
static double ratio(int64_t dropped, int64_t delivered)
{
    int64_t all = dropped + delivered;
    return all ? (double)dropped / (double)all : 0;
}

static void tell_ratio(const struct teller *t, const char *name, nic_fn *dropped, nic_fn *delivered)
{
    const struct nic_set *n = t->nics;
    double most = 0;
    total(t, name, ratio(sum(n, dropped), sum(n, delivered)));
    for (int i = 0; i < n->n; i++) {
        double one = ratio(dropped(&n->of[i]), delivered(&n->of[i]));
        most = one > most ? one : most;
    }
    t->tell(t->ctx, name, "worst", NULL, most);
    for (int i = 0; i < n->n; i++)
        instance(t, name, i, ratio(dropped(&n->of[i]), delivered(&n->of[i])));
}

void truth_network(const struct vm_sample *sample, truth_fn *tell, void *ctx)
{
    const struct teller t = {&sample->nics, tell, ctx};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        tell_sum(&t, sums[i].name, sums[i].value, sums[i].unit);
    for (size_t i = 0; i < sizeof ratios / sizeof *ratios; i++)
        tell_ratio(&t, ratios[i].name, ratios[i].dropped, ratios[i].delivered);
    int64_t all = sum(t.nics, throughput);
    if (all)
        total(&t, "net.host_internal", (double)(all - sum(t.nics, outside)) / (double)all);
    total(&t, "net.count", t.nics->n);
}
