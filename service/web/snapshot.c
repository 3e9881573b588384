/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/snapshot.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"

enum { SEEN_MS = 10 * 60 * 1000, STALE_INTERVALS = 3 };

static_assert(COLUMN_COUNT <= 64, "struct vm_line has a bit for each column");
static_assert(HOST_VALUES <= 64 && QUALITY_VALUES <= 64, "struct seen_values has a bit for each");

/* What a resource's layers B and D are known by: without one of them it has no layers. */
static const enum column needed[RESOURCE_COUNT][2] = {
    [TABLE_CPU] = {COLUMN_USAGE, COLUMN_UNMET},
    [TABLE_MEM] = {COLUMN_MEM_GRANTED, COLUMN_MEM_UNMET_SPACE},
    [TABLE_DISK] = {COLUMN_DISK_IOPS, COLUMN_DISK_OUTSTANDING},
    [TABLE_NET] = {COLUMN_NET_THROUGHPUT, COLUMN_NET_DROPPED_TRANSMIT},
};

struct snapshot {
    struct arena arena; /* lines and their texts */
    struct mono_time taken;
    bool valid;
    size_t nlines, nhosts;
    struct vm_line *lines;
    struct host_line *hosts;
    size_t nvcenters;
    struct snapshot_vcenter vcenters[CAP_VCENTERS];
};

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
    snapshot->nlines = snapshot->nhosts = snapshot->nvcenters = 0;
    snapshot->lines = NULL;
    snapshot->hosts = NULL;
}

void snapshot_free(struct snapshot *snapshot)
{
    if (snapshot)
        forget(snapshot);
    free(snapshot);
}

static bool copy_row(struct arena *arena, const struct layer_row *row, struct seen_row *ret)
{
    ret->time = row->time;
    ret->interval_s = row->interval_s;
    for (int i = 0; i < LABEL_TAGS; i++) {
        ret->label[i] = arena_text(arena, row->entity->label[i], strlen(row->entity->label[i]));
        if (!ret->label[i])
            return false;
    }
    return true;
}

static void copy_places(const struct row_batch *batch, const struct layer_row *row,
                        struct vm_line *line)
{
    int64_t ticks;
    for (int i = 0; i < VERDICT_PLACES; i++) {
        bool found = row_find(batch, row, verdict_status_quantity(i), FORM_TOTAL, 0, &ticks);
        line->reason[i] = (int16_t)(found ? ticks : REASON_COUNT);
        found = row_find(batch, row, verdict_score_quantity(i), FORM_TOTAL, 0, &ticks);
        line->score[i] = (int16_t)(found ? ticks : SCORE_NONE);
    }
}

static void copy_columns(const struct row_batch *batch, const struct layer_row *row,
                         struct vm_line *line)
{
    int64_t ticks;
    for (int i = 0; i < COLUMN_COUNT; i++) {
        const struct column_info *column = column_info((enum column)i);
        if (!row_find(batch, row, column->quantity, column->form, 0, &ticks))
            continue;
        line->value[i] = quantity_value(quantity_info(column->quantity), ticks);
        line->known |= UINT64_C(1) << i;
    }
}

/* The totals of n quantities from `first` on. */
static void copy_values(const struct row_batch *batch, const struct layer_row *row,
                        enum quantity first, int n, struct seen_values *ret)
{
    for (int i = 0; i < n; i++)
        if (row_find(batch, row, (enum quantity)((int)first + i), FORM_TOTAL, 0, &ret->ticks[i]))
            ret->known |= UINT64_C(1) << i;
}

static struct snapshot_vcenter *find_vcenter(struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->nvcenters; i++)
        if (strcmp(snapshot->vcenters[i].name, name) == 0)
            return &snapshot->vcenters[i];
    return NULL;
}

/* The name must live as long as the snapshot does. NULL beyond the cap. */
static struct snapshot_vcenter *see_vcenter(struct snapshot *snapshot, const char *name)
{
    struct snapshot_vcenter *vcenter = find_vcenter(snapshot, name);
    if (!vcenter && snapshot->nvcenters < CAP_VCENTERS) {
        vcenter = &snapshot->vcenters[snapshot->nvcenters++];
        *vcenter = (struct snapshot_vcenter){.name = name};
    }
    return vcenter;
}

static bool see_vm(struct snapshot *snapshot, const struct row_batch *batch,
                   const struct layer_row *row)
{
    struct vm_line *line = &snapshot->lines[snapshot->nlines++];
    if (!copy_row(&snapshot->arena, row, &line->row))
        return false;
    copy_columns(batch, row, line);
    copy_places(batch, row, line);
    struct snapshot_vcenter *vcenter = see_vcenter(snapshot, line->row.label[LABEL_VCENTER]);
    if (vcenter && row->time.ms > vcenter->newest.ms)
        vcenter->newest = row->time;
    return true;
}

static bool see_host(struct snapshot *snapshot, const struct row_batch *batch,
                     const struct layer_row *row)
{
    struct host_line *line = &snapshot->hosts[snapshot->nhosts++];
    if (!copy_row(&snapshot->arena, row, &line->row))
        return false;
    copy_values(batch, row, Q_HOST_CORE_UTILIZATION, HOST_VALUES, &line->values);
    struct snapshot_vcenter *vcenter = see_vcenter(snapshot, line->row.label[LABEL_VCENTER]);
    if (vcenter)
        vcenter->hosts++;
    return true;
}

static bool see_quality(struct snapshot *snapshot, const struct row_batch *batch,
                        const struct layer_row *row)
{
    struct seen_row seen;
    if (!copy_row(&snapshot->arena, row, &seen))
        return false;
    struct snapshot_vcenter *vcenter = see_vcenter(snapshot, seen.label[LABEL_VCENTER]);
    if (vcenter) {
        vcenter->quality_time = row->time;
        copy_values(batch, row, Q_QUALITY_EXPECTED, QUALITY_VALUES, &vcenter->quality);
    }
    return true;
}

/* True if the row is so far behind the newest of its vCenter that its entity is silent. */
static bool is_stale(struct snapshot *snapshot, const struct seen_row *row)
{
    return snapshot_behind(snapshot, row) >= (int64_t)STALE_INTERVALS * row->interval_s * 1000;
}

static void see_gaps(struct snapshot *snapshot, struct vm_line *line)
{
    struct snapshot_vcenter *vcenter = find_vcenter(snapshot, line->row.label[LABEL_VCENTER]);
    if (!vcenter)
        return;
    line->row.stale = is_stale(snapshot, &line->row);
    vcenter->vms++;
    vcenter->stale += line->row.stale;
    for (int r = 0; r < RESOURCE_COUNT; r++) {
        bool known = vm_knows(line, needed[r][0]) && vm_knows(line, needed[r][1]);
        vcenter->no_layers[r] += !line->row.stale && !known;
    }
}

/* Room for a line of each VM and host of the batch. */
static bool make_room(struct snapshot *snapshot, const struct row_batch *batch)
{
    size_t vms = 0, hosts = 0;
    for (size_t i = 0; i < batch->nrows; i++) {
        vms += entity_kind(batch->rows[i].entity) == ENTITY_VM;
        hosts += entity_kind(batch->rows[i].entity) == ENTITY_HOST;
    }
    snapshot->lines = arena_take(&snapshot->arena, (vms + 1) * sizeof *snapshot->lines);
    snapshot->hosts = arena_take(&snapshot->arena, (hosts + 1) * sizeof *snapshot->hosts);
    return snapshot->lines && snapshot->hosts;
}

static int fill(struct snapshot *snapshot, const struct row_batch *batch)
{
    static bool (*const see[])(struct snapshot *, const struct row_batch *,
                               const struct layer_row *) = {
        [ENTITY_VM] = see_vm, [ENTITY_HOST] = see_host, [ENTITY_VCENTER] = see_quality};
    if (!make_room(snapshot, batch))
        return -1;
    for (size_t i = 0; i < batch->nrows; i++)
        if (!see[entity_kind(batch->rows[i].entity)](snapshot, batch, &batch->rows[i]))
            return -1;
    /* Needs the newest times, so it is a second pass. */
    for (size_t i = 0; i < snapshot->nlines; i++)
        see_gaps(snapshot, &snapshot->lines[i]);
    for (size_t i = 0; i < snapshot->nhosts; i++)
        snapshot->hosts[i].row.stale = is_stale(snapshot, &snapshot->hosts[i].row);
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

const struct host_line *snapshot_hosts(const struct snapshot *snapshot, size_t *ret_n)
{
    *ret_n = snapshot->nhosts;
    return snapshot->hosts;
}

const struct snapshot_vcenter *snapshot_vcenter(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->nvcenters; i++)
        if (strcmp(snapshot->vcenters[i].name, name) == 0)
            return &snapshot->vcenters[i];
    return NULL;
}

int64_t snapshot_behind(const struct snapshot *snapshot, const struct seen_row *row)
{
    const struct snapshot_vcenter *vcenter = snapshot_vcenter(snapshot, row->label[LABEL_VCENTER]);
    int64_t behind = vcenter ? vcenter->newest.ms - row->time.ms : 0;
    return behind > 0 ? behind : 0; /* a host may be ahead of the VMs */
}

bool vm_knows(const struct vm_line *line, enum column column)
{
    return line->known & UINT64_C(1) << column;
}

bool vm_percent(const struct vm_line *line, enum column column, double *ret)
{
    const double wholes[] = {
        [WHOLE_NONE] = 0,
        [WHOLE_CPUS] = line->value[COLUMN_CPU_COUNT],
        [WHOLE_ONE] = 1,
        [WHOLE_MEMORY] = line->value[COLUMN_MEM_CONFIGURED],
    };
    double whole = wholes[column_info(column)->whole];
    if (!vm_knows(line, column) || !(whole > 0))
        return false;
    *ret = line->value[column] / whole * 100;
    return true;
}

static enum layer_status resource_status(const struct vm_line *line, enum table resource)
{
    enum layer_status worst = STATUS_OK;
    for (int i = LAYER_USAGE - LAYER_QUEUE; i < VERDICT_LAYERS; i++) {
        const int64_t reason = line->reason[(int)resource * VERDICT_LAYERS + i];
        if (reason != REASON_NO_COUNTER && reason_info(reason)->status > worst)
            worst = reason_info(reason)->status;
    }
    return worst;
}

enum layer_status vm_status(const struct vm_line *line, enum table table)
{
    if (table != TABLE_VERDICT)
        return resource_status(line, table);
    if (!vm_knows(line, COLUMN_VERDICT_CODE) || line->value[COLUMN_VERDICT_CODE] == CODE_UNKNOWN)
        return STATUS_UNAVAILABLE;
    for (enum table t = TABLE_CPU; t < RESOURCE_COUNT; t++)
        if (resource_status(line, t) != STATUS_OK)
            return STATUS_PARTIAL;
    return STATUS_OK;
}
