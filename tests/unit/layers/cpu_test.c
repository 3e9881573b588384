/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Valid samples: every published quantity against the truth that the counters were made of.
 */
#include "layers/lab.h"

static struct lab lab;

/* The truth of a part, told apart from the model's own formulas. */
static int64_t truth_of(const struct truth *t, enum quantity q)
{
    switch ((int)q) {
    case Q_CPU_GUEST_RUN:
        return t->guest;
    case Q_CPU_READY:
        return t->contention;
    case Q_CPU_LIMIT:
        return t->limit;
    case Q_CPU_COSTOP:
        return t->costop;
    case Q_CPU_OVERLAP:
        return t->overlap;
    case Q_CPU_SWAPWAIT:
        return t->swap;
    case Q_CPU_OTHERWAIT:
        return t->other;
    case Q_CPU_IDLE:
        return t->idle;
    case Q_CPU_UNMET_SCHED:
        return t->contention + t->limit + t->costop + t->overlap;
    case Q_CPU_UNMET_WAIT:
        return t->swap + (lab.options.other_wait_is_unmet ? t->other : 0);
    case Q_CPU_UNMET:
        return truth_of(t, Q_CPU_UNMET_SCHED) + truth_of(t, Q_CPU_UNMET_WAIT);
    case Q_CPU_EFFICIENCY_LOSS:
        return t->guest - t->used;
    default:
        fail_msg("no truth of %d", (int)q);
        return 0;
    }
}

/* Nearest tick of a share of one vCPU: compared without a division of our own. */
static void assert_share(int64_t ticks, int64_t ms)
{
    int64_t T = (int64_t)lab.interval * 1000;
    int64_t off = ticks * T - ms * RATIO_SCALE;
    assert_in_range(2 * (off < 0 ? -off : off), 0, T);
}

static void check_forms(enum quantity q)
{
    int64_t total = 0, most = INT64_MIN, least = INT64_MAX;
    for (unsigned i = 0; i < lab.n; i++) {
        int64_t ms = truth_of(&lab.truth[i], q);
        assert_share(lab_get(&lab, q, FORM_INSTANCE, i), ms);
        total += ms;
        most = ms > most ? ms : most;
        least = ms < least ? ms : least;
    }
    assert_share(lab_total(&lab, q), total);
    assert_share(lab_get(&lab, q, FORM_WORST, 0), most);
    assert_share(lab_get(&lab, q, FORM_SPREAD, 0), most - least);
    assert_false(lab_has(&lab, q, FORM_INSTANCE, lab.n));
}

static void check_layers(void)
{
    int64_t b_d_i = 0, of_layer[LAYER_COUNT] = {0};
    for (enum quantity q = Q_CPU_COUNT; q <= Q_CPU_STATUS_UNMET; q++) {
        const struct quantity_info *info = quantity_info(q);
        if (info->forms & 1u << FORM_INSTANCE)
            check_forms(info->id);
        if (info->kind == KIND_PART)
            of_layer[info->layer] += lab_total(&lab, info->id);
    }
    b_d_i = of_layer[LAYER_USAGE] + of_layer[LAYER_UNMET] + of_layer[LAYER_IDLE];
    int64_t left_out = lab.options.other_wait_is_unmet ? 0 : lab_total(&lab, Q_CPU_OTHERWAIT);
    assert_int_equal(lab_total(&lab, Q_CPU_OVERHEAD), of_layer[LAYER_OVERHEAD]);
    assert_int_equal(lab_total(&lab, Q_CPU_VM_USAGE),
                     of_layer[LAYER_USAGE] + of_layer[LAYER_OVERHEAD]);
    assert_int_equal(lab_total(&lab, Q_CPU_VM_DEMAND) - lab_total(&lab, Q_CPU_UNMET),
                     lab_total(&lab, Q_CPU_VM_USAGE));
    if (lab.interval != 20)
        return;
    assert_int_equal(b_d_i, (int64_t)lab.n * RATIO_SCALE);
    assert_int_equal(lab_total(&lab, Q_CPU_UNMET), of_layer[LAYER_UNMET] - left_out);
    assert_int_equal(lab_total(&lab, Q_CPU_UNMET_SCHED) + lab_total(&lab, Q_CPU_UNMET_WAIT),
                     lab_total(&lab, Q_CPU_UNMET));
}

static void check_random(uint64_t seed, unsigned n, int32_t interval, bool other_wait)
{
    lab_init(&lab, seed, n, interval);
    lab.options.other_wait_is_unmet = other_wait;
    lab_run(&lab);
    assert_int_equal(lab.findings.rows, 1);
    assert_int_equal(lab.findings.refused + lab.findings.incomplete + lab.ntold, 0);
    lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    check_layers();
    assert_int_equal(lab_total(&lab, Q_CPU_COUNT), n);
    assert_share(lab_total(&lab, Q_CPU_SYSTEM), lab.system);
    assert_share(lab_total(&lab, Q_CPU_WORLDS_USED), lab.system + lab.worlds);
    lab_free(&lab);
}

static void test_random_states(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 600; seed++)
        check_random(seed, 1 + (unsigned)seed % 9, 20, seed % 3 != 0);
}

static void test_other_intervals(void **state)
{
    static const int32_t intervals[] = {1, 7, 60, 300, 1800, 7200, 86400};
    (void)state;
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++)
        for (uint64_t seed = 0; seed < 40; seed++)
            check_random(seed + 1000, 1 + (unsigned)seed % 5, intervals[i], seed % 2);
}

static void test_largest_vm(void **state)
{
    (void)state;
    check_random(5, LAB_VCPUS, 20, true);
    check_random(6, LAB_VCPUS, 86400, true);
}

static void test_check_values_are_the_counters(void **state)
{
    (void)state;
    lab_init(&lab, 3, 2, 20);
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_USAGE), 1000 + CPU_USAGE);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_LATENCY), 1000 + CPU_LATENCY);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_READINESS), 1000 + CPU_READINESS);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_DEMAND), 1000 + CPU_DEMAND);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_ENTITLEMENT), 1000 + CPU_ENTITLEMENT);
    assert_int_equal(lab_total(&lab, Q_CPU_COUNTER_USAGEMHZ), lab.aggregate[CPU_USAGEMHZ]);
    lab_free(&lab);
}

/* Layer C over what is known: system, used and usagemhz, each of the VM and of its one vCPU. */
static void test_overhead(void **state)
{
    enum { NO = ABSENT, NONE = -1000000 };
    static const struct {
        int64_t system, used, vcpu_used, mhz, vcpu_mhz;
        int64_t host_mhz;
        int64_t overhead, worlds, by_used, by_mhz, gap;
        int64_t reason;
    } cases[] = {
        /* both estimates: used wins */
        {100, 5500, 5000, 1236, 1200, 2400, 500, 400, 500, 300, 4800, REASON_OK},
        /* system is more than the estimate that should contain it */
        {700, 5500, 5000, 1236, 1200, 2400, 700, 0, 500, 300, 4800, REASON_OK},
        /* the estimate is below zero */
        {100, 4990, 5000, 1199, 1200, 2400, 100, 0, 0, 0, 5002, REASON_OK},
        /* frequency only */
        {100, NO, 5000, 1236, 1200, 2400, 300, 200, NONE, 300, NONE, REASON_FREQUENCY_ESTIMATE},
        {100, 5500, NO, 1236, 1200, 2400, 300, 200, NONE, 300, 4800, REASON_FREQUENCY_ESTIMATE},
        {100, 5500, -1, 1236, 1200, 2400, 300, 200, NONE, 300, 4800, REASON_FREQUENCY_ESTIMATE},
        /* the host's frequency is not known */
        {100, NO, 5000, 1236, 1200, 0, 100, NONE, NONE, NONE, NONE, REASON_SYSTEM_ONLY},
        {100, NO, NO, NO, NO, 2400, 100, NONE, NONE, NONE, NONE, REASON_SYSTEM_ONLY},
        /* no system time: it is inside the estimate, but worlds alone cannot be said */
        {NO, 5500, 5000, NO, NO, 2400, 500, NONE, 500, NONE, NONE, REASON_PART_MISSING},
        {-1, NO, 5000, 1236, 1200, 2400, 300, NONE, NONE, 300, NONE, REASON_PART_MISSING},
        {NO, NO, NO, NO, NO, 2400, NONE, NONE, NONE, NONE, NONE, REASON_COUNTER_NOT_OFFERED},
        {-1, NO, NO, 1236, NO, 2400, NONE, NONE, NONE, NONE, NONE, REASON_MISSING_SAMPLE},
        /* 2301 MHz: half a tick is rounded to the nearest */
        {0, 9000, 9000, 1037, 1035, 2301, 0, 0, 0, 17, 13, REASON_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lab_init(&lab, i, 1, 20);
        lab.mhz = (int32_t)cases[i].host_mhz;
        lab.aggregate[CPU_SYSTEM] = cases[i].system;
        lab.aggregate[CPU_USED] = cases[i].used;
        lab.aggregate[CPU_USAGEMHZ] = cases[i].mhz;
        lab.vcpu[0][CPU_USED] = cases[i].vcpu_used;
        lab.vcpu[0][CPU_USAGEMHZ] = cases[i].vcpu_mhz;
        lab_run(&lab);
        const struct {
            enum quantity q;
            int64_t want;
        } wants[] = {{Q_CPU_OVERHEAD, cases[i].overhead},
                     {Q_CPU_WORLDS, cases[i].worlds},
                     {Q_CPU_WORLDS_USED, cases[i].by_used},
                     {Q_CPU_WORLDS_MHZ, cases[i].by_mhz},
                     {Q_CPU_KERNEL_GAP, cases[i].gap}};
        for (size_t k = 0; k < sizeof wants / sizeof *wants; k++) {
            if (wants[k].want == NONE)
                assert_false(lab_has(&lab, wants[k].q, FORM_TOTAL, 0));
            else
                assert_int_equal(lab_total(&lab, wants[k].q), wants[k].want);
        }
        lab_reasons(&lab, REASON_OK, (enum reason)cases[i].reason, REASON_OK);
        assert_int_equal(lab_has(&lab, Q_CPU_VM_USAGE, FORM_TOTAL, 0), cases[i].overhead != NONE);
        assert_int_equal(lab_has(&lab, Q_CPU_VM_DEMAND, FORM_TOTAL, 0), cases[i].overhead != NONE);
        assert_int_equal(lab_has(&lab, Q_CPU_UNMET, FORM_TOTAL, 0), true);
        lab_free(&lab);
    }
}

static void test_system_per_vcpu_is_summed(void **state)
{
    (void)state;
    lab_init(&lab, 1, 3, 20);
    for (unsigned i = 0; i < 3; i++)
        lab.vcpu[i][CPU_SYSTEM] = 10 + i;
    lab.aggregate[CPU_SYSTEM] = 77;
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_CPU_SYSTEM), 33);
    lab.vcpu[1][CPU_SYSTEM] = -1;
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_CPU_SYSTEM), 77);
    lab_free(&lab);
}

/* Formats and the embedded store rely on it: neighbours belong together. */
static void test_catalogue_order(void **state)
{
    (void)state;
    lab_init(&lab, 9, 4, 20);
    lab_memory(&lab);
    lab_run(&lab);
    assert_true(lab_values(&lab, "cpu") > 4 && lab_values(&lab, "mem") > 4);
    for (size_t i = 1; i < lab.batch.nvalues; i++) {
        const struct layer_value *a = &lab.batch.values[i - 1], *b = &lab.batch.values[i];
        int64_t left = (int64_t)a->quantity << 32 | (int64_t)a->form << 16 | a->instance;
        int64_t right = (int64_t)b->quantity << 32 | (int64_t)b->form << 16 | b->instance;
        assert_true(left < right);
        assert_true(quantity_info((enum quantity)b->quantity)->forms & 1u << b->form);
    }
    lab_free(&lab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random_states),
        cmocka_unit_test(test_other_intervals),
        cmocka_unit_test(test_largest_vm),
        cmocka_unit_test(test_check_values_are_the_counters),
        cmocka_unit_test(test_overhead),
        cmocka_unit_test(test_system_per_vcpu_is_summed),
        cmocka_unit_test(test_catalogue_order),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
