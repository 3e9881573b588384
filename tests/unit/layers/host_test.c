/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The row of a host: each quantity by hand, with holes, and with values that no host has.
 */
#include <limits.h>

#include "layers/host_model.h"
#include "layers/lab.h"

enum { TIMES = 2, SERIES = 40, OF_INVENTORY = 7 };

/* By quantity: its counter and a value, and the ticks that it is in 20 seconds. */
static const struct {
    enum quantity quantity;
    enum counter counter;
    int64_t value, ticks;
} counted[] = {
    {Q_HOST_CORE_UTILIZATION, HOST_CORE_UTILIZATION, 7312, 7312},
    {Q_HOST_UTILIZATION, HOST_UTILIZATION, 5101, 5101},
    {Q_HOST_USAGE, CPU_USAGE, 4420, 4420},
    {Q_HOST_USAGEMHZ, CPU_USAGEMHZ, 38001, 38001},
    {Q_HOST_READY, CPU_READY, 41003, 41003}, /* ms: of 20,000 each is a tick */
    {Q_HOST_COSTOP, CPU_COSTOP, 907, 907},
    {Q_HOST_LATENCY, CPU_LATENCY, 312, 312},
    {Q_HOST_MEM_CONSUMED, MEM_CONSUMED, 201326592, 201326592},
    {Q_HOST_MEM_BALLOONED, MEM_VMMEMCTL, 1048577, 1048577},
    {Q_HOST_MEM_SWAPPED, HOST_SWAPUSED, 524289, 524289},
    {Q_HOST_MEM_COMPRESSED, MEM_COMPRESSED, 131073, 131073},
    {Q_HOST_MEM_SWAPIN, MEM_SWAPINRATE, 2049, 2049},
    {Q_HOST_MEM_SWAPOUT, MEM_SWAPOUTRATE, 1025, 1025},
    {Q_HOST_MEM_STATE, HOST_MEM_STATE, 2, 2},
    {Q_HOST_MEM_LATENCY, MEM_LATENCY, 45, 45},
};
enum { COUNTED = sizeof counted / sizeof *counted };

static const struct entity host = {
    .vcenter_uuid = "vc", .label = {"vc", "dc", "blue", "esx1", "", "host-1", "", "host", ""}};

static struct {
    struct server_time times[TIMES];
    int32_t intervals[TIMES];
    int64_t values[SERIES][TIMES];
    struct sample_series series[SERIES];
    struct sample_block block;
    struct row_batch batch;
} bench;

static void add_counter(enum counter counter, const char *instance, int64_t value)
{
    const size_t n = bench.block.nseries++;
    bench.values[n][0] = value;
    bench.series[n] = (struct sample_series){counter, instance, bench.values[n]};
}

static void empty_host(void)
{
    row_batch_free(&bench.batch);
    memset(&bench, 0, sizeof bench);
    row_batch_init(&bench.batch);
    bench.times[0].ms = 1000000;
    bench.intervals[0] = 20;
    bench.block = (struct sample_block){
        .entity = &host,
        .memory_bytes = (int64_t)256 << 30,
        .host = {.threads = 64, .cores = 32, .vms = 21, .vcpus = 96, .power_policy = 2},
        .ntimes = 1,
        .times = bench.times,
        .intervals = bench.intervals,
        .series = bench.series,
    };
}

static void busy_host(void)
{
    empty_host();
    for (size_t i = 0; i < COUNTED; i++)
        add_counter(counted[i].counter, "", counted[i].value);
}

static void run(void)
{
    row_batch_free(&bench.batch);
    row_batch_row(&bench.batch, &host, bench.times[0], bench.intervals[0]);
    host_layers(&bench.block, 0, &bench.batch);
    assert_true(row_batch_ok(&bench.batch));
    for (size_t i = 1; i < bench.batch.nvalues; i++)
        assert_true(bench.batch.values[i - 1].quantity < bench.batch.values[i].quantity);
}

static bool has(enum quantity q)
{
    int64_t ticks;
    return row_find(&bench.batch, &bench.batch.rows[0], q, FORM_TOTAL, 0, &ticks);
}

static int64_t total(enum quantity q)
{
    int64_t ticks = 0;
    if (!row_find(&bench.batch, &bench.batch.rows[0], q, FORM_TOTAL, 0, &ticks))
        fail_msg("no %s", quantity_info(q)->name);
    return ticks;
}

static void test_every_quantity(void **state)
{
    (void)state;
    busy_host();
    run();
    for (size_t i = 0; i < COUNTED; i++)
        assert_int_equal(total(counted[i].quantity), counted[i].ticks);
    assert_int_equal(total(Q_HOST_THREADS), 64);
    assert_int_equal(total(Q_HOST_CORES), 32);
    assert_int_equal(total(Q_HOST_VMS), 21);
    assert_int_equal(total(Q_HOST_VCPUS), 96);
    assert_int_equal(total(Q_HOST_VCPUS_PER_THREAD), 15000);
    assert_int_equal(total(Q_HOST_POWER_POLICY), 2);
    assert_int_equal(total(Q_HOST_MEM_SIZE), 268435456);
    assert_int_equal(total(Q_HOST_STATUS), REASON_OK);
    assert_int_equal(COUNTED + OF_INVENTORY + 1, Q_HOST_STATUS - Q_HOST_CORE_UTILIZATION + 1);
    assert_int_equal(bench.batch.nvalues, COUNTED + OF_INVENTORY + 1);
}

/* A missing counter takes its own quantity away, and no other. */
static void test_each_counter_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTED; i++)
        for (int hole = 0; hole < 2; hole++) {
            busy_host();
            if (hole)
                bench.values[i][0] = SAMPLE_MISSING;
            else
                bench.series[i].instance = "0"; /* of a thread, a core, a device */
            run();
            for (size_t k = 0; k < COUNTED; k++)
                assert_int_equal(has(counted[k].quantity), k != i);
            assert_int_equal(total(Q_HOST_STATUS), REASON_PART_MISSING);
            assert_int_equal(bench.batch.nvalues, COUNTED - 1 + OF_INVENTORY + 1);
        }
}

static void test_no_counter(void **state)
{
    (void)state;
    empty_host();
    run();
    assert_int_equal(total(Q_HOST_STATUS), REASON_COUNTER_NOT_OFFERED);
    assert_int_equal(bench.batch.nvalues, OF_INVENTORY + 1);
    busy_host();
    for (size_t i = 0; i < COUNTED; i++)
        bench.values[i][0] = SAMPLE_MISSING;
    run();
    assert_int_equal(total(Q_HOST_STATUS), REASON_MISSING_SAMPLE);
    assert_int_equal(bench.batch.nvalues, OF_INVENTORY + 1);
    empty_host();
    add_counter(HOST_UTILIZATION, "", SAMPLE_MISSING); /* one that is offered is enough */
    run();
    assert_int_equal(total(Q_HOST_STATUS), REASON_MISSING_SAMPLE);
    bench.values[0][0] = 0;
    run();
    assert_int_equal(total(Q_HOST_STATUS), REASON_PART_MISSING);
    assert_int_equal(total(Q_HOST_UTILIZATION), 0);
}

/* Ready and co-stop of other intervals, to the nearest 1/20000; nothing else depends on them. */
static void test_intervals(void **state)
{
    static const struct {
        int32_t interval_s;
        int64_t ms, ticks; /* -1 = no value */
    } cases[] = {
        {20, 20000, 20000},
        {20, 1, 1},
        {40, 1, 1}, /* half a tick is up */
        {60, 1, 0},
        {60, 2, 1},
        {60, 60000, 20000},
        {30, 7, 5}, /* 4.67 */
        {7, 1, 3},  /* 2.86 */
        {1, 3, 60},
        {300, 450007, 30000}, /* 30000.47 */
        {86400, 86400000, 20000},
        {86401, 1, -1},
        {0, 1, -1},
        {-1, 1, -1},
        {INT32_MIN, 1, -1},
        {1, (int64_t)1 << 40, (int64_t)20 << 40},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        busy_host();
        bench.intervals[0] = cases[i].interval_s;
        for (size_t k = 0; k < COUNTED; k++)
            if (counted[k].counter == CPU_READY || counted[k].counter == CPU_COSTOP)
                bench.values[k][0] = cases[i].ms;
        run();
        assert_int_equal(has(Q_HOST_READY), cases[i].ticks >= 0);
        assert_int_equal(has(Q_HOST_COSTOP), cases[i].ticks >= 0);
        if (cases[i].ticks >= 0) {
            assert_int_equal(total(Q_HOST_READY), cases[i].ticks);
            assert_int_equal(total(Q_HOST_COSTOP), cases[i].ticks);
        }
        assert_int_equal(total(Q_HOST_STATUS),
                         cases[i].ticks < 0 ? REASON_PART_MISSING : REASON_OK);
        for (size_t k = 0; k < COUNTED; k++)
            if (counted[k].quantity != Q_HOST_READY && counted[k].quantity != Q_HOST_COSTOP)
                assert_int_equal(total(counted[k].quantity), counted[k].ticks);
    }
}

static void test_hostile_values(void **state)
{
    static const int64_t most = (int64_t)1 << 40,
                         no_sample[] = {-1, -2, INT64_MIN, INT64_MAX, ((int64_t)1 << 40) + 1};
    (void)state;
    for (size_t i = 0; i < sizeof no_sample / sizeof *no_sample; i++) {
        busy_host();
        for (size_t k = 0; k < COUNTED; k++)
            bench.values[k][0] = no_sample[i];
        run();
        assert_int_equal(total(Q_HOST_STATUS), REASON_MISSING_SAMPLE);
        assert_int_equal(bench.batch.nvalues, OF_INVENTORY + 1);
    }
    busy_host();
    for (size_t k = 0; k < COUNTED; k++)
        bench.values[k][0] = most;
    run();
    for (size_t k = 0; k < COUNTED; k++)
        assert_int_equal(total(counted[k].quantity), most);
}

static void test_inventory(void **state)
{
    static const struct {
        struct host_facts facts;
        int64_t threads, cores, vms, vcpus, per_thread, policy; /* -1 = no value */
    } cases[] = {
        {{64, 32, 0, 0, 1}, 64, 32, 0, 0, 0, 1},
        {{0, 0, 3, 5, 4}, -1, -1, 3, 5, -1, 4},
        {{-1, -1, -1, -1, -1}, -1, -1, -1, -1, -1, 0},
        {{3, 2, 1, 2, 5}, 3, 2, 1, 2, 6667, 0}, /* 0.66667 */
        {{3, 2, 1, 1, 0}, 3, 2, 1, 1, 3333, 0},
        {{4, 4, 1, -1, 3}, 4, 4, 1, -1, -1, 3},
        {{1, 1, INT32_MAX, INT32_MAX, INT_MAX}, 1, 1, INT32_MAX, INT32_MAX, 21474836470000, 0},
        {{INT32_MAX, INT32_MAX, 0, INT32_MAX, INT_MIN},
         INT32_MAX,
         INT32_MAX,
         0,
         INT32_MAX,
         10000,
         0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const struct {
            enum quantity quantity;
            int64_t want;
        } want[] = {{Q_HOST_THREADS, cases[i].threads},
                    {Q_HOST_CORES, cases[i].cores},
                    {Q_HOST_VMS, cases[i].vms},
                    {Q_HOST_VCPUS, cases[i].vcpus},
                    {Q_HOST_VCPUS_PER_THREAD, cases[i].per_thread},
                    {Q_HOST_POWER_POLICY, cases[i].policy}};
        empty_host();
        bench.block.host = cases[i].facts;
        run();
        for (size_t k = 0; k < sizeof want / sizeof *want; k++) {
            assert_int_equal(has(want[k].quantity), want[k].want >= 0);
            if (want[k].want >= 0)
                assert_int_equal(total(want[k].quantity), want[k].want);
        }
    }
}

static void test_memory_size(void **state)
{
    static const struct {
        int64_t bytes, kb; /* -1 = no value */
    } cases[] = {{1024, 1},       {2047, 1},       {1023, -1},
                 {0, -1},         {-1024, -1},     {(int64_t)1 << 50, (int64_t)1 << 40},
                 {INT64_MAX, -1}, {INT64_MIN, -1}, {((int64_t)1 << 50) + 1024, -1}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        empty_host();
        bench.block.memory_bytes = cases[i].bytes;
        run();
        assert_int_equal(has(Q_HOST_MEM_SIZE), cases[i].kb > 0);
        if (cases[i].kb > 0)
            assert_int_equal(total(Q_HOST_MEM_SIZE), cases[i].kb);
    }
}

/* A second time has its own values; threads, foreign counters and repeats do not count. */
static void test_foreign_series(void **state)
{
    (void)state;
    empty_host();
    add_counter(CPU_USAGE, "0", 1);
    add_counter((enum counter)COUNTER_COUNT, "", 2);
    add_counter(CPU_RUN, "", 3);
    add_counter(CPU_USAGE, "", 4);
    add_counter(CPU_USAGE, "", 5);
    bench.values[3][1] = 6;
    bench.block.ntimes = 2;
    bench.intervals[1] = 20;
    run();
    assert_int_equal(total(Q_HOST_USAGE), 4);
    assert_int_equal(bench.batch.nvalues, 1 + OF_INVENTORY + 1);
    row_batch_free(&bench.batch);
    row_batch_row(&bench.batch, &host, bench.times[1], 20);
    host_layers(&bench.block, 1, &bench.batch);
    assert_int_equal(total(Q_HOST_USAGE), 6);
    row_batch_free(&bench.batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_quantity), cmocka_unit_test(test_each_counter_missing),
        cmocka_unit_test(test_no_counter),     cmocka_unit_test(test_intervals),
        cmocka_unit_test(test_hostile_values), cmocka_unit_test(test_inventory),
        cmocka_unit_test(test_memory_size),    cmocka_unit_test(test_foreign_series),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
