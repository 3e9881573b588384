/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/quantity_others.h"

#include "layers/quantity_others_rows.h"

/* Quantities without a name in vSphere. */
static const struct {
    enum quantity quantity;
    const char *reason;
} nameless[] = {
    {Q_DISK_IN_FLIGHT, "Follows from IOs and latency; vSphere counts outstanding IO only."},
    {Q_NET_RING_DROPS, "Neither vSphere nor VMware Tools sees the rings of the guest's NICs."},
    {Q_NET_DRIVER_DROPS, "Neither vSphere nor VMware Tools sees the guest's network stack."},
    {Q_CPU_GUEST_CPU, "VMware Tools does not report the guest's own CPU time."},
    {Q_CPU_GUEST_DIFFERENCE, "vSphere does not have the guest's side of the comparison."},
    {Q_MEM_GUEST_DIFFERENCE, "vSphere sets no counter of the host against one of the guest."},
    {Q_GUEST_APP, "Whatever the guest publishes; vSphere only carries the text."},
    {Q_GUEST_SOURCE, "Tells where vstrata has layer A from."},
    {Q_GUEST_AGE, "vSphere does not tell when the guest last reported."},
};

static const struct other_name *rows_of(enum other_product product)
{
    switch (product) {
    case OTHER_VSPHERE:
        return other_vsphere;
    case OTHER_ARIA:
        return other_aria;
    default:
        return other_esxtop;
    }
}

const struct other_name *other_names(enum quantity quantity, size_t i)
{
    if (quantity == Q_NONE)
        return NULL;
    for (enum other_product product = 0; product < OTHER_PRODUCTS; product++)
        for (const struct other_name *row = rows_of(product); row->quantity; row++)
            if (row->quantity == quantity && i-- == 0)
                return row;
    return NULL;
}

const char *other_names_reason(enum quantity quantity)
{
    for (size_t i = 0; i < sizeof nameless / sizeof *nameless; i++)
        if (nameless[i].quantity == quantity)
            return nameless[i].reason;
    return NULL;
}

const char *other_product_name(enum other_product product)
{
    static const char *const names[OTHER_PRODUCTS] = {"vSphere", "Aria Operations", "esxtop"};
    return names[product];
}
