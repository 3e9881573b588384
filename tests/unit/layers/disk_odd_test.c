/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Disks that come and go, that are too many, or of which little or nonsense is said.
 */
#include "layers/disk_lab.h"

#include "base/caps.h"
#include "layers/disk_model.h"

/* No series of disks: they are not asked for, and four statuses say so. */
static void test_no_counter_at_all(void **state)
{
    (void)state;
    device_lab_init(&lab);
    lab.block.snapshot_bytes = 5;
    device_lab_add(&lab, MEM_SWAPINRATE, "", 7);
    device_lab_add(&lab, NET_RECEIVED, NAME_A, 7);
    device_lab_add(&lab, (enum counter)COUNTER_COUNT, NAME_A, 7);
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    assert_int_equal(total(Q_DISK_STATUS_QUEUE), REASON_COUNTER_NOT_OFFERED);
    reasons(REASON_COUNTER_NOT_OFFERED, REASON_COUNTER_NOT_OFFERED, REASON_COUNTER_NOT_OFFERED);
}

/* One series of any of them is enough to expect the rest. */
static void test_one_counter(void **state)
{
    (void)state;
    for (int c = DISK_READS; c <= DISK_DATASTORE_LATENCY; c++) {
        device_lab_init(&lab);
        lab.block.snapshot_bytes = 5;
        device_lab_add(&lab, (enum counter)c, NAME_A, SAMPLE_MISSING);
        device_lab_run(&lab);
        assert_int_equal(total(Q_DISK_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
        assert_int_equal(total(Q_DISK_STATUS_OVERHEAD), REASON_PART_MISSING);
        assert_int_equal(total(Q_DISK_SNAPSHOT_SPACE), 5);
        assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4 + 1);
    }
}

static void test_no_sample_at_all(void **state)
{
    (void)state;
    busy_vm();
    lab.block.snapshot_bytes = -1;
    for (size_t i = 0; i < lab.nseries; i++)
        lab.values[i][0] = SAMPLE_MISSING;
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    assert_int_equal(total(Q_DISK_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
    reasons(REASON_MISSING_SAMPLE, REASON_MISSING_SAMPLE, REASON_MISSING_SAMPLE);
}

/* As servers that tell nothing of single disks have it. */
static void test_aggregates_alone(void **state)
{
    static const struct expected want[] = {
        {Q_DISK_READ_RATE, FORM_TOTAL, 0, 40},
        {Q_DISK_WRITE_RATE, FORM_TOTAL, 0, 60},
        {Q_DISK_THROUGHPUT, FORM_TOTAL, 0, 100},
        {Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, 0, 2},
        {Q_DISK_SNAPSHOT_WRITE_RATE, FORM_TOTAL, 0, 3},
        {Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, 0, 0},
        {Q_DISK_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE},
        {Q_DISK_STATUS_USAGE, FORM_TOTAL, 0, REASON_PART_MISSING},
        {Q_DISK_STATUS_OVERHEAD, FORM_TOTAL, 0, REASON_PART_MISSING},
        {Q_DISK_STATUS_UNMET, FORM_TOTAL, 0, REASON_COUNTER_NOT_OFFERED},
    };
    (void)state;
    device_lab_init(&lab);
    device_lab_add(&lab, DISK_READ_RATE, "", 40);
    device_lab_add(&lab, DISK_WRITE_RATE, "", 60);
    device_lab_add(&lab, DISK_DEVICE_READ_RATE, "", 42);
    device_lab_add(&lab, DISK_DEVICE_WRITE_RATE, "", 63);
    device_lab_run(&lab);
    device_lab_expect(&lab, want, sizeof want / sizeof *want, FIRST, LAST);
}

static void test_aggregates_of_nothing(void **state)
{
    (void)state;
    device_lab_init(&lab);
    device_lab_add(&lab, DISK_READ_RATE, "", 0);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_READ_RATE), 0);
    assert_int_equal(total(Q_DISK_STATUS_USAGE), REASON_PART_MISSING);
}

/* Times 0 and 2 have both disks, time 1 none of B's samples; a hole of one counter is another
 * thing. */
static void test_disk_comes_and_goes(void **state)
{
    (void)state;
    busy_vm();
    lab.ntimes = 3;
    device_lab_set_at(&lab, DISK_READS, DISK_RESETS, NAME_B, 1, SAMPLE_MISSING);
    device_lab_set_at(&lab, DISK_READS, DISK_READS, NAME_A, 2, 200);
    device_lab_set_at(&lab, DISK_DATASTORE_READS, DISK_DATASTORE_WRITES, "scsi9", 1, -1);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_READS), 107);
    assert_int_equal(total(Q_DISK_COUNT), 2);
    lab.row = 1;
    assert_int_equal(total(Q_DISK_READS), 100);
    assert_int_equal(total(Q_DISK_THROUGHPUT), 1000);
    assert_int_equal(total(Q_DISK_LATENCY), 1767);
    assert_int_equal(device_lab_get(&lab, Q_DISK_LATENCY, FORM_WORST, 0), 1767);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READS), 20);
    assert_int_equal(total(Q_DISK_COUNT), 1);
    assert_false(device_lab_has(&lab, Q_DISK_READS, FORM_INSTANCE, B));
    reasons(REASON_OK, REASON_OK, REASON_OK);
    lab.row = 2;
    assert_int_equal(total(Q_DISK_READS), 207);
    assert_int_equal(total(Q_DISK_COUNT), 2);
    reasons(REASON_OK, REASON_OK, REASON_OK);
    device_lab_set_at(&lab, DISK_RESETS, DISK_RESETS, NAME_B, 1, 0); /* it is there after all */
    device_lab_run(&lab);
    lab.row = 1;
    assert_false(has(Q_DISK_READS));
    assert_false(has(Q_DISK_LATENCY));
    assert_false(device_lab_has(&lab, Q_DISK_LATENCY, FORM_WORST, 0));
    assert_int_equal(total(Q_DISK_THROUGHPUT), 1099); /* 892 + 207 */
    assert_int_equal(total(Q_DISK_COUNT), 1);
    reasons(REASON_PART_MISSING, REASON_PART_MISSING, REASON_PART_MISSING);
}

static void test_second_series_does_not_count(void **state)
{
    (void)state;
    busy_vm();
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++)
        device_lab_add(&lab, busy[i].counter, busy[i].instance, 3);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_READS), 107);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READS), 43);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READ_RATE), 108);
    assert_int_equal(total(Q_DISK_LATENCY), 3471);
    assert_int_equal(total(Q_DISK_COUNTER_LATENCY), 17);
    assert_int_equal(total(Q_DISK_COUNT), 2);
}

static int64_t limit_of(enum counter counter)
{
    switch (counter) {
    case DISK_READS:
    case DISK_WRITES:
        return DISK_IOS_MAX;
    case DISK_READ_LATENCY_US:
    case DISK_WRITE_LATENCY_US:
        return DISK_LATENCY_MAX;
    case DISK_READ_LATENCY_MS:
    case DISK_WRITE_LATENCY_MS:
        return DISK_LATENCY_MS_MAX;
    default:
        return DISK_VALUE_MAX;
    }
}

/* So many disks, with the largest values that count in everything. */
static void many_disks(int n, int64_t more)
{
    device_lab_init(&lab);
    for (int d = 0; d < n; d++) {
        char name[16];
        snprintf(name, sizeof name, "%s%d:%d", d % 2 ? "nvme" : "scsi", d / 2 % 16, d / 32);
        for (int c = DISK_READS; c <= DISK_RESETS; c++)
            device_lab_add(&lab, (enum counter)c, name, limit_of((enum counter)c) + more);
    }
    device_lab_add(&lab, DISK_READ_RATE, "", 5);
    device_lab_add(&lab, DISK_DEVICE_READ_RATE, "", DISK_VALUE_MAX + more);
    device_lab_add(&lab, DISK_DEVICE_LATENCY, "", DISK_LATENCY_MS_MAX + more);
}

static void test_many_disks(void **state)
{
    const int64_t n = CAP_DEVICES;
    (void)state;
    many_disks((int)n, 0);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_COUNT), n);
    assert_int_equal(total(Q_DISK_IOPS), 2 * n * DISK_IOS_MAX);
    assert_int_equal(total(Q_DISK_THROUGHPUT), 2 * n * DISK_VALUE_MAX);
    assert_int_equal(total(Q_DISK_IO_SIZE), DISK_VALUE_MAX * 1024 / DISK_IOS_MAX);
    assert_int_equal(total(Q_DISK_LATENCY), DISK_LATENCY_MAX);
    assert_int_equal(total(Q_DISK_IN_FLIGHT),
                     (2 * n * DISK_IOS_MAX * DISK_LATENCY_MAX + 500) / 1000);
    assert_int_equal(total(Q_DISK_ABORTED), 2 * n * DISK_VALUE_MAX);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READ_RATE), DISK_VALUE_MAX - 5);
    reasons(REASON_OK, REASON_PART_MISSING, REASON_OK);
    assert_int_equal(device_lab_get(&lab, Q_DISK_LATENCY, FORM_INSTANCE, 2 << 13 | 15 << 9 | 15),
                     DISK_LATENCY_MAX);
}

static void test_too_many_disks(void **state)
{
    (void)state;
    many_disks(CAP_DEVICES + 1, 0);
    device_lab_run(&lab);
    assert_false(has(Q_DISK_READS));
    assert_false(has(Q_DISK_LATENCY));
    assert_false(device_lab_has(&lab, Q_DISK_LATENCY, FORM_WORST, 0));
    assert_true(device_lab_has(&lab, Q_DISK_LATENCY, FORM_INSTANCE, 0));
    assert_int_equal(total(Q_DISK_READ_RATE), 5);
    reasons(REASON_PART_MISSING, REASON_PART_MISSING, REASON_PART_MISSING);
}

static void test_values_beyond_the_limits(void **state)
{
    (void)state;
    many_disks(3, 1);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_READ_RATE), 5);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4 + 2); /* and space */
    reasons(REASON_PART_MISSING, REASON_PART_MISSING, REASON_MISSING_SAMPLE);
}

/* splitmix64: the same numbers on every machine. */
static uint64_t some(uint64_t *seed)
{
    uint64_t z = (*seed += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t some_value(uint64_t *seed)
{
    static const int64_t odd[] = {SAMPLE_MISSING,
                                  0,
                                  1,
                                  DISK_IOS_MAX,
                                  INT64_MAX,
                                  INT64_MIN,
                                  DISK_LATENCY_MAX,
                                  (int64_t)1 << 36,
                                  DISK_VALUE_MAX};
    if (some(seed) % 16)
        return (int64_t)(some(seed) % 1000);
    return odd[some(seed) % (sizeof odd / sizeof *odd)];
}

/* The sum of what the row has per disk, if that is of every disk that it counts. */
static bool sum_of_disks(enum quantity q, size_t disks, int64_t *ret)
{
    const struct layer_row *row = &lab.batch.rows[lab.row];
    size_t n = 0;
    *ret = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        const struct layer_value *value = &lab.batch.values[row->first + i];
        if (value->quantity != (unsigned)q || value->form != FORM_INSTANCE)
            continue;
        *ret += value->ticks;
        n++;
    }
    return n && n == disks;
}

/* Whatever a server says: rows in order, no sum of other things than it is said to be of. */
static void test_random_blocks(void **state)
{
    static const char *const names[] = {"",       NAME_A,   NAME_B, "nvme0:0", "ide1:1",
                                        "uuid-1", "vmnic0", "4000", "4001",    "scsi0:99999"};
    static const enum quantity sums[] = {Q_DISK_READS, Q_DISK_IOPS, Q_DISK_OUTSTANDING,
                                         Q_DISK_ABORTED};
    uint64_t seed = 1;
    size_t compared = 0;
    (void)state;
    for (int round = 0; round < 1500; round++) {
        const bool all = round % 2; /* or mostly whole disks */
        const unsigned instances = all ? 10 : 3;
        const unsigned counters = all ? NET_PNIC_TX - DISK_READS + 2 : DISK_RESETS - DISK_READS + 1;
        device_lab_init(&lab);
        lab.ntimes = 1 + some(&seed) % DEVICE_LAB_TIMES;
        lab.block.backing = some(&seed) % 8;
        lab.block.snapshot_bytes = some_value(&seed);
        lab.intervals[0] = (int32_t)some(&seed);
        for (size_t n = some(&seed) % 200; n > 0; n--) {
            const int c = DISK_READS + (int)(some(&seed) % counters);
            device_lab_add(&lab, (enum counter)c, names[some(&seed) % instances], 0);
            for (size_t t = 0; t < lab.ntimes; t++)
                lab.values[lab.nseries - 1][t] = some_value(&seed);
        }
        device_lab_run(&lab);
        for (lab.row = 0; lab.row < lab.ntimes; lab.row++)
            for (size_t i = 0; i < sizeof sums / sizeof *sums; i++) {
                const bool counted = has(Q_DISK_COUNT) && has(sums[i]);
                int64_t sum;
                if (!counted || !sum_of_disks(sums[i], (size_t)total(Q_DISK_COUNT), &sum))
                    continue;
                assert_int_equal(total(sums[i]), sum);
                compared++;
            }
    }
    assert_in_range(compared, 1000, 1000000);
}

/* The guest's own queue is its own matter, whatever the hypervisor says of the disks. */
static void test_guest_queue(void **state)
{
    static const struct guest_report report = {
        {990000},
        {.interval_s = 20, .known = 1u << GUEST_DISK_QUEUE, .milli = {[GUEST_DISK_QUEUE] = 450}}};
    (void)state;
    busy_vm();
    lab.block.guest.nreports = 1;
    lab.block.guest.reports = &report;
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_QUEUE), 450);
    assert_int_equal(total(Q_DISK_STATUS_QUEUE), REASON_GUEST_VARIABLE);
    reasons(REASON_OK, REASON_OK, REASON_OK);
    lab.nseries = 0;
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_QUEUE), 450);
    assert_int_equal(total(Q_DISK_STATUS_QUEUE), REASON_GUEST_VARIABLE);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4 + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_no_counter_at_all),
        cmocka_unit_test(test_one_counter),
        cmocka_unit_test(test_no_sample_at_all),
        cmocka_unit_test(test_aggregates_alone),
        cmocka_unit_test(test_aggregates_of_nothing),
        cmocka_unit_test(test_disk_comes_and_goes),
        cmocka_unit_test(test_second_series_does_not_count),
        cmocka_unit_test(test_many_disks),
        cmocka_unit_test(test_too_many_disks),
        cmocka_unit_test(test_values_beyond_the_limits),
        cmocka_unit_test(test_random_blocks),
        cmocka_unit_test(test_guest_queue),
    };
    return cmocka_run_group_tests(tests, NULL, disk_lab_done);
}
