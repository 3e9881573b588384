/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Layer A and what else the guest says: which report speaks for a sample, which source for a
 * quantity, each quantity by hand, and what a lying guest can do (nothing).
 */
#include <limits.h>

#include "layers/guest_model.h"
#include "layers/lab.h"

enum { NOW = 10000000, NO_REPORT = -1, REPORTS = 4, TIMES = 4, SERIES = 8 };

static struct {
    struct guest_report reports[REPORTS];
    struct server_time times[TIMES];
    int32_t intervals[TIMES];
    int64_t values[SERIES][TIMES];
    struct sample_series series[SERIES];
    struct sample_block block;
    struct row_batch batch;
} bench;

static void clear(void)
{
    row_batch_free(&bench.batch);
    memset(&bench, 0, sizeof bench);
    row_batch_init(&bench.batch);
    bench.times[0].ms = NOW;
    bench.intervals[0] = 20;
    bench.block = (struct sample_block){
        .guest_counters = true,
        .entity = &lab_entity,
        .guest = {.capacity = -1, .free = -1, .reports = bench.reports},
        .ntimes = 1,
        .times = bench.times,
        .intervals = bench.intervals,
        .series = bench.series,
    };
}

static struct guest_text *add_report(int64_t received_ms, int32_t interval_s)
{
    struct guest_report *report = &bench.reports[bench.block.guest.nreports++];
    report->received.ms = received_ms;
    report->text.interval_s = interval_s;
    return &report->text;
}

static void say(struct guest_text *text, enum guest_field field, int64_t milli)
{
    text->known |= 1u << field;
    text->milli[field] = milli;
}

static void add_counter(enum counter counter, const char *instance, int64_t value)
{
    const size_t n = bench.block.nseries++;
    bench.values[n][0] = value;
    bench.series[n] = (struct sample_series){counter, instance, bench.values[n]};
}

/* A row as the models before leave it; no guest run or granted memory if < 0. */
static void run(int64_t guest_run, int64_t granted_kb)
{
    row_batch_free(&bench.batch);
    row_batch_row(&bench.batch, &lab_entity, bench.times[0], 20);
    if (guest_run >= 0)
        row_batch_value(&bench.batch, Q_CPU_GUEST_RUN, FORM_TOTAL, 0, guest_run);
    if (granted_kb >= 0)
        row_batch_value(&bench.batch, Q_MEM_GRANTED, FORM_TOTAL, 0, granted_kb);
    guest_layers(&bench.block, 0, &bench.batch);
    assert_true(row_batch_ok(&bench.batch));
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

/* A quantity of the disk and network models is asked for apart. */
static bool part(enum quantity q, int64_t *ret)
{
    if (q >= Q_CPU_RUN_QUEUE)
        return row_find(&bench.batch, &bench.batch.rows[0], q, FORM_TOTAL, 0, ret);
    assert_false(has(q));
    return guest_part(&bench.block, 0, q, ret);
}

static void expect_part(enum quantity q, int64_t want)
{
    int64_t ticks = 0, again = 0;
    if (!part(q, &ticks))
        fail_msg("no %s", quantity_info(q)->name);
    assert_int_equal(ticks, want);
    assert_true(guest_part(&bench.block, 0, q, &again)); /* of each the same */
    assert_int_equal(again, want);
}

static void expect_no_part(enum quantity q)
{
    int64_t ticks = 77;
    assert_false(part(q, &ticks));
    assert_false(guest_part(&bench.block, 0, q, &ticks));
    assert_int_equal(ticks, 77);
}

/* By field: what a text says, and the ticks that it is. */
static const struct {
    enum quantity quantity;
    int64_t milli, ticks, max; /* max in units of the text */
} told[GUEST_FIELDS] = {
    [GUEST_RUN_QUEUE] = {Q_CPU_RUN_QUEUE, 2500, 2500, 1000000},
    [GUEST_CONTEXT_SWITCHES] = {Q_CPU_CONTEXT_SWITCHES, 15300250, 15300250, 1000000000},
    [GUEST_PAGE_IN] = {Q_MEM_PAGE_IN, 21, 22, (int64_t)1 << 40},         /* 21.504 bytes/s */
    [GUEST_PAGE_OUT] = {Q_MEM_PAGE_OUT, 12345, 12641, (int64_t)1 << 40}, /* 12641.28 bytes/s */
    [GUEST_SWAP_USED] = {Q_MEM_GUEST_SWAP_USED, 500, 512, (int64_t)1 << 40},
    [GUEST_MEM_NEEDED] = {Q_MEM_GUEST_NEEDED, 2097152000, 2147483648, (int64_t)1 << 40},
    [GUEST_MEM_AVAILABLE] = {Q_MEM_GUEST_AVAILABLE, 6291456001, 6442450945, (int64_t)1 << 40},
    [GUEST_DISK_QUEUE] = {Q_DISK_QUEUE, 450, 450, 10000},
    [GUEST_RING_DROPS] = {Q_NET_RING_DROPS, 3000, 3000, 1000000000},
    [GUEST_DRIVER_DROPS] = {Q_NET_DRIVER_DROPS, 1, 1, 1000000000},
    [GUEST_CPU] = {Q_CPU_GUEST_CPU, 1250, 1250, 1024},
};

static void test_every_field(void **state)
{
    (void)state;
    clear();
    struct guest_text *text = add_report(NOW - 3000, 20);
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++)
        say(text, f, told[f].milli);
    run(24000, 3145728);
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++)
        expect_part(told[f].quantity, told[f].ticks);
    assert_int_equal(total(Q_CPU_GUEST_DIFFERENCE), 24000 - 25000);    /* of 20000 a vCPU */
    assert_int_equal(total(Q_MEM_GUEST_DIFFERENCE), (int64_t)1 << 30); /* 3 GiB less 2 GiB */
    assert_int_equal(total(Q_GUEST_SOURCE), 2);
    assert_int_equal(total(Q_GUEST_AGE), 3000);
    assert_false(has(Q_DISK_GUEST_CAPACITY) || has(Q_DISK_GUEST_FREE));
    /* guest run and granted, 8 fields, 2 differences, tools, heartbeat, source, age */
    assert_int_equal(bench.batch.nvalues, 2 + 8 + 2 + 4);
    for (size_t i = 1; i < bench.batch.nvalues; i++)
        assert_true(bench.batch.values[i - 1].quantity < bench.batch.values[i].quantity);
}

/* A field alone says nothing of the others. */
static void test_each_field_alone(void **state)
{
    static const enum reason none = REASON_NO_GUEST_SOURCE, yes = REASON_GUEST_VARIABLE;
    static const struct {
        enum guest_resource resource;
        bool of_a;
    } layer_a[GUEST_FIELDS] = {
        [GUEST_RUN_QUEUE] = {GUEST_VCPUS, true},
        [GUEST_CONTEXT_SWITCHES] = {0, false},
        [GUEST_PAGE_IN] = {GUEST_MEM, true},
        [GUEST_PAGE_OUT] = {GUEST_MEM, true},
        [GUEST_SWAP_USED] = {GUEST_MEM, true},
        [GUEST_MEM_NEEDED] = {0, false},
        [GUEST_MEM_AVAILABLE] = {0, false},
        [GUEST_DISK_QUEUE] = {GUEST_DISK, true},
        [GUEST_RING_DROPS] = {GUEST_NET, true},
        [GUEST_DRIVER_DROPS] = {GUEST_NET, true},
        [GUEST_CPU] = {0, false},
    };
    (void)state;
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++) {
        clear();
        say(add_report(NOW, 20), f, 0); /* none is an answer, too */
        run(0, 0);
        for (enum guest_field other = 0; other < GUEST_FIELDS; other++)
            if (other == f)
                expect_part(told[f].quantity, 0);
            else
                expect_no_part(told[other].quantity);
        for (enum guest_resource r = GUEST_VCPUS; r <= GUEST_NET; r++)
            assert_int_equal(guest_reason(&bench.block, 0, r),
                             layer_a[f].of_a && layer_a[f].resource == r ? yes : none);
        assert_int_equal(has(Q_CPU_GUEST_DIFFERENCE), f == GUEST_CPU);
        assert_int_equal(has(Q_MEM_GUEST_DIFFERENCE), f == GUEST_MEM_NEEDED);
        assert_int_equal(total(Q_GUEST_SOURCE), 2);
    }
}

static void test_differences(void **state)
{
    static const struct {
        int64_t ours, theirs, want; /* ours < 0: not in the row */
        bool known;
    } cpu[] =
        {
            {30000, 1250, 5000, true},     {20000, 1250, -5000, true}, {25000, 1250, 0, true},
            {0, 1024000, -20480000, true}, {7, 1, -13, true},          {-1, 1250, 0, false},
        },
      memory[] = {
          {2048, 1024000, 1048576, true},
          {1024, 2048000, -1048576, true},
          {1024, 1024000, 0, true},
          {0, 21, -22, true}, /* the published values differ by it */
          {(int64_t)1 << 40, 0, (int64_t)1 << 50, true},
          {0, ((int64_t)1 << 40) * 1000, -((int64_t)1 << 50), true},
          {-1, 1000, 0, false},
      };
    (void)state;
    for (size_t i = 0; i < sizeof cpu / sizeof *cpu; i++) {
        clear();
        say(add_report(NOW, 20), GUEST_CPU, cpu[i].theirs);
        run(cpu[i].ours, 0);
        assert_int_equal(has(Q_CPU_GUEST_DIFFERENCE), cpu[i].known);
        if (cpu[i].known)
            assert_int_equal(total(Q_CPU_GUEST_DIFFERENCE), cpu[i].want);
    }
    for (size_t i = 0; i < sizeof memory / sizeof *memory; i++) {
        clear();
        say(add_report(NOW, 20), GUEST_MEM_NEEDED, memory[i].theirs);
        run(0, memory[i].ours);
        assert_int_equal(has(Q_MEM_GUEST_DIFFERENCE), memory[i].known);
        if (memory[i].known)
            assert_int_equal(total(Q_MEM_GUEST_DIFFERENCE), memory[i].want);
    }
}

/* Which of the reports speaks for a sample, told by its run queue. */
static void test_choice(void **state)
{
    static const int64_t min = INT64_MIN, max = INT64_MAX;
    static const struct {
        struct {
            int64_t received;
            int32_t interval_s;
        } reports[REPORTS];
        size_t n;
        int64_t time;
        int64_t want; /* index of the report */
        int64_t age;  /* -1: none had come */
        enum reason reason;
    } cases[] = {
        {{{0, 0}}, 0, NOW, NO_REPORT, -1, REASON_NO_GUEST_SOURCE},
        {{{NOW, 20}}, 1, NOW, 0, 0, REASON_GUEST_VARIABLE},
        {{{NOW + 1, 20}}, 1, NOW, NO_REPORT, -1, REASON_NO_GUEST_SOURCE},
        {{{NOW - 60000, 20}}, 1, NOW, 0, 60000, REASON_GUEST_VARIABLE},
        {{{NOW - 60001, 20}}, 1, NOW, NO_REPORT, 60001, REASON_GUEST_STALE},
        {{{NOW - 60000, 1}}, 1, NOW, 0, 60000, REASON_GUEST_VARIABLE}, /* never before a minute */
        {{{NOW - 60001, 1}}, 1, NOW, NO_REPORT, 60001, REASON_GUEST_STALE},
        {{{NOW - 63000, 21}}, 1, NOW, 0, 63000, REASON_GUEST_VARIABLE},
        {{{NOW - 63001, 21}}, 1, NOW, NO_REPORT, 63001, REASON_GUEST_STALE},
        {{{NOW, 3600}}, 1, NOW + 10800000, 0, 10800000, REASON_GUEST_VARIABLE},
        {{{NOW, 3600}}, 1, NOW + 10800001, NO_REPORT, 10800001, REASON_GUEST_STALE},
        /* the newest that had come */
        {{{1000, 20}, {2000, 20}, {3000, 20}, {4000, 20}}, 4, 4000, 3, 0, REASON_GUEST_VARIABLE},
        {{{1000, 20}, {2000, 20}, {3000, 20}, {4000, 20}}, 4, 3999, 2, 999, REASON_GUEST_VARIABLE},
        {{{1000, 20}, {2000, 20}, {3000, 20}, {4000, 20}}, 4, 1000, 0, 0, REASON_GUEST_VARIABLE},
        {{{1000, 20}, {2000, 20}}, 2, 999, NO_REPORT, -1, REASON_NO_GUEST_SOURCE},
        {{{2000, 20}, {2000, 20}}, 2, 2000, 1, 0, REASON_GUEST_VARIABLE},
        /* an older one does not come to life again */
        {{{NOW, 3600}, {NOW + 1, 20}}, 2, NOW + 60002, NO_REPORT, 60001, REASON_GUEST_STALE},
        /* no clock can make a difference overflow */
        {{{min, 3600}}, 1, max, NO_REPORT, -1, REASON_GUEST_STALE},
        {{{min, 20}}, 1, min, 0, 0, REASON_GUEST_VARIABLE},
        {{{max, 20}}, 1, min, NO_REPORT, -1, REASON_NO_GUEST_SOURCE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clear();
        bench.times[0].ms = cases[i].time;
        for (size_t r = 0; r < cases[i].n; r++)
            say(add_report(cases[i].reports[r].received, cases[i].reports[r].interval_s),
                GUEST_RUN_QUEUE, 1000 * (int64_t)r);
        run(0, 0);
        if (cases[i].want == NO_REPORT)
            expect_no_part(Q_CPU_RUN_QUEUE);
        else
            expect_part(Q_CPU_RUN_QUEUE, 1000 * cases[i].want);
        assert_int_equal(total(Q_GUEST_SOURCE), cases[i].want == NO_REPORT ? 0 : 2);
        assert_int_equal(guest_reason(&bench.block, 0, GUEST_VCPUS), cases[i].reason);
        if (cases[i].age >= 0)
            assert_int_equal(total(Q_GUEST_AGE), cases[i].age);
        else if (cases[i].reason == REASON_NO_GUEST_SOURCE)
            assert_false(has(Q_GUEST_AGE));
    }
}

/* Samples of the past, asked again after an outage, have the reports of their own times. */
static void test_each_time_its_report(void **state)
{
    static const int64_t times[TIMES] = {20000, 40000, 60000, 200000};
    static const enum reason want[TIMES] = {REASON_NO_GUEST_SOURCE, REASON_GUEST_VARIABLE,
                                            REASON_GUEST_VARIABLE, REASON_GUEST_STALE};
    static const int64_t run_queue[TIMES] = {0, 1000, 2000, 0};
    (void)state;
    clear();
    bench.block.ntimes = TIMES;
    for (size_t t = 0; t < TIMES; t++) {
        bench.times[t].ms = times[t];
        bench.intervals[t] = 20;
    }
    say(add_report(40000, 20), GUEST_RUN_QUEUE, 1000);
    say(add_report(55000, 20), GUEST_RUN_QUEUE, 2000);
    add_counter(GUEST_COUNTER_DISK_QUEUE, "", 100);
    bench.values[0][1] = 700;
    bench.values[0][2] = SAMPLE_MISSING;
    for (size_t t = 0; t < TIMES; t++) {
        int64_t ticks = 0;
        assert_int_equal(guest_reason(&bench.block, t, GUEST_VCPUS), want[t]);
        assert_int_equal(guest_part(&bench.block, t, Q_CPU_RUN_QUEUE, &ticks),
                         want[t] == REASON_GUEST_VARIABLE);
        assert_int_equal(ticks, run_queue[t]);
        assert_int_equal(guest_part(&bench.block, t, Q_DISK_QUEUE, &ticks), t != 2);
        if (t != 2)
            assert_int_equal(ticks, 10 * bench.values[0][t]);
    }
}

/* By counter: its value, and the ticks that it is. */
static const struct {
    enum counter counter;
    enum guest_field field;
    int64_t value, ticks, max; /* the largest value that is a sample */
} counted[] = {
    {GUEST_COUNTER_RUN_QUEUE, GUEST_RUN_QUEUE, 4, 4000, 1000000},
    {GUEST_COUNTER_CONTEXT_SWITCHES, GUEST_CONTEXT_SWITCHES, 900, 900000, 1000000000},
    {GUEST_COUNTER_PAGE_IN, GUEST_PAGE_IN, 3, 3072, (int64_t)1 << 40},
    {GUEST_COUNTER_PAGE_OUT, GUEST_PAGE_OUT, 5, 5120, (int64_t)1 << 40},
    {GUEST_COUNTER_MEM_NEEDED, GUEST_MEM_NEEDED, 7, 7168, (int64_t)1 << 40},
    {GUEST_COUNTER_DISK_QUEUE, GUEST_DISK_QUEUE, 123, 1230, 1000000}, /* hundredths */
};
enum { COUNTED = sizeof counted / sizeof *counted };

static void test_counters_come_first(void **state)
{
    (void)state;
    clear();
    struct guest_text *text = add_report(NOW, 20);
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++)
        say(text, f, told[f].milli);
    for (size_t i = 0; i < COUNTED; i++)
        add_counter(counted[i].counter, "", counted[i].value);
    run(0, 10);
    assert_int_equal(COUNTED, GUEST_COUNTER_DISK_QUEUE - GUEST_COUNTER_RUN_QUEUE + 1);
    for (size_t i = 0; i < COUNTED; i++)
        expect_part(told[counted[i].field].quantity, counted[i].ticks);
    expect_part(Q_MEM_GUEST_SWAP_USED, told[GUEST_SWAP_USED].ticks); /* the rest by the report */
    expect_part(Q_CPU_GUEST_CPU, told[GUEST_CPU].ticks);
    assert_int_equal(total(Q_MEM_GUEST_DIFFERENCE), 10240 - 7168);
    assert_int_equal(total(Q_GUEST_SOURCE), 1);
    assert_int_equal(guest_reason(&bench.block, 0, GUEST_VCPUS), REASON_GUEST_COUNTERS);
    assert_int_equal(guest_reason(&bench.block, 0, GUEST_MEM), REASON_GUEST_COUNTERS);
    assert_int_equal(guest_reason(&bench.block, 0, GUEST_DISK), REASON_GUEST_COUNTERS);
    assert_int_equal(guest_reason(&bench.block, 0, GUEST_NET), REASON_GUEST_VARIABLE);
}

/* A counter's value against a report that says the same of everything; without a report, too. */
static void one_counter(size_t i, const char *instance, int64_t value, bool used)
{
    const enum quantity quantity = told[counted[i].field].quantity;
    for (int with_report = 0; with_report < 2; with_report++) {
        clear();
        if (with_report)
            say(add_report(NOW, 20), counted[i].field, told[counted[i].field].milli);
        add_counter(counted[i].counter, instance, value);
        run(0, 0);
        assert_int_equal(total(Q_GUEST_SOURCE), used ? 1 : with_report ? 2 : 0);
        int64_t ticks = -1;
        assert_int_equal(part(quantity, &ticks), used || with_report);
        if (used)
            assert_true(ticks >= 0 && (value > 0) == (ticks > 0));
        else if (with_report)
            assert_int_equal(ticks, told[counted[i].field].ticks);
    }
}

static void test_counters_without_a_sample(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNTED; i++) {
        one_counter(i, "", 0, true);
        one_counter(i, "", counted[i].max, true);
        one_counter(i, "", counted[i].max + 1, false);
        one_counter(i, "", SAMPLE_MISSING, false);
        one_counter(i, "", INT64_MAX, false);
        one_counter(i, "", INT64_MIN, false);
        one_counter(i, "0", counted[i].value, false); /* of an instance */
    }
}

static void test_foreign_counters(void **state)
{
    (void)state;
    clear();
    add_counter(NET_PNIC_TX, "", 7);
    add_counter(HOST_CORE_UTILIZATION, "", 7);
    add_counter((enum counter)COUNTER_COUNT, "", 7);
    add_counter(CPU_RUN, "", 7);
    run(0, 0);
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++)
        expect_no_part(told[f].quantity);
    expect_no_part(Q_CPU_RUN_QUEUE);
    assert_int_equal(total(Q_GUEST_SOURCE), 0);
}

/* A guest may say anything that its text can hold; what is beyond sense is no value. */
static void test_hostile_report(void **state)
{
    (void)state;
    for (enum guest_field f = 0; f < GUEST_FIELDS; f++) {
        const int64_t max = told[f].max * 1000;
        const struct {
            int64_t milli;
            bool kept;
        } cases[] = {{max, true}, {max + 1, false},   {999999999999999999, false},
                     {-1, false}, {INT64_MAX, false}, {INT64_MIN, false},
                     {0, true}};
        for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
            clear();
            say(add_report(NOW, 20), f, cases[i].milli);
            run((int64_t)1 << 36, (int64_t)1 << 40);
            if (cases[i].kept)
                expect_part(told[f].quantity, unit_is_large(quantity_info(told[f].quantity)->unit)
                                                  ? cases[i].milli / 1000 * 1024
                                                  : cases[i].milli);
            else
                expect_no_part(told[f].quantity);
        }
    }
    clear(); /* what is not marked as known is not read */
    add_report(NOW, 20)->milli[GUEST_RUN_QUEUE] = 5000;
    run(0, 0);
    expect_no_part(Q_CPU_RUN_QUEUE);
}

static void test_applications(void **state)
{
    static const int64_t milli[] = {123456000, 0, 999999999999999999, 1};
    (void)state;
    clear();
    struct guest_text *text = add_report(NOW - 60000, 20);
    text->napps = 4;
    for (size_t i = 0; i < 4; i++)
        text->apps[i] = (struct guest_app){(uint16_t)(65535 - 100 * i), "jvm.heap", milli[i]};
    run(0, 0);
    for (size_t i = 0; i < 4; i++) {
        int64_t ticks = -1;
        assert_true(row_find(&bench.batch, &bench.batch.rows[0], Q_GUEST_APP, FORM_INSTANCE,
                             (unsigned)(65535 - 100 * i), &ticks));
        assert_int_equal(ticks, milli[i]);
    }
    size_t with = bench.batch.nvalues;
    for (enum guest_resource r = GUEST_VCPUS; r <= GUEST_NET; r++)
        assert_int_equal(guest_reason(&bench.block, 0, r), REASON_NO_GUEST_SOURCE);
    bench.times[0].ms++; /* too old now */
    run(0, 0);
    assert_int_equal(with - bench.batch.nvalues, 4);
}

static void test_refused(void **state)
{
    static const struct {
        int64_t received; /* 0 = none ever came */
        enum reason reason;
    } cases[] = {
        {0, REASON_GUEST_REFUSED},
        {NOW - 60001, REASON_GUEST_REFUSED}, /* why there is no newer one */
        {NOW + 1, REASON_GUEST_REFUSED},
        {NOW - 60000, REASON_GUEST_VARIABLE},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        clear();
        bench.block.guest.refused = true;
        if (cases[i].received)
            say(add_report(cases[i].received, 20), GUEST_RUN_QUEUE, 1000);
        assert_int_equal(guest_reason(&bench.block, 0, GUEST_VCPUS), cases[i].reason);
        assert_int_equal(guest_reason(&bench.block, 0, GUEST_DISK),
                         cases[i].reason == REASON_GUEST_VARIABLE ? REASON_NO_GUEST_SOURCE
                                                                  : REASON_GUEST_REFUSED);
        add_counter(GUEST_COUNTER_RUN_QUEUE, "", 1); /* does not depend on texts */
        assert_int_equal(guest_reason(&bench.block, 0, GUEST_VCPUS), REASON_GUEST_COUNTERS);
    }
}

static void test_facts_of_the_inventory(void **state)
{
    static const struct {
        int code, want;
    } codes[] = {{0, 0}, {1, 1}, {2, 2}, {3, 3}, {4, 3}, {-1, 3}, {INT_MAX, 3}, {INT_MIN, 3}};
    static const struct {
        int64_t capacity, free, want_capacity, want_free; /* in KB; -1 = absent */
    } spaces[] = {
        {10240, 1024, 10, 1}, {10240, 0, 10, 0},
        {10240, -1, 10, -1},  {-1, 1024, -1, -1},
        {0, 0, -1, -1},       {1023, 1023, 0, 0},
        {-1, -1, -1, -1},     {INT64_MAX, INT64_MAX, INT64_MAX / 1024, INT64_MAX / 1024},
    };
    (void)state;
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        clear();
        bench.block.guest.tools = codes[i].code;
        run(0, 0);
        assert_int_equal(total(Q_GUEST_TOOLS), codes[i].want);
        assert_int_equal(total(Q_GUEST_HEARTBEAT), 0);
        bench.block.guest.tools = 1;
        bench.block.guest.heartbeat = codes[i].code;
        run(0, 0);
        assert_int_equal(total(Q_GUEST_TOOLS), 1);
        assert_int_equal(total(Q_GUEST_HEARTBEAT), codes[i].want);
    }
    for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++) {
        clear();
        bench.block.guest.capacity = spaces[i].capacity;
        bench.block.guest.free = spaces[i].free;
        run(0, 0);
        assert_int_equal(has(Q_DISK_GUEST_CAPACITY), spaces[i].want_capacity >= 0);
        assert_int_equal(has(Q_DISK_GUEST_FREE), spaces[i].want_free >= 0);
        if (spaces[i].want_capacity >= 0)
            assert_int_equal(total(Q_DISK_GUEST_CAPACITY), spaces[i].want_capacity);
        if (spaces[i].want_free >= 0)
            assert_int_equal(total(Q_DISK_GUEST_FREE), spaces[i].want_free);
    }
}

/* Layer A of CPU and memory does not depend on what the hypervisor has to say. */
static void test_statuses_in_rows(void **state)
{
    static struct lab lab;
    (void)state;
    clear();
    struct guest_text *text = add_report(1000000, 20); /* the time of the lab */
    say(text, GUEST_RUN_QUEUE, 1000);
    for (int broken = 0; broken < 2; broken++) {
        lab_init(&lab, 1, 2, 20);
        lab_memory(&lab);
        lab.guest = bench.block.guest;
        lab.vcpu[0][CPU_RUN] += broken ? 10000 : 0;
        lab_run(&lab);
        assert_int_equal(lab.findings.refused, broken);
        assert_int_equal(lab_total(&lab, Q_CPU_STATUS_QUEUE), REASON_GUEST_VARIABLE);
        assert_int_equal(lab_total(&lab, Q_CPU_STATUS_USAGE),
                         broken ? REASON_STATES_DO_NOT_ADD_UP : REASON_OK);
        assert_int_equal(lab_total(&lab, Q_MEM_STATUS_QUEUE), REASON_NO_GUEST_SOURCE);
    }
    say(text, GUEST_PAGE_IN, 0);
    for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
        lab.aggregate[c] = ABSENT;
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_QUEUE), REASON_GUEST_VARIABLE);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_USAGE), REASON_COUNTER_NOT_OFFERED);
    lab.guest.refused = true; /* and the text that is there comes after the sample */
    bench.reports[0].received.ms++;
    lab_run(&lab);
    assert_int_equal(lab_total(&lab, Q_CPU_STATUS_QUEUE), REASON_GUEST_REFUSED);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_QUEUE), REASON_GUEST_REFUSED);
    lab_free(&lab);
}

/* A batch that is not whole is left alone: its last row is not ours. */
static void test_failed_batch(void **state)
{
    (void)state;
    clear();
    say(add_report(NOW, 20), GUEST_CPU, 1000);
    bench.batch.failed = true;
    guest_layers(&bench.block, 0, &bench.batch);
    assert_int_equal(bench.batch.nvalues, 0);
    clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_field),
        cmocka_unit_test(test_each_field_alone),
        cmocka_unit_test(test_differences),
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_each_time_its_report),
        cmocka_unit_test(test_counters_come_first),
        cmocka_unit_test(test_counters_without_a_sample),
        cmocka_unit_test(test_foreign_counters),
        cmocka_unit_test(test_hostile_report),
        cmocka_unit_test(test_applications),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_facts_of_the_inventory),
        cmocka_unit_test(test_statuses_in_rows),
        cmocka_unit_test(test_failed_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
