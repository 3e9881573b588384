/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The disk layers of a VM: from the values of its disks into rows.
 */
#include "layers/disk_model.h"
#include "layers/guest_model.h"

enum { KB = 1024, PER_THOUSANDTH = 1000 };

/* disk.throughput / disk.iops, in whole bytes */
static int64_t io_size(const int64_t *v, unsigned a, unsigned b)
{
    const int64_t ios = device_sum(v, DISK_V_READS, DISK_V_WRITES);
    const int64_t rate = device_sum(v, a, b);
    return ios > 0 && rate >= 0 ? rate * KB / ios : DEVICE_UNKNOWN;
}

static int64_t latency(const int64_t *v, unsigned a, unsigned b)
{
    const int64_t ios = device_sum(v, DISK_V_READS, DISK_V_WRITES);
    const int64_t time = device_sum(v, a, b);
    if (time < 0) /* so it is if the IOs are not known */
        return DEVICE_UNKNOWN;
    return ios ? device_divided(time, ios) : 0;
}

/* Little's law: IOs per second x microseconds, in thousandths */
static int64_t in_flight(const int64_t *v, unsigned a, unsigned b)
{
    const int64_t ios = device_sum(v, DISK_V_READS, DISK_V_WRITES);
    const int64_t us = latency(v, a, b);
    return us < 0 ? DEVICE_UNKNOWN : device_divided(ios * us, PER_THOUSANDTH);
}

#define ROW(Q) [Q_DISK_##Q - Q_DISK_READS]

static const struct device_quantity of_disks[Q_DISK_STATUS_UNMET - Q_DISK_READS + 1] = {
    ROW(READS) = {device_value, DISK_V_READS, 0},
    ROW(WRITES) = {device_value, DISK_V_WRITES, 0},
    ROW(IOPS) = {device_sum, DISK_V_READS, DISK_V_WRITES},
    ROW(READ_RATE) = {device_value, DISK_V_READ_RATE, 0},
    ROW(WRITE_RATE) = {device_value, DISK_V_WRITE_RATE, 0},
    ROW(THROUGHPUT) = {device_sum, DISK_V_READ_RATE, DISK_V_WRITE_RATE},
    ROW(IO_SIZE) = {io_size, DISK_V_READ_RATE, DISK_V_WRITE_RATE},
    ROW(OUTSTANDING_READS) = {device_value, DISK_V_READ_OIO, 0},
    ROW(OUTSTANDING_WRITES) = {device_value, DISK_V_WRITE_OIO, 0},
    ROW(OUTSTANDING) = {device_sum, DISK_V_READ_OIO, DISK_V_WRITE_OIO},
    ROW(LATENCY) = {latency, DISK_V_READ_TIME, DISK_V_WRITE_TIME},
    ROW(READ_LATENCY) = {device_value, DISK_V_READ_LATENCY, 0},
    ROW(WRITE_LATENCY) = {device_value, DISK_V_WRITE_LATENCY, 0},
    ROW(IN_FLIGHT) = {in_flight, DISK_V_READ_TIME, DISK_V_WRITE_TIME},
    ROW(ABORTED) = {device_sum, DISK_V_ABORTED, DISK_V_RESETS},
};

/* What a layer needs to be whole. */
static const unsigned char usage_values[] = {DISK_V_READS, DISK_V_WRITES, DISK_V_READ_RATE,
                                             DISK_V_WRITE_RATE};
static const unsigned char unmet_values[] = {DISK_V_READ_OIO, DISK_V_WRITE_OIO, DISK_V_READ_TIME,
                                             DISK_V_WRITE_TIME};

/* A does not hang on the hypervisor's counters; without any there is little to expect of it. */
static void queue(const struct disk_row *row, struct totals *totals)
{
    enum reason reason = guest_reason(row->block, row->t, GUEST_DISK);
    int64_t ticks;
    if (guest_part(row->block, row->t, Q_DISK_QUEUE, &ticks))
        put_total(totals, Q_DISK_QUEUE, ticks);
    if (!row->scratch->offered && reason_info(reason)->status == STATUS_UNAVAILABLE)
        reason = REASON_COUNTER_NOT_OFFERED;
    put_total(totals, Q_DISK_STATUS_QUEUE, reason);
}

static void counters_of_vm(const struct disk_row *row, struct totals *totals)
{
    const int64_t device = row->of[DISK_VM_DEVICE_LATENCY];
    const int64_t datastore = row->of[DISK_VM_DATASTORE_LATENCY];
    const int64_t latest = device > datastore ? device : datastore;
    const size_t disks = devices_with(&row->scratch->disks, DISK_V_READS);
    if (latest >= 0)
        put_total(totals, Q_DISK_COUNTER_LATENCY, latest);
    if (disks)
        put_total(totals, Q_DISK_COUNT, (int64_t)disks);
}

static enum reason unmet(const struct disk_row *row)
{
    enum reason reason = devices_status(&row->scratch->disks, unmet_values, sizeof unmet_values);
    return reason == REASON_OK && row->whole_ms ? REASON_WHOLE_MILLISECONDS : reason;
}

static void statuses(const struct disk_row *row, struct totals *totals)
{
    enum reason overhead = REASON_COUNTER_NOT_OFFERED;
    if (row->scratch->offered)
        overhead = disk_overhead(row, totals);
    put_total(totals, Q_DISK_STATUS_USAGE,
              devices_status(&row->scratch->disks, usage_values, sizeof usage_values));
    put_total(totals, Q_DISK_STATUS_OVERHEAD, overhead);
    put_total(totals, Q_DISK_STATUS_UNMET, unmet(row));
}

void disk_layers(struct disk_scratch *scratch, const struct sample_block *block, size_t t,
                 struct row_batch *out)
{
    struct totals totals = {.known = {false}};
    struct disk_row row;
    disk_index_load(scratch, block, t, &row);
    queue(&row, &totals);
    counters_of_vm(&row, &totals);
    statuses(&row, &totals);
    for (enum quantity q = Q_DISK_READS; q <= Q_DISK_STATUS_UNMET; q++) {
        const struct device_quantity *how = &of_disks[q - Q_DISK_READS];
        if (how->of)
            devices_write(&scratch->disks, q, how, out);
        else if (totals.known[q])
            row_batch_value(out, q, FORM_TOTAL, 0, totals.ticks[q]);
    }
}
