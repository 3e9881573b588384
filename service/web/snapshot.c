/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/snapshot.h"

#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

enum { SEEN_MS = 10 * 60 * 1000, STALE_INTERVALS = 3 };

#define CPU(name, quantity, form, whole)                                 \
    {                                                                    \
        name, RESOURCE_CPU, Q_CPU_##quantity, FORM_##form, WHOLE_##whole \
    }
#define MEM(name, quantity, whole)                                      \
    {                                                                   \
        name, RESOURCE_MEM, Q_MEM_##quantity, FORM_TOTAL, WHOLE_##whole \
    }

static const struct column_info columns[COLUMN_COUNT] = {
    [COLUMN_CPU_COUNT] = CPU("cpu_count", COUNT, TOTAL, NONE),
    [COLUMN_USAGE] = CPU("usage", GUEST_RUN, TOTAL, CPUS),
    [COLUMN_OVERHEAD] = CPU("overhead", OVERHEAD, TOTAL, CPUS),
    [COLUMN_UNMET] = CPU("unmet", UNMET, TOTAL, CPUS),
    [COLUMN_VM_USAGE] = CPU("vm_usage", VM_USAGE, TOTAL, CPUS),
    [COLUMN_VM_DEMAND] = CPU("vm_demand", VM_DEMAND, TOTAL, CPUS),
    [COLUMN_READY] = CPU("ready", READY, TOTAL, CPUS),
    [COLUMN_COSTOP] = CPU("costop", COSTOP, TOTAL, CPUS),
    [COLUMN_READY_WORST] = CPU("ready_worst", READY, WORST, ONE),
    [COLUMN_MEM_CONFIGURED] = MEM("configured", CONFIGURED, NONE),
    [COLUMN_MEM_GRANTED] = MEM("granted", GRANTED, MEMORY),
    [COLUMN_MEM_ACTIVE] = MEM("active", ACTIVE, MEMORY),
    [COLUMN_MEM_CONSUMED] = MEM("consumed", CONSUMED, MEMORY),
    [COLUMN_MEM_OVERHEAD] = MEM("overhead", OVERHEAD, MEMORY),
    [COLUMN_MEM_BALLOONED] = MEM("ballooned", BALLOONED, MEMORY),
    [COLUMN_MEM_SWAPPED] = MEM("swapped", SWAPPED, MEMORY),
    [COLUMN_MEM_COMPRESSED] = MEM("compressed", COMPRESSED, MEMORY),
    [COLUMN_MEM_UNMET_SPACE] = MEM("unmet_space", UNMET_SPACE, MEMORY),
    [COLUMN_MEM_FOOTPRINT] = MEM("footprint", FOOTPRINT, MEMORY),
    [COLUMN_MEM_CONTENTION] = MEM("contention", CONTENTION, ONE),
    [COLUMN_MEM_SWAPIN] = MEM("swapin", SWAPIN, NONE),
    [COLUMN_MEM_DECOMPRESSION] = MEM("decompression", DECOMPRESSION, NONE),
    [COLUMN_MEM_UNMET_RATE] = MEM("unmet_rate", UNMET_RATE, NONE),
};

/* What a resource's layers B and D are known by: without one of them it has no layers. */
static const enum column needed[RESOURCE_COUNT][2] = {
    [RESOURCE_CPU] = {COLUMN_USAGE, COLUMN_UNMET},
    [RESOURCE_MEM] = {COLUMN_MEM_GRANTED, COLUMN_MEM_UNMET_SPACE},
};

static const enum quantity statuses[RESOURCE_COUNT][SNAPSHOT_LAYERS] = {
    [RESOURCE_CPU] = {Q_CPU_STATUS_QUEUE, Q_CPU_STATUS_USAGE, Q_CPU_STATUS_OVERHEAD,
                      Q_CPU_STATUS_UNMET},
    [RESOURCE_MEM] = {Q_MEM_STATUS_QUEUE, Q_MEM_STATUS_USAGE, Q_MEM_STATUS_OVERHEAD,
                      Q_MEM_STATUS_UNMET},
};

struct snapshot {
    struct arena arena; /* lines and their texts */
    struct mono_time taken;
    bool valid;
    size_t nlines;
    struct vm_line *lines;
    size_t nvcenters;
    struct snapshot_vcenter vcenters[CAP_VCENTERS];
};

const char *resource_name(enum resource resource)
{
    static const char *const names[RESOURCE_COUNT] = {"cpu", "mem"};
    return names[resource];
}

const struct column_info *column_info(enum column column)
{
    return &columns[column];
}

struct snapshot *snapshot_new(void)
{
    struct snapshot *snapshot = calloc(1, sizeof *snapshot);
    if (snapshot)
        arena_init(&snapshot->arena);
    return snapshot;
}

static void forget(struct snapshot *snapshot)
{
    arena_free(&snapshot->arena);
    snapshot->valid = false;
    snapshot->nlines = snapshot->nvcenters = 0;
    snapshot->lines = NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot)
        forget(snapshot);
    free(snapshot);
}

static bool copy_labels(struct arena *arena, const struct entity *entity, struct vm_line *line)
{
    for (int i = 0; i < LABEL_COUNT; i++) {
        line->label[i] = arena_text(arena, entity->label[i], strlen(entity->label[i]));
        if (!line->label[i])
            return false;
    }
    return true;
}

static void copy_values(const struct row_batch *batch, const struct layer_row *row,
                        struct vm_line *line)
{
    int64_t ticks;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct column_info *column = &columns[i];
        if (!row_find(batch, row, column->quantity, column->form, 0, &ticks))
            continue;
        line->value[i] = quantity_value(quantity_info(column->quantity), ticks);
        line->known |= 1u << i;
    }
    for (int r = 0; r < RESOURCE_COUNT; r++)
        for (int i = 0; i < SNAPSHOT_LAYERS; i++) {
            bool found = row_find(batch, row, statuses[r][i], FORM_TOTAL, 0, &ticks);
            line->reason[r][i] = (int16_t)(found ? ticks : REASON_COUNT);
        }
}

static struct snapshot_vcenter *find_vcenter(struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->nvcenters; i++)
        if (strcmp(snapshot->vcenters[i].name, name) == 0)
            return &snapshot->vcenters[i];
    return NULL;
}

static void see_time(struct snapshot *snapshot, const struct vm_line *line)
{
    const char *name = line->label[LABEL_VCENTER];
    struct snapshot_vcenter *vcenter = find_vcenter(snapshot, name);
    if (!vcenter && snapshot->nvcenters < CAP_VCENTERS) {
        vcenter = &snapshot->vcenters[snapshot->nvcenters++];
        *vcenter = (struct snapshot_vcenter){.name = name};
    }
    if (vcenter && line->time.ms > vcenter->newest.ms)
        vcenter->newest = line->time;
}

/* Needs the newest times, so it is a second pass. */
static void see_gaps(struct snapshot *snapshot, struct vm_line *line)
{
    struct snapshot_vcenter *vcenter = find_vcenter(snapshot, line->label[LABEL_VCENTER]);
    if (!vcenter)
        return;
    int64_t behind = vcenter->newest.ms - line->time.ms;
    line->stale = behind >= (int64_t)STALE_INTERVALS * line->interval_s * 1000;
    vcenter->vms++;
    vcenter->stale += line->stale;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        unsigned bits = 1u << needed[r][0] | 1u << needed[r][1];
        vcenter->no_layers[r] += !line->stale && (line->known & bits) != bits;
    }
}

static int fill(struct snapshot *snapshot, const struct row_batch *batch)
{
    snapshot->lines = arena_take(&snapshot->arena, (batch->nrows + 1) * sizeof *snapshot->lines);
    if (!snapshot->lines)
        return -1;
    for (size_t i = 0; i < batch->nrows; i++) {
        const struct layer_row *row = &batch->rows[i];
        struct vm_line *line = &snapshot->lines[i];
        line->time = row->time;
        line->interval_s = row->interval_s;
        if (!copy_labels(&snapshot->arena, row->entity, line))
            return -1;
        copy_values(batch, row, line);
        see_time(snapshot, line);
    }
    snapshot->nlines = batch->nrows;
    for (size_t i = 0; i < snapshot->nlines; i++)
        see_gaps(snapshot, &snapshot->lines[i]);
    return 0;
}

int snapshot_renew(struct snapshot *snapshot, void *embedded, struct store_error *err)
{
    if (snapshot->valid && mono_between(snapshot->taken, mono_now()) < SNAPSHOT_MS)
        return 0;
    forget(snapshot);
    struct row_batch batch;
    row_batch_init(&batch);
    if (embedded_latest(embedded, SEEN_MS, &batch, err) != 0) {
        row_batch_free(&batch);
        return -1;
    }
    int failed = fill(snapshot, &batch);
    row_batch_free(&batch);
    if (failed) {
        forget(snapshot);
        *err = (struct store_error){.message = "out of memory for the newest rows"};
        return -1;
    }
    snapshot->valid = true;
    snapshot->taken = mono_now();
    return 0;
}

const struct vm_line *snapshot_lines(const struct snapshot *snapshot, size_t *ret_n)
{
    *ret_n = snapshot->nlines;
    return snapshot->lines;
}

const struct snapshot_vcenter *snapshot_vcenter(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->nvcenters; i++)
        if (strcmp(snapshot->vcenters[i].name, name) == 0)
            return &snapshot->vcenters[i];
    return NULL;
}

bool vm_percent(const struct vm_line *line, enum column column, double *ret)
{
    const double wholes[] = {
        [WHOLE_NONE] = 0,
        [WHOLE_CPUS] = line->value[COLUMN_CPU_COUNT],
        [WHOLE_ONE] = 1,
        [WHOLE_MEMORY] = line->value[COLUMN_MEM_CONFIGURED],
    };
    double whole = wholes[columns[column].whole];
    if (!(line->known & 1u << column) || !(whole > 0))
        return false;
    *ret = line->value[column] / whole * 100;
    return true;
}

enum layer_status vm_status(const struct vm_line *line, enum resource resource)
{
    enum layer_status worst = STATUS_OK;
    for (int i = LAYER_USAGE - LAYER_QUEUE; i < SNAPSHOT_LAYERS; i++) {
        enum layer_status status = reason_info(line->reason[resource][i])->status;
        if (status > worst)
            worst = status;
    }
    return worst;
}
