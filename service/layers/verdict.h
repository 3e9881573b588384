/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The verdict: in which layer a VM hurts, by rules. A rule reads one quantity of a row and makes a
 * score of it: 0 up to `from`, 1 at `full` and beyond, linear between. It must persist: the score
 * of a rule is the `needed`-largest of the last `intervals` ones. What is not known counts as 0
 * there; if it could have made the difference, the score is not known either. The score of a layer
 * is the largest of its rules, and the VM hurts in the layer of the largest score. Times are those
 * of the samples alone, so the same samples give the same verdict on every machine.
 */
#ifndef LAYERS_VERDICT_H
#define LAYERS_VERDICT_H

#include "layers/reason.h"
#include "layers/row.h"

enum verdict_rule {
    RULE_CPU_RUN_QUEUE, /* by resource, and in it by layer */
    RULE_CPU_USAGE,
    RULE_CPU_SLOWED,
    RULE_CPU_OVERHEAD,
    RULE_CPU_READY,
    RULE_CPU_LIMIT,
    RULE_CPU_COSTOP,
    RULE_CPU_OVERLAP,
    RULE_CPU_OTHERWAIT,
    RULE_MEM_PAGING,
    RULE_MEM_CONTENTION,
    RULE_MEM_SWAPWAIT,
    RULE_MEM_SWAPIN,
    RULE_MEM_DECOMPRESSION,
    RULE_DISK_QUEUE,
    RULE_DISK_SNAPSHOT_READS,
    RULE_DISK_SNAPSHOT_READ_RATE,
    RULE_DISK_SNAPSHOT_SPACE,
    RULE_DISK_LATENCY,
    RULE_DISK_OUTSTANDING,
    RULE_NET_RING_DROPS,
    RULE_NET_DROPS,
    RULE_COUNT
};

enum verdict_resource { VERDICT_CPU, VERDICT_MEM, VERDICT_DISK, VERDICT_NET, VERDICT_RESOURCES };

enum {
    VERDICT_LAYERS = 4,                                  /* A to D */
    VERDICT_PLACES = VERDICT_RESOURCES * VERDICT_LAYERS, /* place = 4 x resource + layer, A = 0 */
    VERDICT_INTERVALS_MAX = 15,
    VERDICT_CONDITIONS = 2,
    SCORE_FULL = 254, /* scores of single intervals are kept in bytes, rounded up: 0 is none */
    SCORE_UNKNOWN = 255,
    CODE_NOTHING = 0, /* of all.verdict_code; 1 + place where a layer hurts */
    CODE_UNKNOWN = 255,
};

/* How the value of a rule is written, and its range in the configuration. */
enum measure {
    MEASURE_PERCENT,          /* "5%" */
    MEASURE_SECONDS,          /* "20ms" */
    MEASURE_BYTES,            /* "50GiB" */
    MEASURE_BYTES_PER_SECOND, /* "1MiB/s" */
    MEASURE_PER_SECOND,       /* "50/s" */
    MEASURE_NUMBER,           /* "3" */
};

/* The rule holds only while the quantity, as a total of the VM, is at least this much. */
struct verdict_condition {
    enum quantity quantity; /* Q_NONE = no condition */
    double least;           /* in its unit */
};

struct verdict_rule_info {
    const char *name; /* "cpu.ready": its key in the configuration */
    enum verdict_resource resource;
    enum layer layer;
    enum quantity quantity;
    enum form form;
    enum quantity per; /* the value is divided by this total; Q_NONE = by nothing */
    enum measure measure;
    const char *range; /* the default: "5% to 20%", "off" */
    bool needed;       /* while it is not known, the layer's score is not known to be 0 */
    enum reason blind; /* the status of the layer under which the value says nothing; or OK */
    struct verdict_condition when[VERDICT_CONDITIONS];
    const char *words;  /* "ready takes {} of the worst vCPU's time", {} = the value */
    const char *source; /* why these thresholds */
};

struct verdict_range {
    bool off;
    double from, full; /* in the unit of the value: ratio, seconds, bytes ... */
};

struct verdict_options {
    int64_t intervals, needed; /* needed of the last intervals; 1 <= needed <= intervals <= 15 */
    struct verdict_range ranges[RULE_COUNT];
};

/* The row of a rule. */
const struct verdict_rule_info *verdict_rule(enum verdict_rule rule);

/* "cpu", "mem", "disk", "net", as in the names of quantities; "CPU", "memory", for people. */
const char *verdict_resource_name(enum verdict_resource resource);
const char *verdict_resource_title(enum verdict_resource resource);

/* 3 of 5, and every rule with its default range. */
void verdict_defaults(struct verdict_options *ret);

/* "5% to 20%" or "off", in the units of the measure. NULL, or what is wrong with the text; *ret is
 * then as it was. */
const char *verdict_range_read(enum measure measure, const char *text, struct verdict_range *ret);

/* "a range like 5% to 20%, or off": for messages. */
const char *verdict_range_allowed(enum measure measure);

/* Appends a value for people: "12.3 %", "45 ms", "1.5 MiB/s". */
void verdict_value_write(struct buf *out, enum measure measure, double value);

/* The totals and worst values of a row, to be read by quantity. */
struct verdict_input {
    int64_t ticks[FORM_WORST + 1][QUANTITY_END];
    bool known[FORM_WORST + 1][QUANTITY_END];
};
void verdict_input(const struct row_batch *rows, const struct layer_row *row,
                   struct verdict_input *ret);

struct verdict_reading {
    bool known;    /* the value is */
    double value;  /* in the unit of the rule's measure */
    uint8_t score; /* of this interval; SCORE_UNKNOWN where it cannot be told */
};

/* What a rule says of one interval. */
struct verdict_reading verdict_read(enum verdict_rule rule, const struct verdict_range *range,
                                    const struct verdict_input *input);

/* The quantities of a place, 4 x resource + layer. */
enum quantity verdict_score_quantity(int place);
enum quantity verdict_status_quantity(int place);

/* ---- the judge ---- */

struct verdict; /* the options, and the last scores of each VM of one vCenter */

/* NULL when out of memory. */
struct verdict *verdict_new(const struct verdict_options *options);
void verdict_free(struct verdict *verdict);

/* Judges the newest row, which must be whole and of a VM, and appends the verdict to it. Rows of a
 * VM must come in order of time; a time that does not go on forgets the VM's scores. VMs that were
 * not seen for an hour are forgotten. Out of memory makes the batch fail. */
void verdict_row(struct verdict *verdict, struct row_batch *rows);

/* Forgets the scores of a VM: its rows were not kept and will come again. */
void verdict_forget(struct verdict *verdict, const struct entity *entity);

/* VMs remembered now. */
size_t verdict_count(const struct verdict *verdict);

/* The scores of a rule in the last intervals, newest first, as many as options.intervals; 0 if the
 * VM is not remembered. */
size_t verdict_history(const struct verdict *verdict, const struct entity *entity,
                       enum verdict_rule rule, uint8_t ret[VERDICT_INTERVALS_MAX]);

/* ---- in words ---- */

/* Appends the verdict of a row as sentences, a line each, of what the row holds alone:
 *     CPU unmet (D) hurts, 49 of 100, for 4 min 20 s: ready takes 12.3 % of the worst vCPU's time
 *     (from 5 %, full at 20 %). */
void verdict_words(struct buf *out, const struct row_batch *rows, const struct layer_row *row,
                   const struct verdict_options *options);

/* Appends what a rule is about: "Ready takes X of the worst vCPU's time." */
void verdict_rule_about(struct buf *out, enum verdict_rule rule);

/* Appends what a rule says: "ready takes 12.3 % of the worst vCPU's time (from 5 %, full at 20 %)"
 */
void verdict_rule_words(struct buf *out, enum verdict_rule rule, const struct verdict_range *range,
                        double value);

#endif
