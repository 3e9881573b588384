/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The network layers: every quantity by hand, what is lost with each counter, intervals, vNICs that
 * come and go, and hostile samples.
 */
#include "layers/device_lab.h"

#include "base/caps.h"
#include "layers/net_model.h"

static struct device_lab lab;

enum { A = 4000, B = 4001 };
#define NAME_A "4000"
#define NAME_B "4001"

#define FIRST Q_NET_RECEIVED
#define LAST Q_NET_STATUS_UNMET
#define BIT(Q) (1u << (Q_NET_##Q - FIRST))

/* The VM's aggregates differ from the sums on purpose, so that it shows which was used. */
static const struct {
    enum counter counter;
    int64_t a, b, aggregate;
} busy[] = {
    {NET_RECEIVED, 100, 9, 1100},       {NET_TRANSMITTED, 41, 0, 410},
    {NET_PACKETS_RX, 12345, 5, 120000}, {NET_PACKETS_TX, 678, 1, 6000},
    {NET_DROPPED_RX, 37, 0, 300},       {NET_DROPPED_TX, 7, 3, 100},
    {NET_PNIC_RX, 60, 2, 500},          {NET_PNIC_TX, 20, 0, 255},
};
enum { COUNTERS = sizeof busy / sizeof *busy };

static void busy_vm(void)
{
    device_lab_init(&lab);
    for (size_t i = 0; i < COUNTERS; i++) {
        device_lab_add(&lab, busy[i].counter, "vmnic0", 5555);
        device_lab_add(&lab, busy[i].counter, NAME_B, busy[i].b);
        device_lab_add(&lab, busy[i].counter, NAME_A, busy[i].a);
        device_lab_add(&lab, busy[i].counter, "", busy[i].aggregate);
        device_lab_add(&lab, busy[i].counter, "04000", 5555);
        device_lab_add(&lab, busy[i].counter, "65536", 5555);
    }
}

static int64_t total(enum quantity q)
{
    return device_lab_total(&lab, q);
}

static bool has(enum quantity q)
{
    return device_lab_has(&lab, q, FORM_TOTAL, 0);
}

static void set(enum counter counter, const char *instance, int64_t value)
{
    device_lab_set(&lab, counter, instance, value);
}

static void reasons(enum reason usage, enum reason unmet)
{
    assert_int_equal(total(Q_NET_STATUS_USAGE), usage);
    assert_int_equal(total(Q_NET_STATUS_OVERHEAD), REASON_NO_COUNTER);
    assert_int_equal(total(Q_NET_STATUS_UNMET), unmet);
}

static void test_every_quantity(void **state)
{
    static const struct expected want[] = {
        {Q_NET_RECEIVED, FORM_TOTAL, 0, 109},
        {Q_NET_RECEIVED, FORM_INSTANCE, A, 100},
        {Q_NET_RECEIVED, FORM_INSTANCE, B, 9},
        {Q_NET_TRANSMITTED, FORM_TOTAL, 0, 41},
        {Q_NET_TRANSMITTED, FORM_INSTANCE, A, 41},
        {Q_NET_TRANSMITTED, FORM_INSTANCE, B, 0},
        {Q_NET_THROUGHPUT, FORM_TOTAL, 0, 150},
        {Q_NET_THROUGHPUT, FORM_INSTANCE, A, 141},
        {Q_NET_THROUGHPUT, FORM_INSTANCE, B, 9},
        {Q_NET_PACKETS_RECEIVED, FORM_TOTAL, 0, 12350},
        {Q_NET_PACKETS_RECEIVED, FORM_INSTANCE, A, 12345},
        {Q_NET_PACKETS_RECEIVED, FORM_INSTANCE, B, 5},
        {Q_NET_PACKETS_TRANSMITTED, FORM_TOTAL, 0, 679},
        {Q_NET_PACKETS_TRANSMITTED, FORM_INSTANCE, A, 678},
        {Q_NET_PACKETS_TRANSMITTED, FORM_INSTANCE, B, 1},
        {Q_NET_PACKETS, FORM_TOTAL, 0, 13029},
        {Q_NET_PACKETS, FORM_INSTANCE, A, 13023},
        {Q_NET_PACKETS, FORM_INSTANCE, B, 6},
        {Q_NET_DROPPED_TRANSMIT, FORM_TOTAL, 0, 10},
        {Q_NET_DROPPED_TRANSMIT, FORM_INSTANCE, A, 7},
        {Q_NET_DROPPED_TRANSMIT, FORM_INSTANCE, B, 3},
        {Q_NET_DROPPED_RECEIVE, FORM_TOTAL, 0, 37},
        {Q_NET_DROPPED_RECEIVE, FORM_INSTANCE, A, 37},
        {Q_NET_DROPPED_RECEIVE, FORM_INSTANCE, B, 0},
        {Q_NET_DROP_RATIO_TRANSMIT, FORM_TOTAL, 0, 290}, /* 10 / 689 = 290.3 of 20,000 */
        {Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 0, 15000},
        {Q_NET_DROP_RATIO_TRANSMIT, FORM_INSTANCE, A, 204}, /* 7 / 685 = 204.4 */
        {Q_NET_DROP_RATIO_TRANSMIT, FORM_INSTANCE, B, 15000},
        {Q_NET_DROP_RATIO_RECEIVE, FORM_TOTAL, 0, 60}, /* 37 / 12,387 = 59.7 */
        {Q_NET_DROP_RATIO_RECEIVE, FORM_WORST, 0, 60},
        {Q_NET_DROP_RATIO_RECEIVE, FORM_INSTANCE, A, 60}, /* 37 / 12,382 = 59.8 */
        {Q_NET_DROP_RATIO_RECEIVE, FORM_INSTANCE, B, 0},
        {Q_NET_HOST_INTERNAL, FORM_TOTAL, 0, 9067}, /* (150 - 82) / 150 = 9066.7 */
        {Q_NET_COUNT, FORM_TOTAL, 0, 2},
        {Q_NET_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE},
        {Q_NET_STATUS_USAGE, FORM_TOTAL, 0, REASON_OK},
        {Q_NET_STATUS_OVERHEAD, FORM_TOTAL, 0, REASON_NO_COUNTER},
        {Q_NET_STATUS_UNMET, FORM_TOTAL, 0, REASON_OK},
    };
    (void)state;
    busy_vm();
    device_lab_run(&lab);
    device_lab_expect(&lab, want, sizeof want / sizeof *want, FIRST, LAST);
}

/* The quantities that are packets per second, at other intervals: 20 x packets / T, rounded. */
static void test_intervals(void **state)
{
    static const struct {
        int32_t interval;
        int64_t received, transmitted, packets, dropped_tx, dropped_rx, b_dropped_tx;
    } cases[] = {
        {20, 12350, 679, 13029, 10, 37, 3}, {1, 247000, 13580, 260580, 200, 740, 60},
        {30, 8233, 453, 8686, 7, 25, 2}, /* 8233.3, 452.7, 8686, 6.7, 24.7, 2 */
        {300, 823, 45, 869, 1, 2, 0},    /* 823.3, 45.3, 868.6, 0.7, 2.47, 0.2 */
        {80, 3088, 170, 3257, 3, 9, 1},  /* 3087.5, 169.75, 3257.25, 2.5, 9.25, 0.75 */
        {86400, 3, 0, 3, 0, 0, 0},       /* 2.9, 0.16, 3.02 */
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        busy_vm();
        lab.intervals[0] = cases[i].interval;
        device_lab_run(&lab);
        assert_int_equal(total(Q_NET_PACKETS_RECEIVED), cases[i].received);
        assert_int_equal(total(Q_NET_PACKETS_TRANSMITTED), cases[i].transmitted);
        assert_int_equal(total(Q_NET_PACKETS), cases[i].packets);
        assert_int_equal(total(Q_NET_DROPPED_TRANSMIT), cases[i].dropped_tx);
        assert_int_equal(total(Q_NET_DROPPED_RECEIVE), cases[i].dropped_rx);
        assert_int_equal(device_lab_get(&lab, Q_NET_DROPPED_TRANSMIT, FORM_INSTANCE, B),
                         cases[i].b_dropped_tx);
        assert_int_equal(total(Q_NET_DROP_RATIO_TRANSMIT), 290); /* of the counts */
        assert_int_equal(total(Q_NET_RECEIVED), 109);
        reasons(REASON_OK, REASON_OK);
    }
}

static void test_interval_not_known(void **state)
{
    static const int32_t intervals[] = {0, -20, 86401, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        busy_vm();
        lab.intervals[0] = intervals[i];
        device_lab_run(&lab);
        for (enum quantity q = Q_NET_PACKETS_RECEIVED; q <= Q_NET_DROPPED_RECEIVE; q++) {
            assert_false(has(q));
            assert_false(device_lab_has(&lab, q, FORM_INSTANCE, A));
        }
        assert_int_equal(total(Q_NET_THROUGHPUT), 150);
        assert_int_equal(total(Q_NET_DROP_RATIO_RECEIVE), 60);
        reasons(REASON_PART_MISSING, REASON_PART_MISSING);
    }
}

#define ALL_TOTALS ((BIT(STATUS_UNMET) << 1) - 1 - BIT(RING_DROPS) - BIT(DRIVER_DROPS))
#define ALL_WORST (BIT(DROP_RATIO_TRANSMIT) | BIT(DROP_RATIO_RECEIVE))
#define ALL_INSTANCES (BIT(DROP_RATIO_RECEIVE) * 2 - 1)

/* What goes with the samples of a counter of one vNIC; and of the VM without an aggregate. */
static const struct {
    enum counter counter;
    unsigned instances, worst, totals;
    enum reason usage, unmet;
} losses[] = {
    {NET_RECEIVED, BIT(RECEIVED) | BIT(THROUGHPUT), 0,
     BIT(RECEIVED) | BIT(THROUGHPUT) | BIT(HOST_INTERNAL), REASON_PART_MISSING, REASON_OK},
    {NET_TRANSMITTED, BIT(TRANSMITTED) | BIT(THROUGHPUT), 0,
     BIT(TRANSMITTED) | BIT(THROUGHPUT) | BIT(HOST_INTERNAL), REASON_PART_MISSING, REASON_OK},
    {NET_PACKETS_RX, BIT(PACKETS_RECEIVED) | BIT(PACKETS) | BIT(DROP_RATIO_RECEIVE),
     BIT(DROP_RATIO_RECEIVE), BIT(PACKETS_RECEIVED) | BIT(PACKETS) | BIT(DROP_RATIO_RECEIVE),
     REASON_PART_MISSING, REASON_OK},
    {NET_PACKETS_TX, BIT(PACKETS_TRANSMITTED) | BIT(PACKETS) | BIT(DROP_RATIO_TRANSMIT),
     BIT(DROP_RATIO_TRANSMIT), BIT(PACKETS_TRANSMITTED) | BIT(PACKETS) | BIT(DROP_RATIO_TRANSMIT),
     REASON_PART_MISSING, REASON_OK},
    {NET_DROPPED_RX, BIT(DROPPED_RECEIVE) | BIT(DROP_RATIO_RECEIVE), BIT(DROP_RATIO_RECEIVE),
     BIT(DROPPED_RECEIVE) | BIT(DROP_RATIO_RECEIVE), REASON_OK, REASON_OK},
    {NET_DROPPED_TX, BIT(DROPPED_TRANSMIT) | BIT(DROP_RATIO_TRANSMIT), BIT(DROP_RATIO_TRANSMIT),
     BIT(DROPPED_TRANSMIT) | BIT(DROP_RATIO_TRANSMIT), REASON_OK, REASON_PART_MISSING},
    {NET_PNIC_RX, 0, 0, BIT(HOST_INTERNAL), REASON_OK, REASON_OK},
    {NET_PNIC_TX, 0, 0, BIT(HOST_INTERNAL), REASON_OK, REASON_OK},
};

static void expect_lost(size_t i, unsigned totals)
{
    for (enum quantity q = FIRST; q <= LAST; q++) {
        const unsigned bit = 1u << (q - FIRST);
        assert_int_equal(has(q), (ALL_TOTALS & ~totals & bit) != 0);
        assert_int_equal(device_lab_has(&lab, q, FORM_WORST, 0),
                         (ALL_WORST & ~losses[i].worst & bit) != 0);
        assert_int_equal(device_lab_has(&lab, q, FORM_INSTANCE, A), (ALL_INSTANCES & bit) != 0);
        assert_int_equal(device_lab_has(&lab, q, FORM_INSTANCE, B),
                         (ALL_INSTANCES & ~losses[i].instances & bit) != 0);
    }
    reasons(losses[i].usage, losses[i].unmet);
}

static void test_each_counter_missing(void **state)
{
    static const int64_t holes[] = {SAMPLE_MISSING, ABSENT, INT64_MIN, INT64_MAX};
    (void)state;
    assert_int_equal(sizeof losses / sizeof *losses, NET_PNIC_TX - NET_RECEIVED + 1);
    for (size_t i = 0; i < sizeof losses / sizeof *losses; i++)
        for (size_t h = 0; h < sizeof holes / sizeof *holes; h++) {
            busy_vm();
            set(losses[i].counter, NAME_B, holes[h]);
            device_lab_run(&lab);
            expect_lost(i, 0); /* the aggregate takes the sum's place */
            assert_int_equal(total(Q_NET_COUNT), losses[i].counter == NET_RECEIVED ? 1 : 2);
            set(losses[i].counter, "", holes[h]);
            device_lab_run(&lab);
            expect_lost(i, losses[i].totals);
        }
}

static void test_aggregate_in_place_of_sum(void **state)
{
    (void)state;
    busy_vm();
    for (size_t i = 0; i < COUNTERS; i++)
        if (i != 1) /* transmitted stays the sum */
            set(busy[i].counter, NAME_B, SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(total(Q_NET_RECEIVED), 1100);
    assert_int_equal(total(Q_NET_TRANSMITTED), 41);
    assert_int_equal(total(Q_NET_THROUGHPUT), 1141);
    assert_int_equal(total(Q_NET_PACKETS), 126000);
    assert_int_equal(total(Q_NET_DROPPED_TRANSMIT), 100);
    assert_int_equal(total(Q_NET_DROP_RATIO_TRANSMIT), 328); /* 100 / 6100 = 327.9 */
    assert_int_equal(total(Q_NET_HOST_INTERNAL), 6766);      /* (1141 - 755) / 1141 = 6766.0 */
    assert_int_equal(total(Q_NET_COUNT), 1);
    reasons(REASON_PART_MISSING, REASON_PART_MISSING);
}

static void test_aggregates_alone(void **state)
{
    static const struct expected want[] = {
        {Q_NET_RECEIVED, FORM_TOTAL, 0, 1100},
        {Q_NET_TRANSMITTED, FORM_TOTAL, 0, 410},
        {Q_NET_THROUGHPUT, FORM_TOTAL, 0, 1510},
        {Q_NET_PACKETS_RECEIVED, FORM_TOTAL, 0, 120000},
        {Q_NET_PACKETS_TRANSMITTED, FORM_TOTAL, 0, 6000},
        {Q_NET_PACKETS, FORM_TOTAL, 0, 126000},
        {Q_NET_DROPPED_TRANSMIT, FORM_TOTAL, 0, 100},
        {Q_NET_DROPPED_RECEIVE, FORM_TOTAL, 0, 300},
        {Q_NET_DROP_RATIO_TRANSMIT, FORM_TOTAL, 0, 328},
        {Q_NET_DROP_RATIO_RECEIVE, FORM_TOTAL, 0, 50}, /* 300 / 120,300 = 49.9 */
        {Q_NET_HOST_INTERNAL, FORM_TOTAL, 0, 10000},   /* (1510 - 755) / 1510 */
        {Q_NET_STATUS_QUEUE, FORM_TOTAL, 0, REASON_NO_GUEST_SOURCE},
        {Q_NET_STATUS_USAGE, FORM_TOTAL, 0, REASON_PART_MISSING},
        {Q_NET_STATUS_OVERHEAD, FORM_TOTAL, 0, REASON_NO_COUNTER},
        {Q_NET_STATUS_UNMET, FORM_TOTAL, 0, REASON_PART_MISSING},
    };
    (void)state;
    device_lab_init(&lab);
    for (size_t i = 0; i < COUNTERS; i++) {
        device_lab_add(&lab, busy[i].counter, "", busy[i].aggregate);
        device_lab_add(&lab, busy[i].counter, "vmnic3", 9);
    }
    device_lab_run(&lab);
    device_lab_expect(&lab, want, sizeof want / sizeof *want, FIRST, LAST);
}

static void test_host_internal(void **state)
{
    static const struct {
        int64_t received, transmitted, pnic_rx, pnic_tx, want; /* ABSENT = none */
    } cases[] = {
        {100, 100, 100, 100, 0}, {100, 100, 0, 0, 20000},
        {100, 100, 101, 100, 0}, /* a physical NIC may be ahead */
        {0, 0, 0, 0, ABSENT},    {0, 0, 5, 5, ABSENT},
        {1, 0, 0, 0, 20000},     {0, 4, 3, 0, 5000},
        {3, 0, 1, 1, 6667},      {3, 0, 1, 0, 13333},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        device_lab_init(&lab);
        device_lab_add(&lab, NET_RECEIVED, NAME_A, cases[i].received);
        device_lab_add(&lab, NET_TRANSMITTED, NAME_A, cases[i].transmitted);
        device_lab_add(&lab, NET_PNIC_RX, NAME_A, cases[i].pnic_rx);
        device_lab_add(&lab, NET_PNIC_TX, NAME_A, cases[i].pnic_tx);
        device_lab_run(&lab);
        assert_int_equal(has(Q_NET_HOST_INTERNAL), cases[i].want != ABSENT);
        if (cases[i].want != ABSENT)
            assert_int_equal(total(Q_NET_HOST_INTERNAL), cases[i].want);
    }
}

static void test_drop_ratio(void **state)
{
    static const struct {
        int64_t dropped, delivered, want;
    } cases[] = {{0, 0, 0},     {0, 1, 0},     {1, 0, 20000}, {0, 5, 0},
                 {5, 0, 20000}, {1, 1, 10000}, {1, 2, 6667},  {1, 5, 3333}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int rx = 0; rx < 2; rx++) {
            enum quantity q = rx ? Q_NET_DROP_RATIO_RECEIVE : Q_NET_DROP_RATIO_TRANSMIT;
            device_lab_init(&lab);
            device_lab_add(&lab, rx ? NET_DROPPED_RX : NET_DROPPED_TX, NAME_B, cases[i].dropped);
            device_lab_add(&lab, rx ? NET_PACKETS_RX : NET_PACKETS_TX, NAME_B, cases[i].delivered);
            device_lab_run(&lab);
            assert_int_equal(total(q), cases[i].want);
            assert_int_equal(device_lab_get(&lab, q, FORM_WORST, 0), cases[i].want);
            assert_int_equal(device_lab_get(&lab, q, FORM_INSTANCE, B), cases[i].want);
            assert_false(has(Q_NET_COUNT));
        }
}

static void test_nothing(void **state)
{
    (void)state;
    device_lab_init(&lab); /* not asked for */
    device_lab_add(&lab, DISK_READS, NAME_A, 7);
    device_lab_add(&lab, (enum counter)(NET_PNIC_TX + 1), NAME_A, 7);
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    for (enum quantity q = Q_NET_STATUS_QUEUE; q <= Q_NET_STATUS_UNMET; q++)
        assert_int_equal(total(q), REASON_COUNTER_NOT_OFFERED);

    busy_vm(); /* no sample of any */
    for (size_t i = 0; i < lab.nseries; i++)
        lab.values[i][0] = SAMPLE_MISSING;
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    assert_int_equal(total(Q_NET_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
    reasons(REASON_MISSING_SAMPLE, REASON_MISSING_SAMPLE);

    for (int c = NET_RECEIVED; c <= NET_PNIC_TX; c++) { /* one series is enough to expect more */
        device_lab_init(&lab);
        device_lab_add(&lab, (enum counter)c, NAME_A, SAMPLE_MISSING);
        device_lab_run(&lab);
        assert_int_equal(total(Q_NET_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
        assert_int_equal(total(Q_NET_STATUS_OVERHEAD), REASON_NO_COUNTER);
    }

    device_lab_init(&lab); /* physical NICs alone: none of the VM's */
    device_lab_add(&lab, NET_RECEIVED, "vmnic0", 7);
    device_lab_add(&lab, NET_DROPPED_TX, "vmnic0", 7);
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    reasons(REASON_COUNTER_NOT_OFFERED, REASON_COUNTER_NOT_OFFERED);
}

static void test_nic_comes_and_goes(void **state)
{
    (void)state;
    busy_vm();
    lab.ntimes = 3;
    device_lab_set_at(&lab, NET_RECEIVED, NET_PNIC_TX, NAME_B, 1, SAMPLE_MISSING);
    device_lab_set_at(&lab, NET_RECEIVED, NET_RECEIVED, NAME_B, 2, 30);
    device_lab_run(&lab);
    assert_int_equal(total(Q_NET_RECEIVED), 109);
    lab.row = 1;
    assert_int_equal(total(Q_NET_RECEIVED), 100);
    assert_int_equal(total(Q_NET_COUNT), 1);
    assert_int_equal(device_lab_get(&lab, Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 0), 204);
    assert_int_equal(total(Q_NET_DROP_RATIO_TRANSMIT), 204);
    assert_false(device_lab_has(&lab, Q_NET_RECEIVED, FORM_INSTANCE, B));
    reasons(REASON_OK, REASON_OK);
    lab.row = 2;
    assert_int_equal(total(Q_NET_RECEIVED), 130);
    assert_int_equal(total(Q_NET_COUNT), 2);
    reasons(REASON_OK, REASON_OK);
}

static void many_nics(unsigned n, int64_t more)
{
    device_lab_init(&lab);
    for (unsigned i = 0; i < n; i++) {
        char name[16];
        snprintf(name, sizeof name, "%u", 4000 + n - i);
        for (int c = NET_RECEIVED; c <= NET_PNIC_TX; c++) {
            const bool packets = c >= NET_PACKETS_RX && c <= NET_DROPPED_TX;
            device_lab_add(&lab, (enum counter)c, name,
                           (packets ? NET_PACKETS_MAX : NET_RATE_MAX) + more);
        }
    }
}

static void test_many_nics(void **state)
{
    const int64_t n = CAP_DEVICES;
    (void)state;
    many_nics(CAP_DEVICES, 0);
    lab.intervals[0] = 1;
    device_lab_run(&lab);
    assert_int_equal(total(Q_NET_COUNT), n);
    assert_int_equal(total(Q_NET_THROUGHPUT), 2 * n * NET_RATE_MAX);
    assert_int_equal(total(Q_NET_PACKETS), 40 * n * NET_PACKETS_MAX);
    assert_int_equal(total(Q_NET_DROP_RATIO_TRANSMIT), 10000);
    assert_int_equal(total(Q_NET_HOST_INTERNAL), 0);
    reasons(REASON_OK, REASON_OK);

    many_nics(CAP_DEVICES + 1, 0); /* more than a VM can have */
    device_lab_run(&lab);
    assert_false(has(Q_NET_RECEIVED));
    assert_false(device_lab_has(&lab, Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 0));
    assert_int_equal(total(Q_NET_COUNT), n);
    reasons(REASON_PART_MISSING, REASON_PART_MISSING);

    many_nics(2, 1);
    device_lab_run(&lab);
    assert_int_equal(device_lab_count(&lab, FIRST, LAST), 4);
    reasons(REASON_MISSING_SAMPLE, REASON_MISSING_SAMPLE);
}

static void test_second_series_does_not_count(void **state)
{
    (void)state;
    busy_vm();
    for (size_t i = 0; i < COUNTERS; i++) {
        device_lab_add(&lab, busy[i].counter, NAME_A, 3);
        device_lab_add(&lab, busy[i].counter, "", 3);
    }
    device_lab_run(&lab);
    assert_int_equal(total(Q_NET_RECEIVED), 109);
    assert_int_equal(total(Q_NET_COUNT), 2);
    set(NET_RECEIVED, NAME_B, SAMPLE_MISSING);
    device_lab_run(&lab);
    assert_int_equal(total(Q_NET_RECEIVED), 1100);
}

static void test_guest_drops(void **state)
{
    static const struct guest_report report = {
        {990000},
        {.interval_s = 20,
         .known = 1u << GUEST_RING_DROPS | 1u << GUEST_DRIVER_DROPS,
         .milli = {[GUEST_RING_DROPS] = 1500, [GUEST_DRIVER_DROPS] = 250}}};
    (void)state;
    busy_vm();
    lab.block.guest.nreports = 1;
    lab.block.guest.reports = &report;
    for (int asked = 1; asked >= 0; asked--) {
        device_lab_run(&lab);
        assert_int_equal(total(Q_NET_RING_DROPS), 1500);
        assert_int_equal(total(Q_NET_DRIVER_DROPS), 250);
        assert_int_equal(total(Q_NET_STATUS_QUEUE), REASON_GUEST_VARIABLE);
        assert_int_equal(total(Q_NET_STATUS_USAGE), asked ? REASON_OK : REASON_COUNTER_NOT_OFFERED);
        lab.nseries = 0;
    }
}

static int done(void **state)
{
    (void)state;
    row_batch_free(&lab.batch);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_quantity),
        cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_interval_not_known),
        cmocka_unit_test(test_each_counter_missing),
        cmocka_unit_test(test_aggregate_in_place_of_sum),
        cmocka_unit_test(test_aggregates_alone),
        cmocka_unit_test(test_host_internal),
        cmocka_unit_test(test_drop_ratio),
        cmocka_unit_test(test_nothing),
        cmocka_unit_test(test_nic_comes_and_goes),
        cmocka_unit_test(test_many_nics),
        cmocka_unit_test(test_second_series_does_not_count),
        cmocka_unit_test(test_guest_drops),
    };
    return cmocka_run_group_tests(tests, NULL, done);
}
