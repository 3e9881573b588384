/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Why a layer is what it is. The status quantities carry these codes, so that a store, the page and
 * a journal all tell the same reason; 0 is "ok". Never renumber.
 */
#ifndef LAYERS_REASON_H
#define LAYERS_REASON_H

#include <stdint.h>

enum layer_status { STATUS_OK, STATUS_PARTIAL, STATUS_UNAVAILABLE };

enum reason {
    REASON_OK = 0,
    REASON_NO_GUEST_SOURCE = 1,      /* A: nothing inside the guest reports queues */
    REASON_STATES_DO_NOT_ADD_UP = 2, /* I1 broken beyond 0.1 % of n*T: row refused */
    REASON_MISSING_SAMPLE = 3,       /* -1 or no value of a counter that is always needed */
    REASON_COUNTER_NOT_OFFERED =
        4, /* the server lacks a counter that is always needed, or its group is switched off */
    REASON_NO_VCPU_INSTANCES = 5, /* only the aggregate: no worst vCPU, no spread */
    REASON_PART_MISSING = 6,      /* an optional part (overlap, limit, idle ...) has no value */
    REASON_PARTS_CONTRADICT =
        7,                  /* I2 to I5 broken: values were published as they came, clamped at 0 */
    REASON_SYSTEM_ONLY = 8, /* C: neither estimate of non-vCPU work is possible */
    REASON_FREQUENCY_ESTIMATE = 9,  /* C: from usagemhz (estimate 2), used is missing */
    REASON_SPACES_EXCEED = 10,      /* I16 broken beyond 0.1 %: granted + ballooned + swapped +
                                       compressed > configured; untouched is clamped at 0 */
    REASON_NO_COUNTER = 11,         /* vSphere counts nothing of this layer */
    REASON_RAW_MAPPING = 12,        /* C of disks: datastore counters do not see raw mappings */
    REASON_FILE_STORAGE = 13,       /* C of disks: device counters do not see NFS and vSAN */
    REASON_BACKING = 14,            /* both of them, or what is behind the disks is not known */
    REASON_SWAP_IO = 15,            /* C of disks: the host's swapping is in the difference, too */
    REASON_WHOLE_MILLISECONDS = 16, /* latency is known in whole milliseconds only */
    REASON_GUEST_COUNTERS = 17,     /* A: from counters of the group guest */
    REASON_GUEST_VARIABLE = 18,     /* A: from guestinfo.vstrata */
    REASON_GUEST_STALE = 19,        /* A: the newest report is too old for the sample */
    REASON_GUEST_REFUSED = 20,      /* A: the newest report was refused */
    REASON_COUNT
};

struct reason_info {
    enum layer_status status;
    const char *word; /* "no_guest_source": for programs */
    const char *text; /* "no guest source": for people */
};

/* The row of a code; codes out of range give an "unknown reason" row with STATUS_UNAVAILABLE. */
const struct reason_info *reason_info(int64_t code);

const char *status_name(enum layer_status status); /* "ok", "partial", "unavailable" */

#endif
