/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Each rule at its boundaries, and the texts of ranges, values and formulas.
 */
#include "layers/verdict_bench.h"

#include "layers/formula.h"

static uint8_t read_score(const struct bench *bench, enum verdict_rule rule,
                          const struct given *values)
{
    struct row_batch rows;
    struct verdict_input input;
    row_batch_init(&rows);
    row_batch_row(&rows, &vm, (struct server_time){T0}, INTERVAL);
    fill(&rows, values);
    verdict_input(&rows, &rows.rows[0], &input);
    uint8_t score = verdict_read(rule, &bench->options.ranges[rule], &input).score;
    row_batch_free(&rows);
    return score;
}

enum { U = SCORE_UNKNOWN, F = SCORE_FULL, H = SCORE_FULL / 2, ABSENT = 1 << 30 };
#define OFF_ROW INT64_MIN
#define MIB INT64_C(1024) /* in KB */

static const struct rule_case {
    enum verdict_rule rule;
    uint8_t score;
    struct given values[5];
} rule_cases[] = {
    {RULE_CPU_RUN_QUEUE, U, {{0}}},
    {RULE_CPU_RUN_QUEUE, 0, {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 6000}}},
    {RULE_CPU_RUN_QUEUE, 1, {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 6001}}},
    {RULE_CPU_RUN_QUEUE, H, {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 13000}}},
    {RULE_CPU_RUN_QUEUE, F, {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 20000}}},
    {RULE_CPU_RUN_QUEUE,
     U,
     {{Q_CPU_RUN_QUEUE, FORM_TOTAL, 20000}, {Q_CPU_COUNT, FORM_TOTAL, OFF_ROW}}},
    {RULE_CPU_USAGE, 0, {{Q_CPU_GUEST_RUN, FORM_TOTAL, 36000}}},
    {RULE_CPU_USAGE, 1, {{Q_CPU_GUEST_RUN, FORM_TOTAL, 36001}}},
    {RULE_CPU_USAGE, H, {{Q_CPU_GUEST_RUN, FORM_TOTAL, 40000}}},
    {RULE_CPU_USAGE, U, {{Q_CPU_GUEST_RUN, FORM_TOTAL, OFF_ROW}}},
    {RULE_CPU_SLOWED, 0, {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 1600}}},
    {RULE_CPU_SLOWED, H, {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 4800}}},
    {RULE_CPU_SLOWED, F, {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 8000}}},
    {RULE_CPU_SLOWED, 0, {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, -4800}}},
    {RULE_CPU_SLOWED,
     0, /* an idle VM is not slow: just below and at 5 % of a vCPU */
     {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 900}, {Q_CPU_GUEST_RUN, FORM_TOTAL, 999}}},
    {RULE_CPU_SLOWED,
     F,
     {{Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 1000}, {Q_CPU_GUEST_RUN, FORM_TOTAL, 1000}}},
    {RULE_CPU_OVERHEAD, 0, {{Q_CPU_OVERHEAD, FORM_TOTAL, 10000}}},
    {RULE_CPU_OVERHEAD, H, {{Q_CPU_OVERHEAD, FORM_TOTAL, 25000}}},
    {RULE_CPU_OVERHEAD, F, {{Q_CPU_OVERHEAD, FORM_TOTAL, 40000}}},
    {RULE_CPU_READY, 0, {{Q_CPU_READY, FORM_WORST, 1000}}},
    {RULE_CPU_READY, 1, {{Q_CPU_READY, FORM_WORST, 1001}}},
    {RULE_CPU_READY, H, {{Q_CPU_READY, FORM_WORST, 2500}}},
    {RULE_CPU_READY, F, {{Q_CPU_READY, FORM_WORST, 3999}}},
    {RULE_CPU_READY, F - 1, {{Q_CPU_READY, FORM_WORST, 3980}}},
    {RULE_CPU_READY, F, {{Q_CPU_READY, FORM_WORST, INT64_MAX}}},
    {RULE_CPU_READY,
     U, /* the sum over vCPUs is not the worst one */
     {{Q_CPU_READY, FORM_WORST, OFF_ROW}, {Q_CPU_READY, FORM_TOTAL, 4000}}},
    {RULE_CPU_LIMIT, H, {{Q_CPU_LIMIT, FORM_WORST, 2500}}},
    {RULE_CPU_COSTOP, 0, {{Q_CPU_COSTOP, FORM_WORST, 600}}},
    {RULE_CPU_COSTOP, H, {{Q_CPU_COSTOP, FORM_WORST, 1300}}},
    {RULE_CPU_OVERLAP, H, {{Q_CPU_OVERLAP, FORM_WORST, 1300}}},
    {RULE_CPU_OTHERWAIT, H, {{Q_CPU_OTHERWAIT, FORM_WORST, 12000}}},
    {RULE_MEM_CONTENTION, 0, {{Q_MEM_CONTENTION, FORM_TOTAL, 100}}},
    {RULE_MEM_CONTENTION, H, {{Q_MEM_CONTENTION, FORM_TOTAL, 550}}},
    {RULE_MEM_CONTENTION, F, {{Q_MEM_CONTENTION, FORM_TOTAL, 1000}}},
    {RULE_MEM_SWAPWAIT, 0, {{Q_CPU_SWAPWAIT, FORM_WORST, 200}}},
    {RULE_MEM_SWAPWAIT, H, {{Q_CPU_SWAPWAIT, FORM_WORST, 1100}}},
    {RULE_MEM_SWAPIN, 0, {{Q_MEM_SWAPIN, FORM_TOTAL, 256}}},
    {RULE_MEM_SWAPIN, 1, {{Q_MEM_SWAPIN, FORM_TOTAL, 257}}},
    {RULE_MEM_SWAPIN, F, {{Q_MEM_SWAPIN, FORM_TOTAL, 16 * MIB}}},
    {RULE_MEM_DECOMPRESSION, H, {{Q_MEM_DECOMPRESSION, FORM_TOTAL, 130 * MIB}}},
    {RULE_MEM_PAGING, U, {{0}}},
    {RULE_MEM_PAGING, 0, {{Q_MEM_PAGE_OUT, FORM_TOTAL, 1 << 20}}}, /* whatever else is so */
    {RULE_MEM_PAGING, U, {{Q_MEM_PAGE_OUT, FORM_TOTAL, 21 << 20}}},
    {RULE_MEM_PAGING,
     0,
     {{Q_MEM_PAGE_OUT, FORM_TOTAL, 20 << 20}, {Q_MEM_GUEST_SWAP_USED, FORM_TOTAL, 1000}}},
    {RULE_MEM_PAGING,
     0, /* writes alone are no paging */
     {{Q_MEM_PAGE_OUT, FORM_TOTAL, 20 << 20},
      {Q_MEM_PAGE_IN, FORM_TOTAL, 1000},
      {Q_MEM_GUEST_SWAP_USED, FORM_TOTAL, 64 << 20}}},
    {RULE_MEM_PAGING,
     H,
     {{Q_MEM_PAGE_OUT, FORM_TOTAL, 21 << 19},
      {Q_MEM_PAGE_IN, FORM_TOTAL, 1 << 18},
      {Q_MEM_GUEST_SWAP_USED, FORM_TOTAL, 64 << 20}}},
    {RULE_DISK_QUEUE, 0, {{Q_DISK_QUEUE, FORM_TOTAL, 16000}}},
    {RULE_DISK_QUEUE, H, {{Q_DISK_QUEUE, FORM_TOTAL, 72000}}},
    {RULE_DISK_SNAPSHOT_READS, 0, {{Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 50}}},
    {RULE_DISK_SNAPSHOT_READS, H, {{Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 225}}},
    {RULE_DISK_SNAPSHOT_READS,
     0, /* few IOs are noise */
     {{Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 19}, {Q_DISK_READS, FORM_TOTAL, 1}}},
    {RULE_DISK_SNAPSHOT_READS,
     F,
     {{Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 20}, {Q_DISK_READS, FORM_TOTAL, 0}}},
    {RULE_DISK_SNAPSHOT_READS,
     U, /* no one can say what is the host's swapping */
     {{Q_DISK_SNAPSHOT_READS, FORM_TOTAL, 900},
      {Q_DISK_STATUS_OVERHEAD, FORM_TOTAL, REASON_SWAP_IO}}},
    {RULE_DISK_SNAPSHOT_READ_RATE, H, {{Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, 9 * MIB}}},
    {RULE_DISK_SNAPSHOT_READ_RATE,
     0,
     {{Q_DISK_SNAPSHOT_READ_RATE, FORM_TOTAL, 2 * MIB - 1}, {Q_DISK_READ_RATE, FORM_TOTAL, 1}}},
    {RULE_DISK_SNAPSHOT_SPACE, H, {{Q_DISK_SNAPSHOT_SPACE, FORM_TOTAL, INT64_C(275) << 30}}},
    {RULE_DISK_LATENCY, 0, {{Q_DISK_LATENCY, FORM_TOTAL, 20000}}},
    {RULE_DISK_LATENCY, H, {{Q_DISK_LATENCY, FORM_TOTAL, 40000}}},
    {RULE_DISK_LATENCY, F, {{Q_DISK_LATENCY, FORM_TOTAL, 60000}}},
    {RULE_DISK_LATENCY, 0, {{Q_DISK_LATENCY, FORM_TOTAL, 60000}, {Q_DISK_IOPS, FORM_TOTAL, 9}}},
    {RULE_DISK_LATENCY, F, {{Q_DISK_LATENCY, FORM_TOTAL, 60000}, {Q_DISK_IOPS, FORM_TOTAL, 10}}},
    {RULE_DISK_OUTSTANDING, 0, {{Q_DISK_OUTSTANDING, FORM_WORST, 128}}},
    {RULE_DISK_OUTSTANDING,
     H,
     {{Q_DISK_OUTSTANDING, FORM_WORST, 80}, {Q_DISK_LATENCY, FORM_TOTAL, 10000}}},
    {RULE_NET_RING_DROPS, 0, {{Q_NET_RING_DROPS, FORM_TOTAL, 0}}},
    {RULE_NET_RING_DROPS, 1, {{Q_NET_RING_DROPS, FORM_TOTAL, 1}}},
    {RULE_NET_RING_DROPS, H, {{Q_NET_RING_DROPS, FORM_TOTAL, 25000}}},
    {RULE_NET_DROPS, 0, {{Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 20}}},
    {RULE_NET_DROPS, H, {{Q_NET_DROP_RATIO_TRANSMIT, FORM_WORST, 210}}},
};

static void test_rules(void **state)
{
    bool tried[RULE_COUNT] = {false};
    for (size_t i = 0; i < sizeof rule_cases / sizeof *rule_cases; i++) {
        const struct verdict_rule_info *info = verdict_rule(rule_cases[i].rule);
        uint8_t score = read_score(*state, rule_cases[i].rule, rule_cases[i].values);
        if (score != rule_cases[i].score)
            fail_msg("case %zu, %s: %u instead of %u", i, info->name, score, rule_cases[i].score);
        tried[rule_cases[i].rule] |= score != 0 && score != U;
    }
    for (int rule = 0; rule < RULE_COUNT; rule++)
        assert_true(tried[rule]);
}

static void test_healthy(void **state)
{
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        uint8_t score = read_score(*state, rule, NULL);
        bool of_guest = verdict_rule(rule)->layer == LAYER_QUEUE;
        assert_int_equal(score, of_guest ? U : 0);
    }
}

/* Where each rule stands: A to D of its resource. */
static void test_places(void **state)
{
    static const char letters[RULE_COUNT] = {
        [RULE_CPU_RUN_QUEUE] = 'A',
        [RULE_CPU_USAGE] = 'B',
        [RULE_CPU_SLOWED] = 'B',
        [RULE_CPU_OVERHEAD] = 'C',
        [RULE_CPU_READY] = 'D',
        [RULE_CPU_LIMIT] = 'D',
        [RULE_CPU_COSTOP] = 'D',
        [RULE_CPU_OVERLAP] = 'D',
        [RULE_CPU_OTHERWAIT] = 'D',
        [RULE_MEM_PAGING] = 'A',
        [RULE_MEM_CONTENTION] = 'D',
        [RULE_MEM_SWAPWAIT] = 'D',
        [RULE_MEM_SWAPIN] = 'D',
        [RULE_MEM_DECOMPRESSION] = 'D',
        [RULE_DISK_QUEUE] = 'A',
        [RULE_DISK_SNAPSHOT_READS] = 'C',
        [RULE_DISK_SNAPSHOT_READ_RATE] = 'C',
        [RULE_DISK_SNAPSHOT_SPACE] = 'C',
        [RULE_DISK_LATENCY] = 'D',
        [RULE_DISK_OUTSTANDING] = 'D',
        [RULE_NET_RING_DROPS] = 'A',
        [RULE_NET_DROPS] = 'D',
    };
    (void)state;
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++)
        assert_int_equal(layer_letter(verdict_rule(rule)->layer), letters[rule]);
}

/* The table itself: names, defaults and words. */
static void test_table(void **state)
{
    (void)state;
    for (enum verdict_rule rule = 0; rule < RULE_COUNT; rule++) {
        const struct verdict_rule_info *info = verdict_rule(rule);
        const struct quantity_info *of = quantity_info(info->quantity);
        const char *resource = verdict_resource_name(info->resource);
        struct verdict_range range = {.off = true};
        assert_non_null(of);
        assert_true(of->forms & 1u << info->form);
        assert_memory_equal(info->name, resource, strlen(resource));
        assert_int_equal(info->name[strlen(resource)], '.');
        assert_non_null(strstr(info->words, "{}"));
        assert_true(strlen(info->source) > 10);
        assert_null(verdict_range_read(info->measure, info->range, &range));
        for (enum verdict_rule other = 0; other < rule; other++)
            assert_string_not_equal(verdict_rule(other)->name, info->name);
        int place = (int)info->resource * VERDICT_LAYERS + (int)info->layer - LAYER_QUEUE;
        assert_int_equal(quantity_info(verdict_score_quantity(place))->layer, info->layer);
        assert_string_equal(quantity_info(verdict_score_quantity(place))->resource, resource);
        assert_int_equal(quantity_info(verdict_status_quantity(place))->layer, info->layer);
        assert_string_equal(quantity_info(verdict_status_quantity(place))->resource, resource);
    }
}

static void test_ranges(void **state)
{
    static const struct {
        enum measure measure;
        const char *text, *wrong;
        double from, full;
    } cases[] = {
        {MEASURE_PERCENT, "5% to 20%", NULL, 0.05, 0.2},
        {MEASURE_PERCENT, "0.1% to 2%", NULL, 0.001, 0.02},
        {MEASURE_PERCENT, "0% to 0.001%", NULL, 0, 0.00001},
        {MEASURE_PERCENT, "0.0001% to 2%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5 to 20", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5% 20%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5% to 20% ", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5% to", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5% to ", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, ".5% to 2%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5.% to 20%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "-5% to 20%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "5% to 1234567890%", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "", "is not a range of percents", 0, 0},
        {MEASURE_PERCENT, "20% to 20%", "does not rise", 0, 0},
        {MEASURE_PERCENT, "20% to 5%", "does not rise", 0, 0},
        {MEASURE_SECONDS, "20ms to 1.5s", NULL, 0.02, 1.5},
        {MEASURE_SECONDS, "500us to 1ms", NULL, 0.0005, 0.001},
        {MEASURE_SECONDS, "1m to 2m", "is not a range of times", 0, 0},
        {MEASURE_BYTES, "512B to 1TiB", NULL, 512, 1099511627776.0},
        {MEASURE_BYTES, "1KB to 2KB", "is not a range of sizes", 0, 0},
        {MEASURE_BYTES_PER_SECOND, "256KiB/s to 16MiB/s", NULL, 262144, 16777216},
        {MEASURE_BYTES_PER_SECOND, "256KiB to 16MiB", "is not a range of rates", 0, 0},
        {MEASURE_PER_SECOND, "0/s to 50/s", NULL, 0, 50},
        {MEASURE_NUMBER, "3 to 10", NULL, 3, 10},
        {MEASURE_NUMBER, "3% to 10%", "is not a range of numbers", 0, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct verdict_range range = {.from = 7, .full = 8};
        const char *wrong = verdict_range_read(cases[i].measure, cases[i].text, &range);
        if (cases[i].wrong) {
            assert_non_null(wrong);
            assert_string_equal(wrong, cases[i].wrong);
            assert_true(range.from == 7 && range.full == 8 && !range.off);
        } else {
            assert_null(wrong);
            assert_true(range.from == cases[i].from && range.full == cases[i].full);
        }
    }
    struct verdict_range range = {.off = false};
    assert_null(verdict_range_read(MEASURE_NUMBER, "off", &range));
    assert_true(range.off);
    for (int m = MEASURE_PERCENT; m <= MEASURE_NUMBER; m++) {
        char example[40] = "";
        assert_int_equal(
            sscanf(verdict_range_allowed((enum measure)m), "a range like %39[^,], or off", example),
            1);
        assert_null(verdict_range_read((enum measure)m, example, &range));
    }
}

static void test_values(void **state)
{
    static const struct {
        enum measure measure;
        double value;
        const char *want;
    } cases[] = {
        {MEASURE_PERCENT, 0.05, "5 %"},
        {MEASURE_PERCENT, 0.1234, "12.3 %"},
        {MEASURE_PERCENT, 0.2 + 1e-17, "20 %"},
        {MEASURE_PERCENT, -0.0004, "0 %"},
        {MEASURE_PERCENT, -0.0006, "-0.1 %"},
        {MEASURE_PERCENT, 0.9996, "100 %"},
        {MEASURE_PERCENT, 12.3456, "1235 %"},
        {MEASURE_SECONDS, 0, "0 us"},
        {MEASURE_SECONDS, 0.0009, "900 us"},
        {MEASURE_SECONDS, 0.001, "1 ms"},
        {MEASURE_SECONDS, 0.0452, "45.2 ms"},
        {MEASURE_SECONDS, 2.5, "2.5 s"},
        {MEASURE_BYTES, 1023, "1023 B"},
        {MEASURE_BYTES, 53687091200.0, "50 GiB"},
        {MEASURE_BYTES_PER_SECOND, 1572864, "1.5 MiB/s"},
        {MEASURE_PER_SECOND, 50, "50/s"},
        {MEASURE_NUMBER, 3.14, "3.1"},
    };
    (void)state;
    struct buf text;
    buf_init(&text, 100);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        buf_clear(&text);
        verdict_value_write(&text, cases[i].measure, cases[i].value);
        assert_string_equal(text.data, cases[i].want);
    }
    buf_free(&text);
}

/* ---- formulas ---- */

static void test_formulas(void **state)
{
    struct formula formula;
    (void)state;
    formula_read(quantity_info(Q_CPU_VM_DEMAND), &formula);
    static const enum quantity terms[] = {Q_CPU_GUEST_RUN, Q_CPU_OVERHEAD, Q_CPU_UNMET,
                                          Q_CPU_UNMET_WAIT};
    assert_int_equal(formula.nquantities, 4);
    assert_memory_equal(formula.quantities, terms, sizeof terms);
    static const enum counter counters[] = {CPU_RUN, CPU_READY, CPU_COSTOP};
    assert_int_equal(formula.ncounters, 3);
    assert_memory_equal(formula.counters, counters, sizeof counters);
    formula_read(quantity_info(Q_MEM_CONFIGURED), &formula);
    assert_int_equal(formula.nquantities + formula.ncounters, 0);
    /* Each total of a VM is made of something that has numbers. */
    for (size_t i = 0; i < quantity_count(); i++) {
        const struct quantity_info *info = quantity_at(i);
        if (info->kind != KIND_TOTAL)
            continue;
        formula_read(info, &formula);
        assert_true(formula.nquantities + formula.ncounters >= 2);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rules, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_healthy, set_up, tear_down),
        cmocka_unit_test(test_places),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_ranges),
        cmocka_unit_test(test_values),
        cmocka_unit_test(test_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
