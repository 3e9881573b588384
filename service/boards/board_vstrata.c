/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The service itself, by its own page of figures: scraped, so only Prometheus has them.
 */
#include "boards/board_labels.h"

static const struct variable variables[] = {
    {.label = "instance",
     .title = "Instance",
     .many = true,
     .metric = "vstrata_process_start_time_seconds"},
    {0},
};

#define FIGURE(name, words)                          \
    {                                                \
        .metric = "vstrata_" name, .legend = (words) \
    }
#define BY_STORE BY("instance", "store")
#define BY_VCENTER BY("instance", "vcenter")
#define STORE(words, name)                                     \
    {                                                          \
        .kind = PANEL_LINES, .title = (words), .by = BY_STORE, \
        .query = ASK(FIGURE(name, "{store}")), .width = 8      \
    }
#define VCENTER(words, name)                                     \
    {                                                            \
        .kind = PANEL_LINES, .title = (words), .by = BY_VCENTER, \
        .query = ASK(FIGURE(name, "{vcenter}")), .width = 8      \
    }
#define IN(words, grafana, name)                                                        \
    {                                                                                   \
        .kind = PANEL_LINES, .title = (words), .by = BY("instance"), .unit = (grafana), \
        .query = ASK(FIGURE(name, "{instance}")), .width = 8                            \
    }

static const struct panel panels[] = {
    ROW("Stores"),
    STORE("The newest write succeeded", "store_up"),
    STORE("Batches that a store does not have yet", "store_backlog_batches"),
    {.kind = PANEL_LINES,
     .title = "Age of the oldest of them",
     .by = BY_STORE,
     .query = ASK(FIGURE("store_backlog_age_seconds", "{store}")),
     .unit = "s",
     .width = 8},
    STORE("Writes repeated, per second", "store_retries_total"),
    STORE("Rows refused for good, per second", "store_rows_refused_total"),
    STORE("Batches lost, per second", "store_batches_lost_total"),
    STORE("Values written, per second", "store_values_total"),
    {.kind = PANEL_LINES,
     .title = "Sent",
     .by = BY_STORE,
     .query = ASK(FIGURE("store_sent_bytes_total", "{store}")),
     .unit = "Bps",
     .width = 8},
    IN("Journal", "bytes", "journal_bytes"),
    ROW("vCenters"),
    VCENTER("Collecting", "vcenter_up"),
    {.kind = PANEL_LINES,
     .title = "Age of the newest sample",
     .by = BY_VCENTER,
     .query = ASK(FIGURE("newest_sample_age_seconds", "{vcenter}")),
     .unit = "s",
     .width = 8},
    {.kind = PANEL_LINES,
     .title = "Duration of a collection",
     .by = BY_VCENTER,
     .query = ASK(FIGURE("collect_cycle_duration_seconds", "{vcenter}")),
     .unit = "s",
     .width = 8},
    VCENTER("VMs asked", "vcenter_vms_asked"),
    VCENTER("Samples per second", "samples_total"),
    VCENTER("Calls that failed, per second", "vcenter_call_failures_total"),
    {.kind = PANEL_LINES,
     .title = "Received",
     .by = BY_VCENTER,
     .query = ASK(FIGURE("vcenter_wire_bytes_total", "{vcenter}")),
     .unit = "Bps",
     .width = 8},
    VCENTER("Texts of guests refused, per second", "guest_texts_refused_total"),
    VCENTER("Inventory changes missed, per second", "inventory_missed_total"),
    ROW("The process"),
    IN("CPU", "percentunit", "process_cpu_seconds_total"),
    IN("Resident memory", "bytes", "process_resident_memory_bytes"),
};

const struct board board_vstrata = {
    .name = "vstrata",
    .title = "vstrata: the service",
    .about = "The service's own figures, scraped from /metrics.",
    .variables = variables,
    .filter = BY("instance"),
    .panels = panels,
    .npanels = COUNT_OF(panels),
    .sources = 1u << BOARD_PROMETHEUS,
};
