/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Layer C of disks: differences, what is behind the disks, and what swaps into them.
 */
#include "layers/disk_lab.h"

#include "layers/disk_model.h"

static void test_sum_in_place_of_aggregate(void **state)
{
    (void)state;
    busy_vm();
    set(DISK_READ_RATE, "", ABSENT);
    set(DISK_WRITE_RATE, "", SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READ_RATE), 110); /* 1000 - 890 */
    assert_int_equal(total(Q_DISK_SNAPSHOT_WRITE_RATE), 95); /* 300 - 205 */
    reasons(REASON_OK, REASON_OK, REASON_OK);
    device_lab_add(&lab, DISK_READ_RATE, "", 0); /* nothing is something, too */
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READ_RATE), 1000);
    set(DISK_WRITE_RATE, NAME_A, SAMPLE_MISSING); /* and now neither */
    device_lab_run(&lab);
    assert_false(has(Q_DISK_SNAPSHOT_WRITE_RATE));
    assert_false(has(Q_DISK_WRITE_RATE));
    assert_false(has(Q_DISK_THROUGHPUT));
    assert_false(has(Q_DISK_IO_SIZE));
    reasons(REASON_PART_MISSING, REASON_PART_MISSING, REASON_OK);
}

static void test_differences_clamped(void **state)
{
    static const struct {
        int64_t datastore_reads, datastore_writes, read_rate, write_rate, want[5];
    } cases[] = {
        {77, 45, 892, 207, {0, 0, 0, 0, 0}}, /* equal: 77 + 30, 45 + 5 */
        {78, 46, 893, 208, {1, 1, 2, 1, 1}},
        {76, 44, 891, 206, {0, 0, 0, 0, 0}},
        {0, 1045, 0, 100000, {0, 1000, 1000, 0, 99793}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        busy_vm();
        set(DISK_DATASTORE_READS, "uuid-1", cases[i].datastore_reads);
        set(DISK_DATASTORE_WRITES, "uuid-1", cases[i].datastore_writes);
        set(DISK_DEVICE_READ_RATE, "", cases[i].read_rate);
        set(DISK_DEVICE_WRITE_RATE, "", cases[i].write_rate);
        device_lab_run(&lab);
        for (int k = 0; k < 5; k++)
            assert_int_equal(total((enum quantity)(Q_DISK_SNAPSHOT_READS + k)), cases[i].want[k]);
    }
}

static void test_differences_of_idle_disks(void **state)
{
    (void)state;
    busy_vm();
    for (int i = 0; i < 2; i++) {
        set(DISK_READS, i ? NAME_A : NAME_B, 0);
        set(DISK_WRITES, i ? NAME_A : NAME_B, 0);
    }
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_SNAPSHOT_READS), 150);
    assert_int_equal(total(Q_DISK_SNAPSHOT_WRITES), 45);
    assert_int_equal(total(Q_DISK_SNAPSHOT_IOPS), 195);
    reasons(REASON_OK, REASON_OK, REASON_OK);
}

/* What is behind the disks, and what is known: bits of ios, rates, space. */
enum { IOS = 1, RATES = 2, SPACE = 4, HALF_IOS = 8, OFFERED = 16 };

static const struct {
    unsigned backing, known;
    int64_t swapin, swapout;
    enum reason reason;
    unsigned published;
} overheads[] = {
    {BACKING_KNOWN, IOS | RATES | SPACE, 0, 0, REASON_OK, IOS | RATES | SPACE},
    {BACKING_KNOWN, IOS | RATES | SPACE, -1, -1, REASON_OK, IOS | RATES | SPACE},
    {BACKING_KNOWN, IOS | RATES | SPACE, 1, 0, REASON_SWAP_IO, IOS | RATES | SPACE},
    {BACKING_KNOWN, IOS | RATES | SPACE, 0, 1, REASON_SWAP_IO, IOS | RATES | SPACE},
    {BACKING_KNOWN, IOS | RATES | SPACE, -1, INT64_MAX, REASON_SWAP_IO, IOS | RATES | SPACE},
    {BACKING_KNOWN, IOS | RATES, 0, 0, REASON_PART_MISSING, IOS | RATES},
    {BACKING_KNOWN, IOS | SPACE, 0, 0, REASON_PART_MISSING, IOS | SPACE},
    {BACKING_KNOWN, RATES | SPACE, 0, 0, REASON_PART_MISSING, RATES | SPACE},
    {BACKING_KNOWN, HALF_IOS | RATES | SPACE, 0, 0, REASON_PART_MISSING, HALF_IOS | RATES | SPACE},
    {BACKING_KNOWN, SPACE, 0, 0, REASON_PART_MISSING, SPACE},
    {BACKING_KNOWN, SPACE, 9, 9, REASON_PART_MISSING, SPACE}, /* space does not swap */
    {BACKING_KNOWN, RATES, 9, 0, REASON_SWAP_IO, RATES},
    {BACKING_KNOWN, 0, 0, 0, REASON_COUNTER_NOT_OFFERED, 0},
    {BACKING_KNOWN, OFFERED, 0, 0, REASON_MISSING_SAMPLE, 0},
    {BACKING_KNOWN | BACKING_RDM, IOS | RATES | SPACE, 0, 0, REASON_RAW_MAPPING, RATES | SPACE},
    {BACKING_KNOWN | BACKING_RDM, RATES, 0, 0, REASON_RAW_MAPPING, RATES},
    {BACKING_KNOWN | BACKING_RDM, IOS | SPACE, 0, 0, REASON_PART_MISSING, SPACE},
    {BACKING_KNOWN | BACKING_RDM, IOS, 0, 0, REASON_COUNTER_NOT_OFFERED, 0},
    {BACKING_KNOWN | BACKING_RDM, OFFERED, 0, 0, REASON_MISSING_SAMPLE, 0},
    {BACKING_KNOWN | BACKING_RDM, IOS | RATES, 5, 0, REASON_SWAP_IO, RATES},
    {BACKING_KNOWN | BACKING_FILE, IOS | RATES | SPACE, 0, 0, REASON_FILE_STORAGE, IOS | SPACE},
    {BACKING_KNOWN | BACKING_FILE, HALF_IOS, 0, 0, REASON_FILE_STORAGE, HALF_IOS},
    {BACKING_KNOWN | BACKING_FILE, RATES | SPACE, 0, 0, REASON_PART_MISSING, SPACE},
    {BACKING_KNOWN | BACKING_FILE, RATES, 0, 0, REASON_COUNTER_NOT_OFFERED, 0},
    {BACKING_KNOWN | BACKING_FILE, OFFERED, 0, 0, REASON_MISSING_SAMPLE, 0},
    {BACKING_KNOWN | BACKING_FILE, IOS, 0, 5, REASON_SWAP_IO, IOS},
    {BACKING_KNOWN | BACKING_RDM | BACKING_FILE, IOS | RATES | SPACE, 5, 5, REASON_BACKING, SPACE},
    {BACKING_KNOWN | BACKING_RDM | BACKING_FILE, 0, 0, 0, REASON_BACKING, 0},
    {0, IOS | RATES | SPACE, 0, 0, REASON_PART_MISSING, IOS | RATES | SPACE},
    {0, RATES, 0, 0, REASON_PART_MISSING, RATES},
    {0, RATES, 0, 1, REASON_SWAP_IO, RATES},
    {0, SPACE, 0, 0, REASON_PART_MISSING, SPACE},
    {0, OFFERED, 0, 0, REASON_BACKING, 0},
    {0, 0, 0, 0, REASON_BACKING, 0},
};

static void overhead_vm(size_t i)
{
    static const enum counter ios[] = {DISK_DATASTORE_WRITES, DISK_DATASTORE_READS};
    const unsigned known = overheads[i].known;
    const int64_t none = known & OFFERED ? SAMPLE_MISSING : ABSENT;
    busy_vm();
    lab.block.backing = overheads[i].backing;
    lab.block.snapshot_bytes = known & SPACE ? 4096 : -1;
    for (int k = 0; k < 2; k++) {
        if (known & IOS || (known & HALF_IOS && k))
            continue;
        set(ios[k], "uuid-1", none);
        set(ios[k], "scsi9", none);
    }
    if (!(known & RATES)) {
        set(DISK_DEVICE_READ_RATE, "", none);
        set(DISK_DEVICE_WRITE_RATE, "", none);
    }
    device_lab_add(&lab, MEM_SWAPINRATE, "", overheads[i].swapin);
    device_lab_add(&lab, MEM_SWAPOUTRATE, "", overheads[i].swapout);
    device_lab_add(&lab, MEM_SWAPINRATE, "0", 77); /* not of the VM */
}

static void test_overhead(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof overheads / sizeof *overheads; i++) {
        const unsigned published = overheads[i].published;
        overhead_vm(i);
        device_lab_run(&lab);
        assert_int_equal(total(Q_DISK_STATUS_OVERHEAD), overheads[i].reason);
        assert_int_equal(has(Q_DISK_SNAPSHOT_READS), (published & (IOS | HALF_IOS)) != 0);
        assert_int_equal(has(Q_DISK_SNAPSHOT_WRITES), (published & IOS) != 0);
        assert_int_equal(has(Q_DISK_SNAPSHOT_IOPS), (published & IOS) != 0);
        assert_int_equal(has(Q_DISK_SNAPSHOT_READ_RATE), (published & RATES) != 0);
        assert_int_equal(has(Q_DISK_SNAPSHOT_WRITE_RATE), (published & RATES) != 0);
        assert_int_equal(has(Q_DISK_SNAPSHOT_SPACE), (published & SPACE) != 0);
        assert_int_equal(total(Q_DISK_STATUS_USAGE), REASON_OK);
        assert_int_equal(total(Q_DISK_STATUS_UNMET), REASON_OK);
    }
}

/* The other half of each difference is missing: no disk at all. */
static void test_overhead_without_disks(void **state)
{
    static const struct {
        int64_t aggregate;
        enum reason reason;
    } cases[] = {{ABSENT, REASON_COUNTER_NOT_OFFERED},
                 {SAMPLE_MISSING, REASON_MISSING_SAMPLE},
                 {10, REASON_PART_MISSING}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        busy_vm();
        for (size_t s = 0; s < lab.nseries; s++)
            if (lab.series[s].counter <= DISK_RESETS && *lab.series[s].instance)
                lab.series[s].counter = COUNTER_COUNT;
        set(DISK_READ_RATE, "", cases[i].aggregate);
        set(DISK_WRITE_RATE, "", cases[i].aggregate);
        lab.block.snapshot_bytes = -1;
        device_lab_run(&lab);
        assert_int_equal(total(Q_DISK_STATUS_OVERHEAD), cases[i].reason);
        assert_int_equal(has(Q_DISK_SNAPSHOT_READ_RATE), cases[i].aggregate == 10);
        assert_false(has(Q_DISK_SNAPSHOT_READS));
    }
}

/* Of a difference that has no sample, both counters are offered, or not. */
static void test_overhead_offered(void **state)
{
    static const struct {
        enum counter below;
        const char *instance;
        enum counter disks;
        enum reason reason;
    } cases[] = {
        {DISK_DATASTORE_READS, "uuid-1", DISK_READS, REASON_MISSING_SAMPLE},
        {DISK_DATASTORE_WRITES, "uuid-1", DISK_WRITES, REASON_MISSING_SAMPLE},
        {DISK_DATASTORE_READS, "uuid-1", DISK_WRITES, REASON_COUNTER_NOT_OFFERED},
        {DISK_DATASTORE_WRITES, "uuid-1", DISK_READS, REASON_COUNTER_NOT_OFFERED},
        {DISK_DATASTORE_READS, "", DISK_READS, REASON_COUNTER_NOT_OFFERED},
        {DISK_DEVICE_READ_RATE, "", DISK_READ_RATE, REASON_MISSING_SAMPLE},
        {DISK_DEVICE_WRITE_RATE, "", DISK_WRITE_RATE, REASON_MISSING_SAMPLE},
        {DISK_DEVICE_READ_RATE, "", DISK_WRITE_RATE, REASON_COUNTER_NOT_OFFERED},
        {DISK_DEVICE_WRITE_RATE, "", DISK_READ_RATE, REASON_COUNTER_NOT_OFFERED},
        {DISK_DEVICE_WRITE_RATE, "naa.6000", DISK_WRITE_RATE, REASON_COUNTER_NOT_OFFERED},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        device_lab_init(&lab);
        lab.block.snapshot_bytes = -1;
        device_lab_add(&lab, cases[i].below, cases[i].instance, SAMPLE_MISSING);
        device_lab_add(&lab, cases[i].disks, NAME_A, SAMPLE_MISSING);
        device_lab_run(&lab);
        assert_int_equal(total(Q_DISK_STATUS_OVERHEAD), cases[i].reason);
    }
}

static void test_snapshot_space(void **state)
{
    static const int64_t bytes[] = {0,         1,  DISK_SPACE_MAX, DISK_SPACE_MAX + 1,
                                    INT64_MAX, -1, INT64_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        const bool known = bytes[i] >= 0 && bytes[i] <= DISK_SPACE_MAX;
        busy_vm();
        lab.block.snapshot_bytes = bytes[i];
        device_lab_run(&lab);
        assert_int_equal(has(Q_DISK_SNAPSHOT_SPACE), known);
        if (known)
            assert_int_equal(total(Q_DISK_SNAPSHOT_SPACE), bytes[i]);
        reasons(REASON_OK, known ? REASON_OK : REASON_PART_MISSING, REASON_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sum_in_place_of_aggregate),
        cmocka_unit_test(test_differences_clamped),
        cmocka_unit_test(test_differences_of_idle_disks),
        cmocka_unit_test(test_overhead),
        cmocka_unit_test(test_overhead_without_disks),
        cmocka_unit_test(test_overhead_offered),
        cmocka_unit_test(test_snapshot_space),
    };
    return cmocka_run_group_tests(tests, NULL, disk_lab_done);
}
