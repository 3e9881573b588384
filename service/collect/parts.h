/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What is collected beside CPU and memory of VMs; each may be switched off, because each costs the
 * server something.
 */
#ifndef COLLECT_PARTS_H
#define COLLECT_PARTS_H

#include <stdbool.h>

#include "base/caps.h"

enum {
    RAW_LISTS = 1 + CAP_STORES
}; /* first the configuration's, then what each store is made of */

struct collect_parts {
    bool disk, network; /* counters of VMs */
    bool hosts;         /* hosts are asked, too */
    bool guest;         /* what guests say: counters, VMware Tools, guestinfo.vstrata */
    bool device_names;  /* the devices of VMs */
    /* Counters of VMs and hosts that are wanted as they come, beside the model's: lists of patterns
     * (base/glob.h), borrowed; NULL = none. */
    const char *raw[RAW_LISTS];
};

#endif
