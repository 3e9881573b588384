/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How good the data is: what was due, what came, and what did not.
 */
#include "boards/board_labels.h"
#include "boards/style.h"

static const struct variable variables[] = {
    {.label = "vcenter", .title = "vCenter", .many = true, .from = OF_VCENTERS},
    {0},
};

#define SUM_OF(id)                           \
    {                                        \
        .quantity = (id), .merge = MERGE_SUM \
    }
#define EACH_VCENTER(id)                        \
    {                                           \
        .quantity = (id), .legend = "{vcenter}" \
    }

/* VMs of whose resource a layer is not known. */
#define NOT_OK(id)                                                  \
    {                                                               \
        .quantity = (id), .merge = MERGE_COUNT, .only = ONLY_NOT_OK \
    }

static const struct panel panels[] = {
    ROW("What a collection found"),
    {.kind = PANEL_LINES,
     .title = "Samples due and received",
     .query = ASK(SUM_OF(Q_QUALITY_EXPECTED), SUM_OF(Q_QUALITY_RECEIVED))},
    {.kind = PANEL_LINES,
     .title = "Missing, late and refused",
     .query = ASK(SUM_OF(Q_QUALITY_MISSING), SUM_OF(Q_QUALITY_LATE), SUM_OF(Q_QUALITY_REPEATED),
                  SUM_OF(Q_QUALITY_INCOMPLETE), SUM_OF(Q_QUALITY_REFUSED_IDENTITY),
                  SUM_OF(Q_QUALITY_REFUSED_SHAPE))},
    {.kind = PANEL_LINES,
     .title = "Entities",
     .query =
         ASK(SUM_OF(Q_QUALITY_ENTITIES), SUM_OF(Q_QUALITY_SILENT), SUM_OF(Q_QUALITY_LEFT_OUT))},
    {.kind = PANEL_LINES,
     .title = "Lag of the newest sample",
     .by = BY("vcenter"),
     .query = ASK(EACH_VCENTER(Q_QUALITY_LAG))},
    {.kind = PANEL_LINES,
     .title = "Clock difference",
     .by = BY("vcenter"),
     .query = ASK(EACH_VCENTER(Q_QUALITY_CLOCK))},
    ROW("VMs of which a layer is not wholly known"),
    {.kind = PANEL_LINES,
     .title = "CPU",
     .about = "VMs of which it is partial or unavailable; which reason, the board of the VM tells.",
     .query =
         ASK(NOT_OK(Q_CPU_STATUS_USAGE), NOT_OK(Q_CPU_STATUS_OVERHEAD), NOT_OK(Q_CPU_STATUS_UNMET)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Memory",
     .about = "VMs of which it is partial or unavailable; which reason, the board of the VM tells.",
     .query =
         ASK(NOT_OK(Q_MEM_STATUS_USAGE), NOT_OK(Q_MEM_STATUS_OVERHEAD), NOT_OK(Q_MEM_STATUS_UNMET)),
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Disk",
     .about = "VMs of which it is partial or unavailable; which reason, the board of the VM tells.",
     .query = ASK(NOT_OK(Q_DISK_STATUS_USAGE), NOT_OK(Q_DISK_STATUS_OVERHEAD),
                  NOT_OK(Q_DISK_STATUS_UNMET)),
     .width = 8},
};

const struct board board_quality = {
    .name = "quality",
    .title = "vstrata: data quality",
    .about = "What each collection was to bring, what it brought, and how late: a gap is never "
             "silent.",
    .variables = variables,
    .filter = BY("vcenter"),
    .panels = panels,
    .npanels = COUNT_OF(panels),
    .sources = BOTH_SOURCES,
};
