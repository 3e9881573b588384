/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "network.h"

#include <math.h>

#include "noise.h"
#include "physics.h"

enum { /* one key per source of chance; apart from those of the other physics */
       NOISE_COUNT = 301,
       NOISE_NETWORK,
       NOISE_SCALE,
       NOISE_IDLE,
       NOISE_WAY,
       NOISE_MOVE,
       NOISE_PACKET,
       NOISE_NOT_FOR_US,
       NOISE_TRANSMIT_DROP,
       NOISE_INSIDE
};

enum { KB = 1024 };

static const int64_t MINUTE = 60000;

const char *const networks[NETWORKS] = {"VM Network", "dvpg-prod-110", "dvpg-dmz-20",
                                        "dvpg-db-40", "dvpg-backup",   "vlan/test"};

static double chance(const struct vm_body *vm, int source, int nic)
{
    return noise_unit(noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(nic + 1)));
}

int nic_count(const struct vm_body *vm)
{
    double at = chance(vm, NOISE_COUNT, -1);
    return at < 0.85 ? 1 : at < 0.96 ? 2 : at < 0.99 ? 3 : NICS_MAX;
}

int nic_network(const struct vm_body *vm, int nic)
{
    return (int)(chance(vm, NOISE_NETWORK, nic) * NETWORKS);
}

static double smooth(const struct vm_body *vm, int source, int nic, int64_t t, int64_t period)
{
    uint64_t key = noise_key(vm->key, (uint64_t)source << 32 | (uint32_t)(nic + 1));
    return noise_smooth(key, t, period);
}

/* Frames that were meant for others: on some networks there are always a few. */
static int32_t not_for_us(const struct vm_body *vm, int nic, int64_t t)
{
    double often = chance(vm, NOISE_NOT_FOR_US, nic);
    if (often >= 0.25)
        return 0;
    return (int32_t)(1 + 40 * often * smooth(vm, NOISE_NOT_FOR_US, nic, t, 2 * MINUTE));
}

static int32_t packets(double kbps, double bytes)
{
    return (int32_t)(kbps * KB * SLOT_MS / 1000 / bytes);
}

static void nic_sample(const struct vm_body *vm, int i, double activity, int64_t t,
                       struct nic_sample *ret)
{
    double scale = 5 * pow(10, 2.3 * chance(vm, NOISE_SCALE, i));
    if (i && chance(vm, NOISE_IDLE, i) < 0.3)
        scale = 0; /* connected, but not spoken to */
    double kbps = scale * activity * (0.6 + 0.8 * smooth(vm, NOISE_MOVE, i, t, 2 * MINUTE));
    double in = 0.2 + 0.6 * smooth(vm, NOISE_WAY, i, t, 20 * MINUTE);
    double bytes = 250 + 900 * chance(vm, NOISE_PACKET, i);
    ret->received_kbps = (int32_t)(kbps * in);
    ret->transmitted_kbps = (int32_t)(kbps * (1 - in));
    ret->packets_received = packets(kbps * in, bytes);
    ret->packets_transmitted = packets(kbps * (1 - in), bytes * 0.8);
    ret->dropped_received = not_for_us(vm, i, t);
    double drop = vm->scenario->drops * smooth(vm, NOISE_TRANSMIT_DROP, i, t, 2 * MINUTE);
    ret->dropped_transmitted = (int32_t)(drop * ret->packets_transmitted);
    double inside =
        chance(vm, NOISE_INSIDE, i) < 0.5 ? 0 : 0.6 * smooth(vm, NOISE_INSIDE, i, t, 15 * MINUTE);
    ret->outside_received_kbps = (int32_t)(ret->received_kbps * (1 - inside));
    ret->outside_transmitted_kbps = (int32_t)(ret->transmitted_kbps * (1 - inside));
}

void nic_set_sample(const struct vm_body *vm, double activity, int64_t t, struct nic_set *ret)
{
    ret->n = nic_count(vm);
    for (int i = 0; i < ret->n; i++)
        nic_sample(vm, i, activity, t, &ret->of[i]);
}
