/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Layer C of disks: differences of two counters, and what makes them mean something else. Which
 * counters see all of a VM's IO hangs on what is behind its disks:
 *
 *     datastore counts IOs      VMFS, NFS, vSAN    no raw device mappings
 *     disk      counts bytes    VMFS, raw mappings no NFS, no vSAN
 */
#include "layers/disk_model.h"

enum { PARTS = 5 }; /* of C: IOs and bytes in either direction, space */

struct overhead {
    bool raw, files, known;     /* what is behind the disks; what that is we know */
    bool offered;               /* the counters of a difference that means something */
    unsigned ios, rates, space; /* how many parts are known */
};

static unsigned put_difference(int64_t below, int64_t disks, enum quantity quantity,
                               struct totals *totals)
{
    if (below < 0 || disks < 0)
        return 0;
    put_total(totals, quantity, below > disks ? below - disks : 0);
    return 1;
}

static void put_ios(const struct disk_row *row, struct overhead *c, struct totals *totals)
{
    const struct devices *disks = &row->scratch->disks, *below = &row->scratch->datastores;
    if (c->raw)
        return;
    for (unsigned v = DISK_V_READS; v <= DISK_V_WRITES; v++)
        c->offered = c->offered || (disks->offered[v] && below->offered[v]);
    c->ios = put_difference(below->total[DISK_V_READS], disks->total[DISK_V_READS],
                            Q_DISK_SNAPSHOT_READS, totals) +
             put_difference(below->total[DISK_V_WRITES], disks->total[DISK_V_WRITES],
                            Q_DISK_SNAPSHOT_WRITES, totals);
    if (c->ios == 2)
        put_total(totals, Q_DISK_SNAPSHOT_IOPS,
                  totals->ticks[Q_DISK_SNAPSHOT_READS] + totals->ticks[Q_DISK_SNAPSHOT_WRITES]);
}

/* The aggregate is cut to whole KB once, the sum over the disks once for each. */
static int64_t rate_of_disks(const struct devices *disks, unsigned value)
{
    return disks->aggregate[value] >= 0 ? disks->aggregate[value] : disks->total[value];
}

static void put_rates(const struct disk_row *row, struct overhead *c, struct totals *totals)
{
    const struct disk_scratch *scratch = row->scratch;
    if (c->files)
        return;
    c->offered = c->offered ||
                 (scratch->at[DISK_VM_READ_RATE] && scratch->disks.offered[DISK_V_READ_RATE]) ||
                 (scratch->at[DISK_VM_WRITE_RATE] && scratch->disks.offered[DISK_V_WRITE_RATE]);
    c->rates =
        put_difference(row->of[DISK_VM_READ_RATE], rate_of_disks(&scratch->disks, DISK_V_READ_RATE),
                       Q_DISK_SNAPSHOT_READ_RATE, totals) +
        put_difference(row->of[DISK_VM_WRITE_RATE],
                       rate_of_disks(&scratch->disks, DISK_V_WRITE_RATE),
                       Q_DISK_SNAPSHOT_WRITE_RATE, totals);
}

static void put_space(const struct disk_row *row, struct overhead *c, struct totals *totals)
{
    const int64_t bytes = row->block->snapshot_bytes;
    if (bytes < 0 || bytes > DISK_SPACE_MAX)
        return;
    put_total(totals, Q_DISK_SNAPSHOT_SPACE, bytes);
    c->space = 1;
}

/* The gravest first; that a difference holds something else goes before that another is absent,
 * since nobody can see it. */
static enum reason reason_of(const struct disk_row *row, const struct overhead *c)
{
    const unsigned parts = c->ios + c->rates + c->space;
    if ((c->raw && c->files) || (!c->known && !parts))
        return REASON_BACKING;
    if (!parts)
        return c->offered ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
    if (parts > c->space && (row->of[DISK_VM_SWAPIN] > 0 || row->of[DISK_VM_SWAPOUT] > 0))
        return REASON_SWAP_IO;
    if (c->raw && c->rates)
        return REASON_RAW_MAPPING;
    if (c->files && c->ios)
        return REASON_FILE_STORAGE;
    return c->known && parts == PARTS ? REASON_OK : REASON_PART_MISSING;
}

enum reason disk_overhead(const struct disk_row *row, struct totals *totals)
{
    const unsigned backing = row->block->backing;
    struct overhead c = {
        .raw = backing & BACKING_RDM, .files = backing & BACKING_FILE, .known = backing};
    put_ios(row, &c, totals);
    put_rates(row, &c, totals);
    put_space(row, &c, totals);
    return reason_of(row, &c);
}
