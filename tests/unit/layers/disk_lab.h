/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * A VM of two disks on the bench, with something of everything.
 */
#ifndef UNIT_LAYERS_DISK_LAB_H
#define UNIT_LAYERS_DISK_LAB_H

#include "layers/device_lab.h"

static struct device_lab lab;

enum { A = 0, B = (1 << 4 | 1) << 9 | 3 }; /* the numbers of the two disks */
#define NAME_A "scsi0:0"
#define NAME_B "sata1:3"

#define FIRST Q_DISK_READS
#define LAST Q_DISK_STATUS_UNMET
#define BIT(Q) (1u << (Q_DISK_##Q - FIRST))

struct sample {
    enum counter counter;
    const char *instance;
    int64_t value;
};

/* Latencies in microseconds and in milliseconds differ on purpose, as do the VM's aggregates and
 * the sums over its disks; instances of others are mixed in. */
static const struct sample busy[] = {
    {DISK_WRITES, NAME_B, 0},
    {DISK_READS, "naa.6000", 5555},
    {DISK_READS, NAME_B, 7},
    {DISK_READS, NAME_A, 100},
    {DISK_READS, "", 7777},
    {DISK_READS, "scsi0:00", 5555},
    {DISK_READS, "0", 5555},
    {DISK_WRITES, NAME_A, 50},
    {DISK_READ_RATE, NAME_A, 800},
    {DISK_READ_RATE, NAME_B, 90},
    {DISK_READ_RATE, "", 892},
    {DISK_WRITE_RATE, "", 207},
    {DISK_WRITE_RATE, NAME_A, 200},
    {DISK_WRITE_RATE, NAME_B, 5},
    {DISK_READ_LATENCY_US, NAME_A, 1500},
    {DISK_READ_LATENCY_US, NAME_B, 40000},
    {DISK_WRITE_LATENCY_US, NAME_A, 2300},
    {DISK_WRITE_LATENCY_US, NAME_B, 999},
    {DISK_READ_LATENCY_MS, NAME_A, 3},
    {DISK_READ_LATENCY_MS, NAME_B, 41},
    {DISK_WRITE_LATENCY_MS, NAME_A, 5},
    {DISK_WRITE_LATENCY_MS, NAME_B, 6},
    {DISK_READ_OIO, NAME_A, 3},
    {DISK_READ_OIO, NAME_B, 0},
    {DISK_WRITE_OIO, NAME_A, 1},
    {DISK_WRITE_OIO, NAME_B, 6},
    {DISK_ABORTED, NAME_A, 2},
    {DISK_ABORTED, NAME_B, 0},
    {DISK_RESETS, NAME_A, 1},
    {DISK_RESETS, NAME_B, 5},
    {DISK_DATASTORE_READS, "uuid-1", 120},
    {DISK_DATASTORE_READS, "", 9999},
    {DISK_DATASTORE_READS, "scsi9", 30},
    {DISK_DATASTORE_WRITES, "uuid-1", 40},
    {DISK_DATASTORE_WRITES, "scsi9", 5},
    {DISK_DEVICE_READ_RATE, "", 1000},
    {DISK_DEVICE_READ_RATE, "naa.6000", 5555},
    {DISK_DEVICE_WRITE_RATE, "", 300},
    {DISK_DEVICE_LATENCY, "", 12},
    {DISK_DATASTORE_LATENCY, "", 17},
    {DISK_DATASTORE_LATENCY, "uuid-1", 5555},
};

static inline void busy_vm(void)
{
    device_lab_init(&lab);
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++)
        device_lab_add(&lab, busy[i].counter, busy[i].instance, busy[i].value);
    lab.block.snapshot_bytes = 123456789;
}

static inline int64_t total(enum quantity q)
{
    return device_lab_total(&lab, q);
}

static inline bool has(enum quantity q)
{
    return device_lab_has(&lab, q, FORM_TOTAL, 0);
}

static inline void set(enum counter counter, const char *instance, int64_t value)
{
    device_lab_set(&lab, counter, instance, value);
}

static inline void reasons(enum reason usage, enum reason overhead, enum reason unmet)
{
    assert_int_equal(total(Q_DISK_STATUS_USAGE), usage);
    assert_int_equal(total(Q_DISK_STATUS_OVERHEAD), overhead);
    assert_int_equal(total(Q_DISK_STATUS_UNMET), unmet);
}

static inline int disk_lab_done(void **state)
{
    (void)state;
    row_batch_free(&lab.batch);
    return 0;
}

#endif
