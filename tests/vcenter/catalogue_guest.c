/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "catalogue_values.h"

#define GUEST(counter, member)                                       \
    int64_t value_guest_##counter(const struct vm_sample *s, int at) \
    {                                                                \
        (void)at;                                                    \
        return s->guest.member;                                      \
    }

GUEST(run_queue, run_queue)
GUEST(context_switches, context_switches)
GUEST(page_in, page_in_kbps)
GUEST(page_out, page_out_kbps)
GUEST(needed, needed_kb)
GUEST(disk_queue, disk_queue_milli / 10) /* in hundredths */
