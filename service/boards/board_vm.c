/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One VM: what its guest uses, what the hypervisor adds and what is not given, against what was
 * promised; and what queues inside, beside it.
 */
#include "boards/board_labels.h"
#include "boards/style.h"

static const struct variable variables[] = {
    {.label = "vcenter", .title = "vCenter", .many = true, .from = OF_VMS},
    {.label = "cluster", .title = "Cluster", .many = true, .from = OF_VMS},
    {.label = "vm", .title = "VM", .from = OF_VMS},
    {0},
};

static size_t scores(struct query *ret)
{
    size_t n = 0;
    for (int place = 0; place < VERDICT_PLACES; place++)
        if (style_place_judged(place))
            ret[n++] = (struct query){.quantity = verdict_score_quantity(place)};
    return n;
}

static size_t reasons(struct query *ret)
{
    for (int place = 0; place < VERDICT_PLACES; place++)
        ret[place] = (struct query){.quantity = verdict_status_quantity(place)};
    return VERDICT_PLACES;
}

#define ON(id, words)                                              \
    {                                                              \
        .quantity = (id), .form = FORM_INSTANCE, .legend = (words) \
    }
#define EACH_DISK BY("vdisk_name", "vdisk")
#define EACH_NIC BY("vnic_name", "vnic")
#define PROMISED(id, words)                                        \
    {                                                              \
        .quantity = (id), .legend = (words), .role = ROLE_PROMISED \
    }

static const struct panel panels[] = {
    ROW("Verdict"),
    {.kind = PANEL_STAT,
     .title = "Now",
     .query = ASK(TOTAL(Q_ALL_VERDICT_CODE)),
     .width = 4,
     .height = 4},
    {.kind = PANEL_STAT,
     .title = "Score, and for how long",
     .query = ASK({.quantity = Q_ALL_VERDICT_SCORE, .legend = "Score"},
                  {.quantity = Q_ALL_VERDICT_FOR, .legend = "For"}),
     .width = 4,
     .height = 4},
    {.kind = PANEL_STATES,
     .title = "Which layer hurts most",
     .query = ASK(TOTAL(Q_ALL_VERDICT_CODE)),
     .width = 16,
     .height = 4},
    {.kind = PANEL_LINES, .title = "How much each layer hurts", .queries = scores, .width = 24},
    ROW("CPU"),
    {.kind = PANEL_STACK,
     .title = "CPU: B + C + D against what was promised",
     .about = "100 % = one vCPU. The dashed line is all that the VM was promised.",
     .query =
         ASK(TOTAL(Q_CPU_GUEST_RUN), TOTAL(Q_CPU_SYSTEM), TOTAL(Q_CPU_WORLDS), TOTAL(Q_CPU_READY),
             TOTAL(Q_CPU_LIMIT), TOTAL(Q_CPU_COSTOP), TOTAL(Q_CPU_OVERLAP), TOTAL(Q_CPU_SWAPWAIT),
             TOTAL(Q_CPU_OTHERWAIT), PROMISED(Q_CPU_COUNT, "promised vCPUs")),
     .unit = "percentunit",
     .width = 16,
     .height = 10},
    {.kind = PANEL_LINES,
     .title = "A: CPU work queued in the guest",
     .about = "In units of its own: never a part of the sum beside.",
     .query = ASK(TOTAL(Q_CPU_RUN_QUEUE)),
     .width = 8,
     .height = 10},
    {.kind = PANEL_LINES,
     .title = "D: worst vCPU",
     .query = ASK(WORST(Q_CPU_READY), WORST(Q_CPU_LIMIT), WORST(Q_CPU_COSTOP), WORST(Q_CPU_OVERLAP),
                  WORST(Q_CPU_SWAPWAIT), WORST(Q_CPU_OTHERWAIT)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "D by vCPU",
     .by = BY("vcpu"),
     .query = ASK(ON(Q_CPU_UNMET, "vCPU {vcpu}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "B by vCPU",
     .by = BY("vcpu"),
     .query = ASK(ON(Q_CPU_GUEST_RUN, "vCPU {vcpu}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Lost while running",
     .about = "Never part of B, C or D: the guest runs, but each second is worth less.",
     .query = ASK({.quantity = Q_CPU_EFFICIENCY_LOSS, .color = COLOR_LINE})},
    {.kind = PANEL_LINES,
     .title = "vSphere's own CPU counters",
     .query = ASK(TOTAL(Q_CPU_COUNTER_USAGE), TOTAL(Q_CPU_COUNTER_LATENCY),
                  TOTAL(Q_CPU_COUNTER_READINESS))},
    ROW("Memory"),
    {.kind = PANEL_STACK,
     .title = "Memory, space: B + C + D against what was promised",
     .about = "The dashed line is what the VM was promised; C comes on top of it.",
     .query = ASK(TOTAL(Q_MEM_GRANTED), TOTAL(Q_MEM_BALLOONED), TOTAL(Q_MEM_SWAPPED),
                  TOTAL(Q_MEM_COMPRESSED), TOTAL(Q_MEM_OVERHEAD),
                  PROMISED(Q_MEM_CONFIGURED, "promised memory")),
     .width = 16,
     .height = 10},
    {.kind = PANEL_LINES,
     .title = "A: paging in the guest",
     .query = ASK(TOTAL(Q_MEM_PAGE_IN), TOTAL(Q_MEM_PAGE_OUT), TOTAL(Q_MEM_GUEST_SWAP_USED)),
     .width = 8,
     .height = 10},
    {.kind = PANEL_LINES,
     .title = "D, time: waited for memory",
     .query = ASK(TOTAL(Q_MEM_CONTENTION), WORST(Q_CPU_SWAPWAIT)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "D, rate: what hurts now",
     .query = ASK(TOTAL(Q_MEM_SWAPIN), TOTAL(Q_MEM_DECOMPRESSION), TOTAL(Q_MEM_HOST_CACHE_IN)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "B beside: active and consumed",
     .query = ASK(TOTAL(Q_MEM_ACTIVE), TOTAL(Q_MEM_CONSUMED)),
     .width = 8},
    ROW("Disk"),
    {.kind = PANEL_STACK,
     .title = "IO: B + C",
     .about = "C is what snapshots add.",
     .query = ASK(TOTAL(Q_DISK_READS), TOTAL(Q_DISK_WRITES), TOTAL(Q_DISK_SNAPSHOT_READS),
                  TOTAL(Q_DISK_SNAPSHOT_WRITES)),
     .width = 8},
    {.kind = PANEL_STACK,
     .title = "Throughput: B + C",
     .about = "C is what snapshots add.",
     .query = ASK(TOTAL(Q_DISK_READ_RATE), TOTAL(Q_DISK_WRITE_RATE),
                  TOTAL(Q_DISK_SNAPSHOT_READ_RATE), TOTAL(Q_DISK_SNAPSHOT_WRITE_RATE)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "A: disk queue in the guest",
     .query = ASK(TOTAL(Q_DISK_QUEUE)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "D: latency by disk",
     .by = EACH_DISK,
     .query = ASK(ON(Q_DISK_LATENCY, "{vdisk_name} {vdisk}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "D: outstanding by disk",
     .by = EACH_DISK,
     .query = ASK(ON(Q_DISK_OUTSTANDING, "{vdisk_name} {vdisk}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "B by disk",
     .by = EACH_DISK,
     .query = ASK(ON(Q_DISK_IOPS, "{vdisk_name} {vdisk}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "C: space of snapshots",
     .query = ASK(TOTAL(Q_DISK_SNAPSHOT_SPACE))},
    {.kind = PANEL_LINES,
     .title = "File systems of the guest",
     .query = ASK(TOTAL(Q_DISK_GUEST_CAPACITY), TOTAL(Q_DISK_GUEST_FREE))},
    ROW("Network"),
    {.kind = PANEL_LINES,
     .title = "B by vNIC",
     .by = EACH_NIC,
     .query = ASK(ON(Q_NET_RECEIVED, "{vnic_name} {vnic} received"),
                  ON(Q_NET_TRANSMITTED, "{vnic_name} {vnic} transmitted")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "D: transmit drops by vNIC",
     .by = EACH_NIC,
     .query = ASK(ON(Q_NET_DROP_RATIO_TRANSMIT, "{vnic_name} {vnic}")),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "A: drops in the guest",
     .query = ASK(TOTAL(Q_NET_RING_DROPS), TOTAL(Q_NET_DRIVER_DROPS)),
     .width = 8},
    ROW("The guest beside the hypervisor"),
    {.kind = PANEL_LINES,
     .title = "CPU: run, and what the guest counts",
     .query = ASK(TOTAL(Q_CPU_GUEST_RUN), TOTAL(Q_CPU_GUEST_CPU), TOTAL(Q_CPU_GUEST_DIFFERENCE)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Memory: active, and what the guest needs",
     .query = ASK(TOTAL(Q_MEM_ACTIVE), TOTAL(Q_MEM_GUEST_NEEDED), TOTAL(Q_MEM_GUEST_AVAILABLE)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Values of applications",
     .by = BY("app"),
     .query = ASK(ON(Q_GUEST_APP, "{app}")),
     .width = 8},
    ROW("How good the data is"),
    {.kind = PANEL_STATES,
     .title = "Each layer of each resource",
     .queries = reasons,
     .width = 16,
     .height = 12},
    {.kind = PANEL_LINES,
     .title = "Age of the guest's report",
     .query = ASK(TOTAL(Q_GUEST_AGE)),
     .width = 8,
     .height = 12},
};

const struct board board_vm = {
    .name = "vm",
    .title = "vstrata: one VM",
    .about = "One VM in layers: guest demand = A + B, VM usage = B + C, VM demand = B + C + D.",
    .variables = variables,
    .filter = BY("vcenter", "vm"),
    .panels = panels,
    .npanels = COUNT_OF(panels),
    .sources = BOTH_SOURCES,
};
