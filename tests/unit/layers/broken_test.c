/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Samples that are broken, incomplete, odd or hostile.
 */
#include "layers/lab.h"

#include "base/caps.h"

static struct lab lab;

/* A VM of 2 vCPUs with something in every state. */
static void quiet_vm(void)
{
    static const struct truth truth = {.guest = 5000,
                                       .overlap = 100,
                                       .contention = 900,
                                       .limit = 300,
                                       .costop = 200,
                                       .idle = 13000,
                                       .swap = 400,
                                       .other = 100,
                                       .used = 4500};
    static const int64_t v[COUNTER_COUNT] = {
        [CPU_RUN] = 5100,   [CPU_READY] = 1200,   [CPU_COSTOP] = 200,   [CPU_WAIT] = 13500,
        [CPU_IDLE] = 13000, [CPU_OVERLAP] = 100,  [CPU_SWAPWAIT] = 400, [CPU_MAXLIMITED] = 300,
        [CPU_USED] = 4500,  [CPU_USAGEMHZ] = 540,
    };
    lab_init(&lab, 1, 2, 20);
    for (int i = 0; i < 2; i++) {
        lab.truth[i] = truth;
        for (int c = 0; c <= CPU_USAGEMHZ; c++)
            lab.vcpu[i][c] = c == CPU_SYSTEM ? ABSENT : v[c];
    }
    for (int c = 0; c <= CPU_USAGEMHZ; c++)
        lab.aggregate[c] = 2 * v[c];
    lab.aggregate[CPU_SYSTEM] = 50;
    lab.aggregate[CPU_USED] += 150;
}

static void expect_told(enum identity identity, int vcpu, int64_t got, int64_t want)
{
    for (int i = 0; i < IDENTITY_COUNT; i++)
        assert_int_equal(lab.findings.broken[i], i == (int)identity);
    assert_int_equal(lab.ntold, 1);
    assert_ptr_equal(lab.told[0].entity, &lab_entity);
    assert_int_equal(lab.told[0].time.ms, 1000000);
    assert_int_equal(lab.told[0].identity, identity);
    assert_int_equal(lab.told[0].vcpu, vcpu);
    assert_int_equal(lab.told[0].got, got);
    assert_int_equal(lab.told[0].want, want);
}

static void test_the_vm_itself_is_sound(void **state)
{
    (void)state;
    quiet_vm();
    lab_run(&lab);
    assert_int_equal(lab.ntold, 0);
    lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    assert_int_equal(lab_total(&lab, Q_CPU_UNMET), 2 * 2000);
    lab_free(&lab);
}

static void test_i1_of_a_vcpu(void **state)
{
    (void)state;
    static const struct {
        int64_t off;
        bool refused;
    } cases[] = {{0, false}, {20, false}, {-20, false}, {21, true}, {-21, true}, {5000, true}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        quiet_vm();
        lab.vcpu[1][CPU_RUN] += cases[i].off;
        lab.aggregate[CPU_RUN] += cases[i].off;
        lab_run(&lab);
        assert_int_equal(lab.findings.refused, cases[i].refused);
        assert_int_equal(lab.findings.rows, !cases[i].refused);
        if (cases[i].refused) {
            lab_empty(&lab, REASON_STATES_DO_NOT_ADD_UP);
            expect_told(IDENTITY_I1, 1, 20000 + cases[i].off, 20000);
        }
        lab_free(&lab);
    }
}

/* 0.1 % of a longer interval, to the millisecond. */
static void test_i1_of_another_interval(void **state)
{
    (void)state;
    for (int64_t off = 300; off <= 301; off++) {
        lab_init(&lab, 4, 1, 300);
        lab.vcpu[0][CPU_WAIT] += off;
        lab.aggregate[CPU_WAIT] += off;
        lab_run(&lab);
        assert_int_equal(lab.findings.refused, off == 301);
        lab_free(&lab);
    }
}

static void test_i1_of_the_vm(void **state)
{
    (void)state;
    quiet_vm();
    lab.aggregate[CPU_WAIT] += 41;
    lab_run(&lab);
    lab_empty(&lab, REASON_STATES_DO_NOT_ADD_UP);
    expect_told(IDENTITY_I1, -1, 40041, 40000);
    lab.aggregate[CPU_WAIT] -= 1; /* 0.1 % of n*T */
    lab_run(&lab);
    assert_int_equal(lab.findings.rows, 1);
    lab_free(&lab);
}

static void test_i2(void **state)
{
    static const struct {
        enum counter counter;
        bool usage, unmet;
    } cases[] = {{CPU_IDLE, false, true},
                 {CPU_SWAPWAIT, false, true},
                 {CPU_MAXLIMITED, false, true},
                 {CPU_OVERLAP, true, true}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        quiet_vm();
        int64_t sum = lab.aggregate[cases[i].counter];
        lab.aggregate[cases[i].counter] = sum - 41;
        lab_run(&lab);
        expect_told(IDENTITY_I2, -1, sum - 41, sum);
        lab_reasons(&lab, cases[i].usage ? REASON_PARTS_CONTRADICT : REASON_OK, REASON_OK,
                    cases[i].unmet ? REASON_PARTS_CONTRADICT : REASON_OK);
        assert_int_equal(lab_total(&lab, Q_CPU_UNMET), 2 * 2000); /* the vCPUs count */
        lab_free(&lab);
    }
    quiet_vm(); /* run and ready of the VM, which add up and are yet not the sums */
    lab.aggregate[CPU_RUN] += 100;
    lab.aggregate[CPU_READY] -= 100;
    lab_run(&lab);
    expect_told(IDENTITY_I2, -1, 10300, 10200);
    lab_reasons(&lab, REASON_PARTS_CONTRADICT, REASON_OK, REASON_PARTS_CONTRADICT);
    lab_free(&lab);
}

/* I3 to I5: a part larger than what it is part of is published as it came, its counterpart as 0. */
static void test_i3_to_i5(void **state)
{
    static const struct {
        enum identity identity;
        enum counter part;
        int64_t whole;
        enum quantity published, clamped;
        bool usage;
    } cases[] = {
        {IDENTITY_I3, CPU_IDLE, 13500, Q_CPU_IDLE, Q_CPU_OTHERWAIT, false},
        {IDENTITY_I4, CPU_MAXLIMITED, 1200, Q_CPU_LIMIT, Q_CPU_READY, false},
        {IDENTITY_I5, CPU_OVERLAP, 5100, Q_CPU_OVERLAP, Q_CPU_GUEST_RUN, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        int64_t inside = cases[i].identity == IDENTITY_I3 ? 400 : 0;
        for (int64_t over = 20; over <= 21; over++) { /* within and beyond 0.1 % of T */
            quiet_vm();
            int64_t value = cases[i].whole - inside + over;
            lab.aggregate[cases[i].part] += value - lab.vcpu[0][cases[i].part];
            lab.vcpu[0][cases[i].part] = value;
            lab_run(&lab);
            assert_int_equal(lab_get(&lab, cases[i].published, FORM_INSTANCE, 0), value);
            assert_int_equal(lab_get(&lab, cases[i].clamped, FORM_INSTANCE, 0), 0);
            assert_int_equal(lab.findings.rows, 1);
            /* Totals are the sums of the parts that were published. */
            assert_int_equal(lab_get(&lab, Q_CPU_UNMET_WAIT, FORM_INSTANCE, 0),
                             lab_get(&lab, Q_CPU_SWAPWAIT, FORM_INSTANCE, 0) +
                                 lab_get(&lab, Q_CPU_OTHERWAIT, FORM_INSTANCE, 0));
            if (over == 21)
                expect_told(cases[i].identity, 0, cases[i].whole + over, cases[i].whole);
            else
                assert_int_equal(lab.ntold, 0);
            enum reason want = over == 21 ? REASON_PARTS_CONTRADICT : REASON_OK;
            lab_reasons(&lab, cases[i].usage ? want : REASON_OK, REASON_OK, want);
            lab_free(&lab);
        }
    }
}

static void test_needed_counters(void **state)
{
    static const enum counter needed[] = {CPU_RUN, CPU_READY, CPU_COSTOP, CPU_WAIT};
    (void)state;
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        enum counter c = needed[i];
        quiet_vm();
        lab.vcpu[1][c] = SAMPLE_MISSING;
        lab_run(&lab);
        lab_empty(&lab, REASON_MISSING_SAMPLE);
        assert_int_equal(lab.findings.incomplete, 1);
        assert_int_equal(lab.findings.rows + lab.findings.refused, 0);

        quiet_vm();
        lab.vcpu[0][c] = ABSENT; /* one vCPU's series is not there: of run, the others remain */
        lab_run(&lab);
        lab_empty(&lab, REASON_MISSING_SAMPLE);

        quiet_vm();
        lab.vcpu[0][c] = lab.vcpu[1][c] = lab.aggregate[c] = ABSENT;
        lab_run(&lab);
        lab_empty(&lab, REASON_COUNTER_NOT_OFFERED);

        quiet_vm();
        lab.aggregate[c] = SAMPLE_MISSING; /* not needed: the vCPUs say it all */
        lab_run(&lab);
        lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
        lab_free(&lab);
    }
}

#define B(q) ((uint64_t)1 << (q))
#define OF_WAIT (B(Q_CPU_OTHERWAIT) | B(Q_CPU_UNMET_WAIT) | B(Q_CPU_UNMET) | B(Q_CPU_VM_DEMAND))

/* What cannot be said without an optional counter, and what can be said all the same. */
static void test_optional_counters(void **state)
{
    static const struct {
        enum counter counter;
        bool other_wait;
        uint64_t lost;
        enum reason usage, overhead, unmet;
    } cases[] = {
        {CPU_OVERLAP, true,
         B(Q_CPU_OVERLAP) | B(Q_CPU_UNMET_SCHED) | B(Q_CPU_UNMET) | B(Q_CPU_EFFICIENCY_LOSS),
         REASON_PART_MISSING, REASON_OK, REASON_PART_MISSING},
        {CPU_MAXLIMITED, true, B(Q_CPU_READY) | B(Q_CPU_LIMIT), REASON_OK, REASON_OK,
         REASON_PART_MISSING},
        {CPU_IDLE, true, B(Q_CPU_IDLE) | OF_WAIT, REASON_OK, REASON_OK, REASON_PART_MISSING},
        {CPU_IDLE, false, B(Q_CPU_IDLE) | B(Q_CPU_OTHERWAIT), REASON_OK, REASON_OK,
         REASON_PART_MISSING},
        {CPU_SWAPWAIT, true, B(Q_CPU_SWAPWAIT) | B(Q_CPU_OTHERWAIT), REASON_OK, REASON_OK,
         REASON_PART_MISSING},
        {CPU_SWAPWAIT, false, B(Q_CPU_SWAPWAIT) | OF_WAIT, REASON_OK, REASON_OK,
         REASON_PART_MISSING},
        {CPU_USED, true, B(Q_CPU_EFFICIENCY_LOSS) | B(Q_CPU_WORLDS_USED) | B(Q_CPU_KERNEL_GAP),
         REASON_OK, REASON_FREQUENCY_ESTIMATE, REASON_OK},
        {CPU_SYSTEM, true, B(Q_CPU_SYSTEM) | B(Q_CPU_WORLDS), REASON_OK, REASON_PART_MISSING,
         REASON_OK},
        {CPU_USAGEMHZ, true, B(Q_CPU_WORLDS_MHZ) | B(Q_CPU_KERNEL_GAP) | B(Q_CPU_COUNTER_USAGEMHZ),
         REASON_OK, REASON_OK, REASON_OK},
        {CPU_LATENCY, true, B(Q_CPU_COUNTER_LATENCY), REASON_OK, REASON_OK, REASON_OK},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (int hole = 0; hole < 2; hole++) {
            quiet_vm();
            lab.options.other_wait_is_unmet = cases[i].other_wait;
            lab_run(&lab);
            int64_t unmet = lab_total(&lab, Q_CPU_UNMET), demand = lab_total(&lab, Q_CPU_VM_DEMAND);
            int64_t waits = lab_total(&lab, Q_CPU_UNMET_WAIT);
            int64_t nothing = hole ? SAMPLE_MISSING : ABSENT;
            enum counter c = cases[i].counter;
            lab.vcpu[0][c] = lab.vcpu[1][c] = lab.aggregate[c] = nothing;
            lab_run(&lab);
            for (enum quantity q = Q_CPU_COUNT; q <= Q_CPU_STATUS_UNMET; q++)
                assert_int_equal(lab_has(&lab, q, FORM_TOTAL, 0), !(cases[i].lost & B(q)));
            lab_reasons(&lab, cases[i].usage, cases[i].overhead, cases[i].unmet);
            /* What is still said is still true. */
            if (lab_has(&lab, Q_CPU_UNMET, FORM_TOTAL, 0))
                assert_int_equal(lab_total(&lab, Q_CPU_UNMET), unmet);
            if (lab_has(&lab, Q_CPU_UNMET_WAIT, FORM_TOTAL, 0))
                assert_int_equal(lab_total(&lab, Q_CPU_UNMET_WAIT), waits);
            if (lab_has(&lab, Q_CPU_VM_DEMAND, FORM_TOTAL, 0) && c != CPU_USED)
                assert_int_equal(lab_total(&lab, Q_CPU_VM_DEMAND), demand);
            assert_int_equal(lab_total(&lab, Q_CPU_GUEST_RUN), c == CPU_OVERLAP ? 10200 : 10000);
            lab_free(&lab);
        }
}

/* One vCPU without overlap: the VM's own counter still gives the total, nobody the worst vCPU. */
static void test_a_hole_in_one_vcpu(void **state)
{
    (void)state;
    quiet_vm();
    lab.vcpu[1][CPU_OVERLAP] = SAMPLE_MISSING;
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_CPU_OVERLAP), 200);
    assert_int_equal(lab_total(&lab, Q_CPU_GUEST_RUN), 10000);
    assert_int_equal(lab_total(&lab, Q_CPU_UNMET), 4000);
    assert_int_equal(lab_get(&lab, Q_CPU_OVERLAP, FORM_INSTANCE, 0), 100);
    assert_int_equal(lab_get(&lab, Q_CPU_GUEST_RUN, FORM_INSTANCE, 0), 5000);
    assert_int_equal(lab_get(&lab, Q_CPU_GUEST_RUN, FORM_INSTANCE, 1), 5100);
    assert_false(lab_has(&lab, Q_CPU_OVERLAP, FORM_INSTANCE, 1));
    assert_false(lab_has(&lab, Q_CPU_OVERLAP, FORM_WORST, 0));
    assert_false(lab_has(&lab, Q_CPU_OVERLAP, FORM_SPREAD, 0));
    lab_reasons(&lab, REASON_PART_MISSING, REASON_OK, REASON_PART_MISSING);

    lab.aggregate[CPU_OVERLAP] = SAMPLE_MISSING;
    lab_run(&lab);
    assert_false(lab_has(&lab, Q_CPU_OVERLAP, FORM_TOTAL, 0));
    assert_int_equal(lab_total(&lab, Q_CPU_GUEST_RUN), 5000 + 5100);
    lab_free(&lab);
}

static void aggregate_only(void)
{
    quiet_vm();
    for (int i = 0; i < 2; i++)
        for (int c = 0; c < COUNTER_COUNT; c++)
            lab.vcpu[i][c] = ABSENT;
}

static void test_aggregate_only(void **state)
{
    (void)state;
    aggregate_only();
    lab_run(&lab);
    lab_reasons(&lab, REASON_NO_VCPU_INSTANCES, REASON_SYSTEM_ONLY, REASON_NO_VCPU_INSTANCES);
    assert_int_equal(lab_total(&lab, Q_CPU_GUEST_RUN), 10000);
    assert_int_equal(lab_total(&lab, Q_CPU_UNMET), 4000);
    assert_int_equal(lab_total(&lab, Q_CPU_IDLE), 26000);
    assert_int_equal(lab_total(&lab, Q_CPU_OVERHEAD), 50);
    assert_int_equal(lab_total(&lab, Q_CPU_VM_DEMAND), 10000 + 4000 + 50);
    assert_false(lab_has(&lab, Q_CPU_COUNT, FORM_TOTAL, 0));
    assert_false(lab_has(&lab, Q_CPU_EFFICIENCY_LOSS, FORM_TOTAL, 0)); /* used holds more there */
    for (size_t i = 0; i < lab.batch.nvalues; i++)
        assert_int_equal(lab.batch.values[i].form, FORM_TOTAL);

    lab.aggregate[CPU_RUN] += 41; /* nearest multiple of T: 40,000 */
    lab_run(&lab);
    lab_empty(&lab, REASON_STATES_DO_NOT_ADD_UP);
    expect_told(IDENTITY_I1, -1, 40041, 40000);
    lab.aggregate[CPU_RUN] -= 82; /* also from below */
    lab_run(&lab);
    expect_told(IDENTITY_I1, -1, 39959, 40000);
    lab.aggregate[CPU_RUN] += 1;
    lab_run(&lab);
    assert_int_equal(lab.findings.rows, 1);

    aggregate_only();
    lab.aggregate[CPU_IDLE] = 27000 - 800 + 41;
    lab_run(&lab);
    expect_told(IDENTITY_I3, -1, 27041, 27000);
    lab_reasons(&lab, REASON_NO_VCPU_INSTANCES, REASON_SYSTEM_ONLY, REASON_PARTS_CONTRADICT);

    aggregate_only();
    for (int c = 0; c <= MEM_USAGE; c++)
        lab.aggregate[c] = 0;
    lab_run(&lab);
    lab_empty(&lab, REASON_STATES_DO_NOT_ADD_UP);
    expect_told(IDENTITY_I1, -1, 0, 20000);
    lab_free(&lab);
}

static void test_hostile_values(void **state)
{
    static const int64_t values[] = {-2, INT64_MIN, INT64_MAX, ((int64_t)1 << 36) + 1};
    static const int32_t intervals[] = {0, -20, INT32_MIN, INT32_MAX, 86401};
    (void)state;
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (int c = 0; c < MEM_GRANTED; c++) {
            quiet_vm();
            lab.vcpu[0][c] = lab.aggregate[c] = values[i];
            lab_run(&lab); /* no value is taken for a sample */
            for (size_t k = 0; k < lab.batch.nvalues; k++)
                assert_in_range(lab.batch.values[k].ticks + 100000, 0, 200000);
            lab_free(&lab);
        }
    for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
        quiet_vm();
        lab.interval = intervals[i];
        lab_run(&lab);
        lab_empty(&lab, REASON_MISSING_SAMPLE);
        lab_free(&lab);
    }
    quiet_vm(); /* the largest values that count: no overflow, whatever comes of it */
    for (int c = 0; c < MEM_GRANTED; c++)
        lab.vcpu[0][c] = lab.vcpu[1][c] = lab.aggregate[c] = (int64_t)1 << 36;
    lab_run(&lab);
    assert_int_equal(lab.findings.refused, 1);
    lab.interval = 86400;
    for (int i = 0; i < 2; i++) {
        lab.vcpu[i][CPU_RUN] = 86400000;
        lab.vcpu[i][CPU_READY] = lab.vcpu[i][CPU_COSTOP] = lab.vcpu[i][CPU_WAIT] = 0;
    }
    lab.aggregate[CPU_RUN] = 172800000;
    lab.aggregate[CPU_READY] = lab.aggregate[CPU_COSTOP] = lab.aggregate[CPU_WAIT] = 0;
    lab.mhz = 1;
    lab_run(&lab);
    assert_int_equal(lab.findings.rows, 1);
    lab_free(&lab);
}

/* A vCPU of which the server has lost one series: the others alone are not the VM. */
static void test_lost_series(void **state)
{
    static const enum counter states[] = {CPU_RUN, CPU_READY, CPU_COSTOP, CPU_WAIT};
    static const struct server_time time = {1000};
    static const int32_t interval = 20;
    static const int64_t run = 5000, zero = 0, wait = 15000;
    (void)state;
    for (size_t lost = 0; lost < 4; lost++) {
        struct sample_series series[8];
        size_t n = 0;
        for (size_t i = 0; i < 8; i++) {
            const enum counter counter = states[i / 2];
            const int64_t *value = counter == CPU_RUN ? &run : counter == CPU_WAIT ? &wait : &zero;
            if (i != 2 * lost + 1)
                series[n++] = (struct sample_series){counter, i % 2 ? "1" : "0", value};
        }
        const struct sample_block block = {.entity = &lab_entity,
                                           .ntimes = 1,
                                           .times = &time,
                                           .intervals = &interval,
                                           .nseries = n,
                                           .series = series};
        struct row_batch batch;
        struct layer_findings findings = {0};
        row_batch_init(&batch);
        layers_rows(&block, &(struct layer_options){.other_wait_is_unmet = true}, &batch,
                    &findings);
        assert_int_equal(findings.incomplete, 1);
        assert_int_equal(findings.rows, 0);
        row_batch_free(&batch);
    }
}

/* Several times in one block, foreign and repeated instances beside them. */
/* A vCPU is added between two samples: -1 before. The VM's own counters tell it from a hole. */
static void test_added_vcpu(void **state)
{
    static const struct server_time times[3] = {{1000}, {21000}, {41000}};
    static const int32_t intervals[3] = {20, 20, 20};
    static const int64_t vm[3] = {20000, 40000, 40000}, zero[3] = {0, 0, 0};
    static const int64_t first[3] = {20000, 20000, 20000};
    static const int64_t added[3] = {SAMPLE_MISSING, 20000, SAMPLE_MISSING};
    static const int64_t none[3] = {SAMPLE_MISSING, 0, SAMPLE_MISSING};
    static const struct sample_series series[] = {
        {CPU_RUN, "", vm},       {CPU_READY, "", zero},   {CPU_COSTOP, "", zero},
        {CPU_WAIT, "", zero},    {CPU_RUN, "0", first},   {CPU_READY, "0", zero},
        {CPU_COSTOP, "0", zero}, {CPU_WAIT, "0", zero},   {CPU_RUN, "1", added},
        {CPU_READY, "1", none},  {CPU_COSTOP, "1", none}, {CPU_WAIT, "1", none},
    };
    static const int64_t want[3] = {1, 2, -1}; /* vCPUs; -1 = no layers */
    const struct sample_block block = {.entity = &lab_entity,
                                       .host_mhz = 2400,
                                       .ntimes = 3,
                                       .times = times,
                                       .intervals = intervals,
                                       .nseries = sizeof series / sizeof *series,
                                       .series = series};
    struct row_batch batch;
    struct layer_findings findings = {0};
    (void)state;
    row_batch_init(&batch);
    layers_rows(&block, &(struct layer_options){.other_wait_is_unmet = true}, &batch, &findings);
    for (size_t i = 0; i < 3; i++) {
        int64_t cpus = -1, status = -1;
        row_find(&batch, &batch.rows[i], Q_CPU_COUNT, FORM_TOTAL, 0, &cpus);
        assert_int_equal(cpus, want[i]);
        assert_true(row_find(&batch, &batch.rows[i], Q_CPU_STATUS_UNMET, FORM_TOTAL, 0, &status));
        assert_int_equal(status == REASON_MISSING_SAMPLE, want[i] < 0);
        assert_int_equal(row_find(&batch, &batch.rows[i], Q_CPU_COSTOP, FORM_INSTANCE, 1, &cpus),
                         want[i] == 2);
    }
    row_batch_free(&batch);
}

static void test_block_of_times(void **state)
{
    static const struct server_time times[3] = {{1000}, {21000}, {41000}};
    static const int32_t intervals[3] = {20, 20, 20};
    static const int64_t run[3] = {5000, SAMPLE_MISSING, 7000}, zero[3] = {0, 0, 0};
    static const int64_t wait[3] = {15000, 15000, 14000}, noise[3] = {1, 2, 3};
    static const struct sample_series series[] = {
        {CPU_RUN, "$cpu", noise}, {CPU_RUN, "007", noise},
        {CPU_RUN, "1024", noise}, {CPU_RUN, "0", run},
        {CPU_RUN, "0", noise},    {CPU_READY, "0", zero},
        {CPU_COSTOP, "0", zero},  {CPU_WAIT, "0", wait},
        {CPU_IDLE, "1", noise},   {(enum counter)COUNTER_COUNT, "0", noise},
    };
    const struct sample_block block = {.entity = &lab_entity,
                                       .host_mhz = 2400,
                                       .ntimes = 3,
                                       .times = times,
                                       .intervals = intervals,
                                       .nseries = sizeof series / sizeof *series,
                                       .series = series};
    struct row_batch batch;
    struct layer_findings findings = {0};
    int64_t ticks;
    (void)state;
    row_batch_init(&batch);
    layers_rows(&block, &(struct layer_options){.other_wait_is_unmet = true}, &batch, &findings);
    assert_int_equal(batch.nrows, 3);
    assert_int_equal(findings.rows, 1);
    assert_int_equal(findings.incomplete, 1);
    assert_int_equal(findings.refused, 1);
    assert_int_equal(findings.broken[IDENTITY_I1], 1);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(batch.rows[i].time.ms, times[i].ms);
    assert_true(row_find(&batch, &batch.rows[0], Q_CPU_COUNT, FORM_TOTAL, 0, &ticks));
    assert_int_equal(ticks, 1);
    assert_true(row_find(&batch, &batch.rows[0], Q_CPU_GUEST_RUN, FORM_WORST, 0, &ticks));
    assert_int_equal(ticks, 5000);
    assert_false(row_find(&batch, &batch.rows[1], Q_CPU_COUNT, FORM_TOTAL, 0, &ticks));
    row_batch_free(&batch);

    const struct sample_block nothing = {.entity = &lab_entity,
                                         .host_mhz = 2400,
                                         .ntimes = 1,
                                         .times = times,
                                         .intervals = intervals};
    layers_rows(&nothing, &(struct layer_options){.other_wait_is_unmet = true}, &batch, &findings);
    assert_int_equal(batch.nrows, 1);
    assert_int_equal(batch.nvalues, 4 * 4 + 3); /* statuses; tools, heartbeat, source */
    assert_int_equal(findings.incomplete, 2);
    row_batch_free(&batch);
}

static void test_texts_of_identities(void **state)
{
    static const char *const names[IDENTITY_COUNT] = {
        "I1: ", "I2: ", "I3: ", "I4: ", "I5: ", "I16: "};
    (void)state;
    for (int i = 0; i < IDENTITY_COUNT; i++) {
        assert_memory_equal(identity_text((enum identity)i), names[i], strlen(names[i]));
        assert_string_equal(identity_unit((enum identity)i), i == IDENTITY_I16 ? "KB" : "ms");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_the_vm_itself_is_sound),
        cmocka_unit_test(test_i1_of_a_vcpu),
        cmocka_unit_test(test_i1_of_another_interval),
        cmocka_unit_test(test_i1_of_the_vm),
        cmocka_unit_test(test_i2),
        cmocka_unit_test(test_i3_to_i5),
        cmocka_unit_test(test_needed_counters),
        cmocka_unit_test(test_optional_counters),
        cmocka_unit_test(test_a_hole_in_one_vcpu),
        cmocka_unit_test(test_aggregate_only),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_lost_series),
        cmocka_unit_test(test_added_vcpu),
        cmocka_unit_test(test_block_of_times),
        cmocka_unit_test(test_texts_of_identities),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
