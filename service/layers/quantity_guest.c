/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What the guest says of itself: layer A, and its own reading of B beside the hypervisor's. The
 * report used is the newest that had come before the sample's end; guest.source and guest.age tell
 * which. A guest can say anything: nothing here is ever mixed into layers B to D.
 */
#include "layers/quantity_rows.h"

#define OF(resource, part, title) resource "." part, resource, part, title
#define ROW(Q) [Q_##Q - QUANTITY_GUEST_FIRST] = {Q_##Q

#define REPORTED "reported by the guest; medium confidence"
#define OWN_CLOCK                                                                                \
    "two measures of nearly the same thing with clocks, sampling and roll-up of their own: the " \
    "guest's clock runs on while the VM is frozen, the hypervisor counts work that the guest "   \
    "does "                                                                                      \
    "not see, so the difference may have either sign"

const struct quantity_info
    quantity_guest[QUANTITY_GUEST_LAST - QUANTITY_GUEST_FIRST +
                   1] =
        {ROW(CPU_RUN_QUEUE),
         VM_ONLY,
         OF("cpu", "run_queue", "Guest run queue"),
         LAYER_QUEUE,
         KIND_PART,
         UNIT_COUNT,
         THOUSANDTHS,
         "A: threads of the guest that wait for a vCPU.",
         "rq of guestinfo.vstrata, or guest.cpu.runQueue.latest",
         REPORTED ": a spot value; Linux counts running threads, too, Windows waiting ones alone. "
                  "More than 3 for each vCPU is a queue worth acting on (VMware operations guide)"},
                   ROW(CPU_CONTEXT_SWITCHES), VM_ONLY,
                   OF("cpu", "context_switches", "Guest context switches"), LAYER_QUEUE, KIND_CHECK,
                   UNIT_OPERATIONS_PER_SECOND, THOUSANDTHS, "Context switches inside the guest.",
                   "cs of guestinfo.vstrata, or guest.contextSwapRate.latest", REPORTED
}
, ROW(CPU_GUEST_CPU), VM_ONLY,
    OF("cpu", "guest_cpu", "CPU by the guest"), LAYER_USAGE, KIND_CHECK, UNIT_RATIO, THOUSANDTHS,
    "Busy time of all vCPUs by the guest's own clock.",
    "cpu of guestinfo.vstrata", REPORTED ". The guest's view of cpu.guest_run"
}
, ROW(CPU_GUEST_DIFFERENCE), VM_ONLY,
    OF("cpu", "guest_difference", "CPU: hypervisor less guest"), LAYER_NONE, KIND_CHECK, RATIO,
    "What the hypervisor counts as guest run beyond what the guest counts.",
    "cpu.guest_run - cpu.guest_cpu", OWN_CLOCK
}
, ROW(MEM_PAGE_IN), VM_ONLY,
    OF("mem", "page_in", "Guest page-in"), LAYER_QUEUE, KIND_PART, UNIT_BYTES_PER_SECOND, 1,
    "A: what the guest pages in from its disks.",
    "pgin of guestinfo.vstrata, or guest.page.inRate.latest",
    REPORTED ". On Linux all reads of block devices count as page-in"
}
, ROW(MEM_PAGE_OUT), VM_ONLY,
    OF("mem", "page_out", "Guest page-out"), LAYER_QUEUE, KIND_PART, UNIT_BYTES_PER_SECOND, 1,
    "A: what the guest pages out to its disks.",
    "pgout of guestinfo.vstrata, or guest.page.outRate.latest",
    REPORTED ". On Linux all writes of block devices count as page-out"
}
, ROW(MEM_GUEST_SWAP_USED), VM_ONLY,
    OF("mem", "guest_swap_used", "Guest swap in use"), LAYER_QUEUE, KIND_PART, BYTES,
    "A: memory that the guest keeps in its own page file or swap partition.",
    "swap of guestinfo.vstrata", REPORTED ". A level: what is there may never be asked for again"
}
, ROW(MEM_GUEST_NEEDED), VM_ONLY,
    OF("mem", "guest_needed", "Memory needed by the guest"), LAYER_USAGE, KIND_CHECK, BYTES,
    "Memory that the guest says it needs.", "need of guestinfo.vstrata, or guest.mem.needed.latest",
    REPORTED ". Linux: usable less what is available beyond 5 %"
}
, ROW(MEM_GUEST_AVAILABLE), VM_ONLY,
    OF("mem", "guest_available", "Memory available in the guest"), LAYER_USAGE, KIND_CHECK, BYTES,
    "Memory that the guest could give to a new program without paging.",
    "avail of guestinfo.vstrata", REPORTED
}
, ROW(MEM_GUEST_DIFFERENCE), VM_ONLY,
    OF("mem", "guest_difference", "Memory: granted less needed"), LAYER_NONE, KIND_CHECK, BYTES,
    "Memory granted by the hypervisor beyond what the guest needs.",
    "mem.granted - mem.guest_needed",
    OWN_CLOCK "; above 0 the guest caches or has freed pages that nobody took back, below 0 it "
              "lost memory to the host"
}
, ROW(DISK_GUEST_CAPACITY), VM_ONLY,
    OF("disk", "guest_capacity", "Guest file systems"), LAYER_NONE, KIND_CHECK, KILOBYTES,
    "Capacity of the guest's file systems that VMware Tools reports.", "sum of guest.disk capacity",
    "VMware Tools by the inventory; high confidence, as it is now and not as it was"
}
, ROW(DISK_GUEST_FREE), VM_ONLY,
    OF("disk", "guest_free", "Free in guest file systems"), LAYER_NONE, KIND_CHECK, KILOBYTES,
    "Free space of the guest's file systems that VMware Tools reports.",
    "sum of guest.disk freeSpace",
    "VMware Tools by the inventory; high confidence, as it is now and not as it was"
}
, ROW(GUEST_APP), 1u << FORM_INSTANCE,
    OF("guest", "app", "Application value"), LAYER_QUEUE, KIND_PART, UNIT_COUNT, THOUSANDTHS,
    "What an application inside the guest reports of itself: a heap, a queue.",
    "app.NAME.VALUE of guestinfo.vstrata", "whatever the guest's administrator chose to publish"
}
, ROW(GUEST_TOOLS), VM_ONLY, OF("guest", "tools", "VMware Tools"), LAYER_NONE, KIND_CHECK, CODE,
    "VMware Tools: 0 running, 1 executing scripts, 2 not running, 3 not known.",
    "guest.toolsRunningStatus of the VM", "inventory of the server; high confidence"
}
, ROW(GUEST_HEARTBEAT), VM_ONLY,
    OF("guest", "heartbeat", "Guest heartbeat"), LAYER_NONE, KIND_CHECK, CODE,
    "Heartbeat of the guest: 0 green, 1 yellow, 2 red, 3 gray or not known.",
    "guestHeartbeatStatus of the VM", "inventory of the server; high confidence"
}
, ROW(GUEST_SOURCE), VM_ONLY,
    OF("guest", "source", "Source of layer A"), LAYER_NONE, KIND_CHECK, CODE,
    "Where layer A comes from: 0 nowhere, 1 counters of the guest, 2 guestinfo.vstrata.",
    "the first of these that speaks", SEED
}
, ROW(GUEST_AGE), VM_ONLY,
    OF("guest", "age", "Age of the guest's report"), LAYER_NONE, KIND_CHECK, MILLISECONDS,
    "How long before the sample's end the guest's report had come.",
    "time of the sample - time of arrival by the server's clock", SEED
}
,
}
;
