/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The disk layers: every quantity by hand, and what is lost with each counter.
 */
#include "layers/disk_lab.h"

static void test_every_quantity(void **state)
{
    static const struct expected want[] = {
        {Q_DISK_READS, FORM_TOTAL, 0, 107},
        {Q_DISK_READS, FORM_INSTANCE, A, 100},
        {Q_DISK_READS, FORM_INSTANCE, B, 7},
        {Q_DISK_WRITES, FORM_TOTAL, 0, 50},
        {Q_DISK_WRITES, FORM_INSTANCE, A, 50},
        {Q_DISK_WRITES, FORM_INSTANCE, B, 0},
        {Q_DISK_IOPS, FORM_TOTAL, 0, 157},
        {Q_DISK_IOPS, FORM_INSTANCE, A, 150},
        {Q_DISK_IOPS, FORM_INSTANCE, B, 7},
        {Q_DISK_READ_RATE, FORM_TOTAL, 0, 890},
        {Q_DISK_READ_RATE, FORM_INSTANCE, A, 800},
        {Q_DISK_READ_RATE, FORM_INSTANCE, B, 90},
        {Q_DISK_WRITE_RATE, FORM_TOTAL, 0, 205},
        {Q_DISK_WRITE_RATE, FORM_INSTANCE, A, 200},
        {Q_DISK_WRITE_RATE, FORM_INSTANCE, B, 5},
        {Q_DISK_THROUGHPUT, FORM_TOTAL, 0, 1095},
        {Q_DISK_THROUGHPUT, FORM_INSTANCE, A, 1000},
        {Q_DISK_THROUGHPUT, FORM_INSTANCE, B, 95},
        {Q_DISK_IO_SIZE, FORM_TOTAL, 0, 7141},      /* 1095 x 1024 / 157 = 7141.9 */
        {Q_DISK_IO_SIZE, FORM_INSTANCE, A, 6826},   /* 6826.7 */
        {Q_DISK_IO_SIZE, FORM_INSTANCE, B, 13897},  /* 13897.1 */
        {Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 0, 43}, /* 150 - 107 */
        {Q_DISK_SNAPSHOT_WRITES, FORM_TOTAL, 0, 0}, /* 45 - 50 */
        {Q_DISK_SNAPSHOT_IOPS, FORM_TOTAL, 0, 43},
        {Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, 0, 108}, /* 1000 - 892, the VM's own */
        {Q_DISK_SNAPSHOT_WRITE_RATE, FORM_TOTAL, 0, 93}, /* 300 - 207 */
        {Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, 0, 123456789},
        {Q_DISK_OUTSTANDING_READS, FORM_TOTAL, 0, 3},
        {Q_DISK_OUTSTANDING_READS, FORM_INSTANCE, A, 3},
        {Q_DISK_OUTSTANDING_READS, FORM_INSTANCE, B, 0},
        {Q_DISK_OUTSTANDING_WRITES, FORM_TOTAL, 0, 7},
        {Q_DISK_OUTSTANDING_WRITES, FORM_INSTANCE, A, 1},
        {Q_DISK_OUTSTANDING_WRITES, FORM_INSTANCE, B, 6},
        {Q_DISK_OUTSTANDING, FORM_TOTAL, 0, 10},
        {Q_DISK_OUTSTANDING, FORM_WORST, 0, 6},
        {Q_DISK_OUTSTANDING, FORM_INSTANCE, A, 4},
        {Q_DISK_OUTSTANDING, FORM_INSTANCE, B, 6},
        {Q_DISK_LATENCY, FORM_TOTAL, 0, 3471}, /* (150,000 + 115,000 + 280,000) / 157 = 3471.3 */
        {Q_DISK_LATENCY, FORM_WORST, 0, 40000},
        {Q_DISK_LATENCY, FORM_INSTANCE, A, 1767}, /* 265,000 / 150 = 1766.7 */
        {Q_DISK_LATENCY, FORM_INSTANCE, B, 40000},
        {Q_DISK_READ_LATENCY, FORM_TOTAL, 0, 4019}, /* 430,000 / 107 = 4018.7 */
        {Q_DISK_READ_LATENCY, FORM_WORST, 0, 40000},
        {Q_DISK_READ_LATENCY, FORM_INSTANCE, A, 1500},
        {Q_DISK_READ_LATENCY, FORM_INSTANCE, B, 40000},
        {Q_DISK_WRITE_LATENCY, FORM_TOTAL, 0, 2300},
        {Q_DISK_WRITE_LATENCY, FORM_WORST, 0, 2300},
        {Q_DISK_WRITE_LATENCY, FORM_INSTANCE, A, 2300},
        {Q_DISK_WRITE_LATENCY, FORM_INSTANCE, B, 999},
        {Q_DISK_IN_FLIGHT, FORM_TOTAL, 0, 545},    /* 157 x 3.471 ms = 0.5449 */
        {Q_DISK_IN_FLIGHT, FORM_INSTANCE, A, 265}, /* 150 x 1.767 ms = 0.26505 */
        {Q_DISK_IN_FLIGHT, FORM_INSTANCE, B, 280},
        {Q_DISK_COUNTER_LATENCY, FORM_TOTAL, 0, 17},
        {Q_DISK_ABORTED, FORM_TOTAL, 0, 8},
        {Q_DISK_ABORTED, FORM_INSTANCE, A, 3},
        {Q_DISK_ABORTED, FORM_INSTANCE, B, 5},
        {Q_DISK_COUNT, FORM_TOTAL, 0, 2},
        {Q_DISK_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE},
        {Q_DISK_STATUS_USAGE, FORM_TOTAL, 0, REASON_OK},
        {Q_DISK_STATUS_OVERHEAD, FORM_TOTAL, 0, REASON_OK},
        {Q_DISK_STATUS_UNMET, FORM_TOTAL, 0, REASON_OK},
    };
    (void)state;
    busy_vm();
    device_lab_run(&lab);
    device_lab_expect(&lab, want, sizeof want / sizeof *want, FIRST, LAST);
    for (size_t i = 0; i < lab.nseries / 2; i++) { /* the order of series does not matter */
        struct sample_series swap = lab.series[i];
        lab.series[i] = lab.series[lab.nseries - 1 - i];
        lab.series[lab.nseries - 1 - i] = swap;
    }
    device_lab_run(&lab);
    device_lab_expect(&lab, want, sizeof want / sizeof *want, FIRST, LAST);
}

#define ALL_TOTALS ((BIT(STATUS_UNMET) << 1) - 1 - BIT(QUEUE))
#define ALL_INSTANCES                                                                            \
    (BIT(READS) | BIT(WRITES) | BIT(IOPS) | BIT(READ_RATE) | BIT(WRITE_RATE) | BIT(THROUGHPUT) | \
     BIT(IO_SIZE) | BIT(OUTSTANDING_READS) | BIT(OUTSTANDING_WRITES) | BIT(OUTSTANDING) |        \
     BIT(LATENCY) | BIT(READ_LATENCY) | BIT(WRITE_LATENCY) | BIT(IN_FLIGHT) | BIT(ABORTED))
#define ALL_WORST (BIT(OUTSTANDING) | BIT(LATENCY) | BIT(READ_LATENCY) | BIT(WRITE_LATENCY))

#define MEANS (BIT(LATENCY) | BIT(IN_FLIGHT))
#define PER_IO (BIT(IOPS) | BIT(IO_SIZE) | MEANS)

#define SNAPSHOT(Q) (BIT(SNAPSHOT_##Q) | BIT(SNAPSHOT_IOPS))
#define NONE COUNTER_COUNT
#define OK REASON_OK
#define PART REASON_PART_MISSING

/* What goes with the samples of a counter, or of two, of disk B or of the VM. */
static const struct {
    enum counter counter, second;
    const char *instance;
    unsigned totals, worst, instances;
    enum reason usage, overhead, unmet;
} losses[] = {
    {DISK_READS, NONE, NAME_B, BIT(READS) | PER_IO | BIT(READ_LATENCY) | SNAPSHOT(READS),
     BIT(LATENCY), BIT(READS) | PER_IO, PART, PART, PART},
    {DISK_WRITES, NONE, NAME_B, BIT(WRITES) | PER_IO | BIT(WRITE_LATENCY) | SNAPSHOT(WRITES),
     BIT(LATENCY), BIT(WRITES) | PER_IO, PART, PART, PART},
    {DISK_READ_RATE, NONE, NAME_B, 0, 0, BIT(READ_RATE) | BIT(THROUGHPUT) | BIT(IO_SIZE), PART, OK,
     OK},
    {DISK_WRITE_RATE, NONE, NAME_B, 0, 0, BIT(WRITE_RATE) | BIT(THROUGHPUT) | BIT(IO_SIZE), PART,
     OK, OK},
    {DISK_READ_LATENCY_US, NONE, NAME_B, 0, 0, 0, OK, OK, REASON_WHOLE_MILLISECONDS},
    {DISK_WRITE_LATENCY_US, NONE, NAME_A, 0, 0, 0, OK, OK, REASON_WHOLE_MILLISECONDS},
    {DISK_READ_LATENCY_US, DISK_READ_LATENCY_MS, NAME_B, MEANS | BIT(READ_LATENCY),
     BIT(LATENCY) | BIT(READ_LATENCY), MEANS | BIT(READ_LATENCY), OK, OK, PART},
    {DISK_WRITE_LATENCY_US, DISK_WRITE_LATENCY_MS, NAME_B, 0, BIT(WRITE_LATENCY),
     BIT(WRITE_LATENCY), OK, OK, OK}, /* of a disk without writes */
    {DISK_READ_LATENCY_MS, DISK_WRITE_LATENCY_MS, NAME_B, 0, 0, 0, OK, OK, OK},
    {DISK_READ_OIO, NONE, NAME_B, BIT(OUTSTANDING_READS) | BIT(OUTSTANDING), BIT(OUTSTANDING),
     BIT(OUTSTANDING_READS) | BIT(OUTSTANDING), OK, OK, PART},
    {DISK_WRITE_OIO, NONE, NAME_B, BIT(OUTSTANDING_WRITES) | BIT(OUTSTANDING), BIT(OUTSTANDING),
     BIT(OUTSTANDING_WRITES) | BIT(OUTSTANDING), OK, OK, PART},
    {DISK_ABORTED, NONE, NAME_B, BIT(ABORTED), 0, BIT(ABORTED), OK, OK, OK},
    {DISK_RESETS, NONE, NAME_B, BIT(ABORTED), 0, BIT(ABORTED), OK, OK, OK},
    {DISK_DATASTORE_READS, NONE, "scsi9", SNAPSHOT(READS), 0, 0, OK, PART, OK},
    {DISK_DATASTORE_WRITES, NONE, "uuid-1", SNAPSHOT(WRITES), 0, 0, OK, PART, OK},
    {DISK_DEVICE_READ_RATE, NONE, "", BIT(SNAPSHOT_READ_RATE), 0, 0, OK, PART, OK},
    {DISK_DEVICE_WRITE_RATE, NONE, "", BIT(SNAPSHOT_WRITE_RATE), 0, 0, OK, PART, OK},
    {DISK_DEVICE_LATENCY, DISK_DATASTORE_LATENCY, "", BIT(COUNTER_LATENCY), 0, 0, OK, OK, OK},
};

static void expect_lost(size_t i)
{
    const bool of_b = strcmp(losses[i].instance, NAME_A) != 0;
    for (enum quantity q = FIRST; q <= LAST; q++) {
        const unsigned bit = 1u << (q - FIRST);
        const bool a = ALL_INSTANCES & bit, b = a && !(losses[i].instances & bit && of_b);
        assert_int_equal(has(q), (ALL_TOTALS & ~losses[i].totals & bit) != 0);
        assert_int_equal(device_lab_has(&lab, q, FORM_WORST, 0),
                         (ALL_WORST & ~losses[i].worst & bit) != 0);
        assert_int_equal(device_lab_has(&lab, q, FORM_INSTANCE, A), a);
        assert_int_equal(device_lab_has(&lab, q, FORM_INSTANCE, B), b);
    }
    reasons(losses[i].usage, losses[i].overhead, losses[i].unmet);
}

static void test_each_counter_missing(void **state)
{
    static const int64_t holes[] = {SAMPLE_MISSING, ABSENT, -2, INT64_MIN, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        for (size_t h = 0; h < sizeof holes / sizeof *holes; h++) {
            busy_vm();
            set(losses[i].counter, losses[i].instance, holes[h]);
            if (losses[i].second != NONE)
                set(losses[i].second, losses[i].instance, holes[h]);
            device_lab_run(&lab);
            expect_lost(i);
            assert_int_equal(total(Q_DISK_COUNT), losses[i].counter == DISK_READS ? 1 : 2);
        }
}

/* Where a sum is lost the VM's own throughput takes its place; of nothing else there is one. */
static void test_aggregate_of_throughput(void **state)
{
    (void)state;
    busy_vm();
    set(DISK_READ_RATE, NAME_B, SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_READ_RATE), 892);
    assert_int_equal(total(Q_DISK_WRITE_RATE), 205);
    assert_int_equal(total(Q_DISK_THROUGHPUT), 1097);
    assert_int_equal(total(Q_DISK_IO_SIZE), 7154); /* 1,123,328 / 157 = 7154.96 */
}

static void test_counter_latency(void **state)
{
    (void)state;
    busy_vm();
    set(DISK_DEVICE_LATENCY, "", 18);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_COUNTER_LATENCY), 18);
    set(DISK_DEVICE_LATENCY, "", SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_COUNTER_LATENCY), 17);
    set(DISK_DEVICE_LATENCY, "", 18);
    set(DISK_DATASTORE_LATENCY, "", ABSENT);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_COUNTER_LATENCY), 18);
    set(DISK_DEVICE_LATENCY, "", 0);
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_COUNTER_LATENCY), 0);
}

static void test_io_size(void **state)
{
    static const struct {
        int64_t reads, writes, read_rate, write_rate, want; /* ABSENT = none */
    } cases[] = {
        {0, 0, 0, 0, ABSENT}, {0, 0, 9, 9, ABSENT}, {1, 0, 0, 0, 0},       {1, 0, 4, 0, 4096},
        {0, 1, 0, 8, 8192},   {2, 1, 1, 0, 341},    {1, 0, -1, 0, ABSENT}, {1, -1, 1, 1, ABSENT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        device_lab_init(&lab);
        device_lab_add(&lab, DISK_READS, NAME_A, cases[i].reads);
        device_lab_add(&lab, DISK_WRITES, NAME_A, cases[i].writes);
        device_lab_add(&lab, DISK_READ_RATE, NAME_A, cases[i].read_rate);
        device_lab_add(&lab, DISK_WRITE_RATE, NAME_A, cases[i].write_rate);
        device_lab_run(&lab);
        assert_int_equal(has(Q_DISK_IO_SIZE), cases[i].want != ABSENT);
        assert_int_equal(device_lab_has(&lab, Q_DISK_IO_SIZE, FORM_INSTANCE, A),
                         cases[i].want != ABSENT);
        if (cases[i].want != ABSENT)
            assert_int_equal(total(Q_DISK_IO_SIZE), cases[i].want);
    }
}

static void one_disk(int64_t reads, int64_t writes, int64_t read_us, int64_t write_us)
{
    device_lab_init(&lab);
    device_lab_add(&lab, DISK_READS, NAME_A, reads);
    device_lab_add(&lab, DISK_WRITES, NAME_A, writes);
    device_lab_add(&lab, DISK_READ_LATENCY_US, NAME_A, read_us);
    device_lab_add(&lab, DISK_WRITE_LATENCY_US, NAME_A, write_us);
    device_lab_add(&lab, DISK_READ_OIO, NAME_A, 0);
    device_lab_add(&lab, DISK_WRITE_OIO, NAME_A, 0);
}

static void test_latency(void **state)
{
    static const struct {
        int64_t reads, writes, read_us, write_us; /* in */
        int64_t latency, read, write, in_flight;  /* of the VM; ABSENT */
        enum reason unmet;
    } cases[] = {
        {1, 1, 1, 2, 2, 1, 2, 0, REASON_OK}, /* 1.5 */
        {2, 1, 1, 2, 1, 1, 2, 0, REASON_OK}, /* 1.3 */
        {1, 2, 1, 2, 2, 1, 2, 0, REASON_OK}, /* 1.7 */
        {3, 0, 500, 7000, 500, 500, 0, 2, REASON_OK},
        {0, 3, 500, 7000, 7000, 0, 7000, 21, REASON_OK},
        {0, 1, 500, 900, 900, 0, 900, 1, REASON_OK},
        {1, 0, 900, 500, 900, 900, 0, 1, REASON_OK},
        {1, 1, 0, 0, 0, 0, 0, 0, REASON_OK},
        {0, 0, 500, 7000, 0, 0, 0, 0, REASON_OK},
        {0, 0, -1, -1, 0, 0, 0, 0, REASON_OK},
        {5, 0, 900, -1, 900, 900, 0, 5, REASON_OK}, /* 4.5 */
        {5, 1, 900, -1, ABSENT, 900, ABSENT, ABSENT, REASON_PART_MISSING},
        {5, 1, -1, 900, ABSENT, ABSENT, 900, ABSENT, REASON_PART_MISSING},
        {5, 0, 900, ABSENT, ABSENT, 900, ABSENT, ABSENT, REASON_PART_MISSING}, /* not offered */
        {0, 0, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, REASON_PART_MISSING},
        {-1, 5, 900, 900, ABSENT, ABSENT, 900, ABSENT, REASON_PART_MISSING},
    };
    static const enum quantity q[] = {Q_DISK_LATENCY, Q_DISK_READ_LATENCY, Q_DISK_WRITE_LATENCY,
                                      Q_DISK_IN_FLIGHT};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t want[] = {cases[i].latency, cases[i].read, cases[i].write,
                                cases[i].in_flight};
        one_disk(cases[i].reads, cases[i].writes, cases[i].read_us, cases[i].write_us);
        if (cases[i].read_us == ABSENT)
            set(DISK_READ_LATENCY_US, NAME_A, ABSENT);
        if (cases[i].write_us == ABSENT)
            set(DISK_WRITE_LATENCY_US, NAME_A, ABSENT);
        device_lab_run(&lab);
        for (int k = 0; k < 4; k++) {
            assert_int_equal(has(q[k]), want[k] != ABSENT);
            if (want[k] != ABSENT)
                assert_int_equal(total(q[k]), want[k]);
        }
        assert_int_equal(total(Q_DISK_STATUS_UNMET), cases[i].unmet);
        assert_false(has(Q_DISK_IO_SIZE));
    }
}

/* A sample in microseconds goes before one in milliseconds, for each disk and direction. */
static void test_milliseconds(void **state)
{
    (void)state;
    busy_vm();
    set(DISK_READ_LATENCY_US, NAME_A, 0); /* a sample like any other */
    device_lab_run(&lab);
    assert_int_equal(device_lab_get(&lab, Q_DISK_READ_LATENCY, FORM_INSTANCE, A), 0);
    assert_int_equal(total(Q_DISK_READ_LATENCY), 2617); /* 280,000 / 107 */
    reasons(REASON_OK, REASON_OK, REASON_OK);
    set(DISK_READ_LATENCY_US, NAME_A, SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(device_lab_get(&lab, Q_DISK_READ_LATENCY, FORM_INSTANCE, A), 3000);
    assert_int_equal(device_lab_get(&lab, Q_DISK_READ_LATENCY, FORM_INSTANCE, B), 40000);
    assert_int_equal(device_lab_get(&lab, Q_DISK_WRITE_LATENCY, FORM_INSTANCE, A), 2300);
    assert_int_equal(total(Q_DISK_LATENCY), 4427); /* (300,000 + 115,000 + 280,000) / 157 */
    reasons(REASON_OK, REASON_OK, REASON_WHOLE_MILLISECONDS);
    for (int i = 0; i < 2; i++) { /* no counter in microseconds at all */
        set(DISK_READ_LATENCY_US, i ? NAME_A : NAME_B, ABSENT);
        set(DISK_WRITE_LATENCY_US, i ? NAME_A : NAME_B, ABSENT);
    }
    device_lab_run(&lab);
    assert_int_equal(device_lab_get(&lab, Q_DISK_WRITE_LATENCY, FORM_INSTANCE, A), 5000);
    assert_int_equal(total(Q_DISK_LATENCY), 5331); /* (300,000 + 250,000 + 287,000) / 157 */
    reasons(REASON_OK, REASON_OK, REASON_WHOLE_MILLISECONDS);
    set(DISK_READ_LATENCY_MS, NAME_B, 0); /* less than one */
    device_lab_run(&lab);
    assert_int_equal(total(Q_DISK_LATENCY), 3503); /* (300,000 + 250,000) / 157 */
    reasons(REASON_OK, REASON_OK, REASON_WHOLE_MILLISECONDS);
    set(DISK_WRITE_OIO, NAME_A, SAMPLE_MISSING); /* the graver reason */
    device_lab_run(&lab);
    reasons(REASON_OK, REASON_OK, REASON_PART_MISSING);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_quantity),
        cmocka_unit_test(test_each_counter_missing),
        cmocka_unit_test(test_aggregate_of_throughput),
        cmocka_unit_test(test_counter_latency),
        cmocka_unit_test(test_io_size),
        cmocka_unit_test(test_latency),
        cmocka_unit_test(test_milliseconds),
    };
    return cmocka_run_group_tests(tests, NULL, disk_lab_done);
}
