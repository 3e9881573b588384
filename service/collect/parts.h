/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What is collected beside CPU and memory of VMs; each may be switched off, because each costs the
 * server something.
 */
#ifndef COLLECT_PARTS_H
#define COLLECT_PARTS_H

#include <stdbool.h>

struct collect_parts {
    bool disk, network; /* counters of VMs */
    bool hosts;         /* hosts are asked, too */
    bool guest;         /* what guests say: counters, VMware Tools, guestinfo.vstrata */
    bool device_names;  /* the devices of VMs */
};

#endif
