/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "report/metrics.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* ---- the table: one row a figure ---- */

enum metric_type { GAUGE, COUNTER };

struct metric_info {
    const char *name; /* without the prefix vstrata_ and the suffix _total of counters */
    const char *unit; /* suffix of the name, or "" */
    enum metric_scope scope;
    enum metric_type type;
    int64_t scale; /* what is kept per unit: 1000 for milliseconds shown as seconds */
    const char *help;
};

static const struct metric_info table[METRIC_COUNT] = {
    [METRIC_UP] = {"vcenter_up", "", METRIC_OF_VCENTER, GAUGE, 1,
                   "1 while logged in and collecting, otherwise 0."},
    [METRIC_VMS] = {"vcenter_vms", "", METRIC_OF_VCENTER, GAUGE, 1, "VMs in the inventory."},
    [METRIC_VMS_ASKED] = {"vcenter_vms_asked", "", METRIC_OF_VCENTER, GAUGE, 1,
                          "Powered-on VMs asked for samples in the newest cycle."},
    [METRIC_HOSTS] = {"vcenter_hosts", "", METRIC_OF_VCENTER, GAUGE, 1,
                      "Hosts in the inventory; 0 when hosts are not collected from."},
    [METRIC_HOSTS_ASKED] = {"vcenter_hosts_asked", "", METRIC_OF_VCENTER, GAUGE, 1,
                            "Hosts asked for samples in the newest cycle."},
    [METRIC_GUEST_TEXTS] = {"guest_texts", "", METRIC_OF_VCENTER, COUNTER, 1,
                            "Texts that guests published as guestinfo.vstrata, refused or not."},
    [METRIC_GUEST_TEXTS_REFUSED] = {"guest_texts_refused", "", METRIC_OF_VCENTER, COUNTER, 1,
                                    "Texts of guestinfo.vstrata that were refused."},
    [METRIC_CYCLES] = {"collect_cycles", "", METRIC_OF_VCENTER, COUNTER, 1,
                       "Collection cycles finished."},
    [METRIC_CYCLE_SECONDS] = {"collect_cycle_duration_seconds", "seconds", METRIC_OF_VCENTER, GAUGE,
                              1000, "Duration of the newest collection cycle."},
    [METRIC_CALLS] = {"vcenter_calls", "", METRIC_OF_VCENTER, COUNTER, 1, "SOAP calls made."},
    [METRIC_CALL_FAILURES] = {"vcenter_call_failures", "", METRIC_OF_VCENTER, COUNTER, 1,
                              "SOAP calls that ended in a fault or without an answer."},
    [METRIC_QUERIES] = {"vcenter_queries", "", METRIC_OF_VCENTER, COUNTER, 1,
                        "QueryPerf calls made."},
    [METRIC_BYTES_IN] = {"vcenter_received_bytes", "bytes", METRIC_OF_VCENTER, COUNTER, 1,
                         "Reply bytes after decompression."},
    [METRIC_BYTES_WIRE] = {"vcenter_wire_bytes", "bytes", METRIC_OF_VCENTER, COUNTER, 1,
                           "Reply bytes as received."},
    [METRIC_BYTES_OUT] = {"vcenter_sent_bytes", "bytes", METRIC_OF_VCENTER, COUNTER, 1,
                          "Request bytes sent."},
    [METRIC_LOGINS] = {"vcenter_logins", "", METRIC_OF_VCENTER, COUNTER, 1, "Successful logins."},
    [METRIC_SAMPLES] = {"samples", "", METRIC_OF_VCENTER, COUNTER, 1,
                        "Samples (one VM at one time) handed to the model."},
    [METRIC_SAMPLES_REPEATED] = {"samples_repeated", "", METRIC_OF_VCENTER, COUNTER, 1,
                                 "Samples dropped because they were not newer than the mark."},
    [METRIC_SAMPLES_LATE] = {"samples_late", "", METRIC_OF_VCENTER, COUNTER, 1,
                             "Samples that arrived more than one interval after their time."},
    [METRIC_VALUES_MISSING] = {"values_missing", "", METRIC_OF_VCENTER, COUNTER, 1,
                               "Values that the server reported as missing (-1)."},
    [METRIC_SERIES_REFUSED] = {"series_refused", "", METRIC_OF_VCENTER, COUNTER, 1,
                               "Series whose value count differs from the sample count."},
    [METRIC_ROWS] = {"rows", "", METRIC_OF_VCENTER, COUNTER, 1,
                     "Rows of VMs with CPU layers, and rows of hosts."},
    [METRIC_ROWS_REFUSED] = {"rows_refused", "", METRIC_OF_VCENTER, COUNTER, 1,
                             "Rows without CPU layers because the vCPU states do not add up."},
    [METRIC_ROWS_INCOMPLETE] = {"rows_incomplete", "", METRIC_OF_VCENTER, COUNTER, 1,
                                "Rows without CPU layers because a needed value is missing."},
    [METRIC_IDENTITY_BROKEN] = {"rows_contradicting", "", METRIC_OF_VCENTER, COUNTER, 1,
                                "Rows in which an identity beside I1 did not hold."},
    [METRIC_LAG_SECONDS] = {"newest_sample_age_seconds", "seconds", METRIC_OF_VCENTER, GAUGE, 1000,
                            "The server's clock minus the newest sample's time."},
    [METRIC_CLOCK_DIFFERENCE] = {"clock_difference_seconds", "seconds", METRIC_OF_VCENTER, GAUGE,
                                 1000, "Our clock minus the server's."},
    [METRIC_INVENTORY_MISSED] = {"inventory_missed", "", METRIC_OF_VCENTER, COUNTER, 1,
                                 "Inventory changes that only the full re-read found."},
    [METRIC_STORE_UP] = {"store_up", "", METRIC_OF_STORE, GAUGE, 1,
                         "1 while the newest write succeeded, otherwise 0."},
    [METRIC_STORE_ROWS] = {"store_rows", "", METRIC_OF_STORE, COUNTER, 1, "Rows written."},
    [METRIC_STORE_VALUES] = {"store_values", "", METRIC_OF_STORE, COUNTER, 1, "Values written."},
    [METRIC_STORE_BYTES] = {"store_sent_bytes", "bytes", METRIC_OF_STORE, COUNTER, 1,
                            "Bytes sent."},
    [METRIC_STORE_RETRIES] = {"store_retries", "", METRIC_OF_STORE, COUNTER, 1,
                              "Writes that had to be repeated."},
    [METRIC_STORE_REFUSED] = {"store_rows_refused", "", METRIC_OF_STORE, COUNTER, 1,
                              "Rows that the store refused for good."},
    [METRIC_STORE_HELD_BACK] = {"store_rows_held_back", "", METRIC_OF_STORE, COUNTER, 1,
                                "Rows not sent, because their time is far ahead of our clock."},
    [METRIC_STORE_LOST] = {"store_batches_lost", "", METRIC_OF_STORE, COUNTER, 1,
                           "Batches that the journal's cap dropped before the store had them."},
    [METRIC_STORE_BACKLOG] = {"store_backlog_batches", "", METRIC_OF_STORE, GAUGE, 1,
                              "Batches in the journal that the store does not have yet."},
    [METRIC_STORE_AGE_SECONDS] = {"store_backlog_age_seconds", "seconds", METRIC_OF_STORE, GAUGE,
                                  1000,
                                  "Age of the oldest batch that the store does not have yet."},
    [METRIC_START_TIME] = {"process_start_time_seconds", "seconds", METRIC_OF_PROCESS, GAUGE, 1000,
                           "Start time of the process since 1970."},
    [METRIC_RESIDENT_BYTES] = {"process_resident_memory_bytes", "bytes", METRIC_OF_PROCESS, GAUGE,
                               1, "Resident memory."},
    [METRIC_CPU_SECONDS] = {"process_cpu_seconds", "seconds", METRIC_OF_PROCESS, COUNTER, 1000,
                            "CPU time of the process, user and system."},
    [METRIC_JOURNAL_BYTES] = {"journal_bytes", "bytes", METRIC_OF_PROCESS, GAUGE, 1,
                              "Bytes of batches in the journal."},
    [METRIC_JOURNAL_BATCHES] = {"journal_batches", "", METRIC_OF_PROCESS, GAUGE, 1,
                                "Batches in the journal."},
};

static const char *const scope_labels[METRIC_OF_COUNT] = {
    [METRIC_OF_PROCESS] = "", [METRIC_OF_VCENTER] = "vcenter", [METRIC_OF_STORE] = "store"};

/* ---- the sets ---- */

struct metric_set {
    struct metric_set *next; /* never changes once it can be seen */
    enum metric_scope scope;
    char *subject;
    _Atomic int64_t values[METRIC_COUNT];
};

struct metrics {
    pthread_mutex_t lock; /* guards the list's end; sets are never removed */
    _Atomic(struct metric_set *) first;
};

struct metrics *metrics_new(void)
{
    struct metrics *metrics = calloc(1, sizeof *metrics);
    if (metrics)
        pthread_mutex_init(&metrics->lock, NULL);
    return metrics;
}

void metrics_free(struct metrics *metrics)
{
    if (!metrics)
        return;
    struct metric_set *next;
    for (struct metric_set *set = metrics->first; set; set = next) {
        next = set->next;
        free(set->subject);
        free(set);
    }
    pthread_mutex_destroy(&metrics->lock);
    free(metrics);
}

struct metric_set *metrics_set(struct metrics *metrics, enum metric_scope scope,
                               const char *subject)
{
    struct metric_set *set = calloc(1, sizeof *set);
    if (!set || !(set->subject = strdup(subject))) {
        free(set);
        return NULL;
    }
    set->scope = scope;
    pthread_mutex_lock(&metrics->lock);
    set->next = metrics->first;
    metrics->first = set;
    pthread_mutex_unlock(&metrics->lock);
    return set;
}

void metric_add(struct metric_set *set, enum metric metric, int64_t n)
{
    if (set)
        atomic_fetch_add_explicit(&set->values[metric], n, memory_order_relaxed);
}

void metric_put(struct metric_set *set, enum metric metric, int64_t value)
{
    if (set)
        atomic_store_explicit(&set->values[metric], value, memory_order_relaxed);
}

int64_t metric_get(const struct metric_set *set, enum metric metric)
{
    return set ? atomic_load_explicit(&set->values[metric], memory_order_relaxed) : 0;
}

const struct metric_set *metrics_at(const struct metrics *metrics, enum metric_scope scope,
                                    unsigned i)
{
    for (const struct metric_set *set = metrics->first; set; set = set->next)
        if (set->scope == scope && i-- == 0)
            return set;
    return NULL;
}

const char *metric_set_subject(const struct metric_set *set)
{
    return set->subject;
}

/* ---- OpenMetrics ---- */

static void escape(struct buf *out, const char *text)
{
    for (; *text; text++) {
        if (*text == '\\' || *text == '"')
            buf_char(out, '\\');
        if (*text == '\n')
            buf_str(out, "\\n");
        else
            buf_char(out, *text);
    }
}

static int64_t resident_bytes(void)
{
    long pages = 0, resident = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    if (fscanf(file, "%ld %ld", &pages, &resident) != 2)
        resident = 0;
    fclose(file);
    return (int64_t)resident * sysconf(_SC_PAGESIZE);
}

static int64_t cpu_ms(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1000 +
           (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1000;
}

static int64_t value_of(const struct metric_set *set, enum metric metric)
{
    switch (metric) {
    case METRIC_RESIDENT_BYTES:
        return resident_bytes();
    case METRIC_CPU_SECONDS:
        return cpu_ms();
    default:
        return metric_get(set, metric);
    }
}

static void write_head(struct buf *out, const struct metric_info *info)
{
    buf_printf(out, "# TYPE vstrata_%s %s\n", info->name,
               info->type == COUNTER ? "counter" : "gauge");
    if (*info->unit)
        buf_printf(out, "# UNIT vstrata_%s %s\n", info->name, info->unit);
    buf_printf(out, "# HELP vstrata_%s %s\n", info->name, info->help);
}

static void write_sample(struct buf *out, const struct metric_info *info,
                         const struct metric_set *set, enum metric metric)
{
    buf_printf(out, "vstrata_%s%s", info->name, info->type == COUNTER ? "_total" : "");
    if (*scope_labels[info->scope]) {
        buf_printf(out, "{%s=\"", scope_labels[info->scope]);
        escape(out, set->subject);
        buf_str(out, "\"}");
    }
    buf_char(out, ' ');
    buf_scaled(out, value_of(set, metric), info->scale);
    buf_char(out, '\n');
}

void metrics_write(const struct metrics *metrics, struct buf *out)
{
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
        const struct metric_info *info = &table[metric];
        write_head(out, info);
        const struct metric_set *set;
        for (unsigned i = 0; (set = metrics_at(metrics, info->scope, i)); i++)
            write_sample(out, info, set, metric);
    }
    buf_str(out, "# EOF\n");
}
