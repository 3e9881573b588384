/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * All VMs: who hurts, in which layer.
 */
#include "boards/board_labels.h"
#include "boards/style.h"

static const struct variable variables[] = {
    {.label = "vcenter", .title = "vCenter", .many = true, .from = OF_VMS},
    {.label = "cluster", .title = "Cluster", .many = true, .from = OF_VMS},
    {.label = "host", .title = "Host", .many = true, .from = OF_VMS},
    {0},
};

/* A bar for each layer of each resource that a rule judges. */
static size_t by_code(struct query *ret)
{
    size_t n = 0;
    for (int place = 0; place < VERDICT_PLACES; place++)
        if (style_place_judged(place))
            ret[n++] = (struct query){.quantity = Q_ALL_VERDICT_CODE,
                                      .legend = style_place_words(place),
                                      .color = style_place_color(place),
                                      .merge = MERGE_COUNT,
                                      .only = ONLY_EQUAL,
                                      .equal = place + 1};
    return n;
}

/* VMs that hurt in each layer of a resource. */
static size_t layers_of(enum verdict_resource resource, struct query *ret)
{
    size_t n = 0;
    for (int layer = 0; layer < VERDICT_LAYERS; layer++) {
        const int place = (int)resource * VERDICT_LAYERS + layer;
        if (style_place_judged(place))
            ret[n++] = (struct query){.quantity = verdict_score_quantity(place),
                                      .merge = MERGE_COUNT,
                                      .only = ONLY_POSITIVE};
    }
    return n;
}

static size_t cpu(struct query *ret)
{
    return layers_of(VERDICT_CPU, ret);
}

static size_t memory(struct query *ret)
{
    return layers_of(VERDICT_MEM, ret);
}

static size_t disk(struct query *ret)
{
    return layers_of(VERDICT_DISK, ret);
}

static size_t network(struct query *ret)
{
    return layers_of(VERDICT_NET, ret);
}

#define HURTING(words, made)                                                                     \
    {                                                                                            \
        .kind = PANEL_LINES, .title = words " hurts", .about = HURTING_ABOUT, .queries = (made), \
        .width = 6, .height = 7                                                                  \
    }
#define HURTING_ABOUT \
    "VMs that hurt, by layer. A VM may hurt in several. What is not known is not counted."

#define TOP(words, asked)                                                                       \
    {                                                                                           \
        .kind = PANEL_TOP, .title = (words), .about = "The largest means over the time shown.", \
        .by = BY("vm", "vcenter"), .query = ASK(asked), .width = 6, .height = 8                 \
    }

static const struct panel panels[] = {
    ROW("Who hurts now"),
    {.kind = PANEL_STAT,
     .title = "VMs",
     .about = "VMs with a sample in the last five minutes.",
     .query = ASK({.quantity = OF_VMS, .legend = "with samples", .merge = MERGE_COUNT},
                  {.quantity = Q_ALL_VERDICT_CODE,
                   .legend = "hurt",
                   .merge = MERGE_COUNT,
                   .only = ONLY_HURTING,
                   .color = COLOR_BAD},
                  {.quantity = Q_ALL_VERDICT_CODE,
                   .legend = "not known",
                   .merge = MERGE_COUNT,
                   .only = ONLY_EQUAL,
                   .equal = CODE_UNKNOWN,
                   .color = COLOR_NONE}),
     .width = 6,
     .height = 10},
    {.kind = PANEL_BARS,
     .title = "VMs by the layer that hurts most",
     .queries = by_code,
     .width = 6,
     .height = 10},
    {.kind = PANEL_TABLE,
     .title = "VMs that hurt",
     .about = "The newest verdict of each VM; a click on its name shows why.",
     .by = BY("vm", "host", "cluster", "vcenter"),
     .query = ASK({.quantity = Q_ALL_VERDICT_SCORE, .legend = "Score", .only = ONLY_POSITIVE},
                  {.quantity = Q_ALL_VERDICT_CODE, .legend = "Hurts in", .only = ONLY_HURTING},
                  {.quantity = Q_ALL_VERDICT_FOR, .legend = "For", .only = ONLY_POSITIVE}),
     .width = 12,
     .height = 10},
    ROW("How many hurt"),
    HURTING("CPU", cpu),
    HURTING("Memory", memory),
    HURTING("Disk", disk),
    HURTING("Network", network),
    ROW("A: queued inside the guest"),
    TOP("Run queue", TOTAL(Q_CPU_RUN_QUEUE)),
    TOP("Guest pages out", TOTAL(Q_MEM_PAGE_OUT)),
    TOP("Disk queue", TOTAL(Q_DISK_QUEUE)),
    TOP("Ring drops", TOTAL(Q_NET_RING_DROPS)),
    ROW("B: used by the guest"),
    TOP("CPU run", TOTAL(Q_CPU_GUEST_RUN)),
    TOP("Memory active", TOTAL(Q_MEM_ACTIVE)),
    TOP("Disk IO", TOTAL(Q_DISK_IOPS)),
    TOP("Network throughput", TOTAL(Q_NET_THROUGHPUT)),
    ROW("C: added by the hypervisor"),
    TOP("CPU overhead", TOTAL(Q_CPU_OVERHEAD)),
    TOP("Memory overhead", TOTAL(Q_MEM_OVERHEAD)),
    TOP("IO of snapshots", TOTAL(Q_DISK_SNAPSHOT_IOPS)),
    TOP("Space of snapshots", TOTAL(Q_DISK_SNAPSHOT_SPACE)),
    ROW("D: asked for and not given"),
    TOP("CPU unmet, worst vCPU", WORST(Q_CPU_UNMET)),
    TOP("Memory contention", TOTAL(Q_MEM_CONTENTION)),
    TOP("Disk latency, worst disk", WORST(Q_DISK_LATENCY)),
    TOP("Packets dropped, worst vNIC", WORST(Q_NET_DROP_RATIO_TRANSMIT)),
    ROW("All of them"),
    {.kind = PANEL_LINES,
     .title = "CPU of all VMs",
     .about = "Sums over VMs, 100 % = one CPU.",
     .query = ASK({.quantity = Q_CPU_VM_DEMAND, .merge = MERGE_SUM},
                  {.quantity = Q_CPU_VM_USAGE, .merge = MERGE_SUM, .color = "#4b93d6"},
                  {.quantity = Q_CPU_UNMET, .merge = MERGE_SUM})},
    {.kind = PANEL_STACK,
     .title = "Memory of all VMs",
     .about = "Sums over VMs.",
     .query = ASK({.quantity = Q_MEM_GRANTED, .merge = MERGE_SUM},
                  {.quantity = Q_MEM_OVERHEAD, .merge = MERGE_SUM},
                  {.quantity = Q_MEM_BALLOONED, .merge = MERGE_SUM},
                  {.quantity = Q_MEM_SWAPPED, .merge = MERGE_SUM},
                  {.quantity = Q_MEM_COMPRESSED, .merge = MERGE_SUM})},
};

const struct board board_fleet = {
    .name = "fleet",
    .title = "vstrata: who hurts",
    .about = "All VMs: which hurt, and in which layer of which resource.",
    .variables = variables,
    .filter = BY("vcenter", "cluster", "host"),
    .panels = panels,
    .npanels = COUNT_OF(panels),
    .sources = BOTH_SOURCES,
};
