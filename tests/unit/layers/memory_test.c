/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The memory layers: valid, incomplete, contradicting and hostile samples, and that no resource
 * stands in the way of the other.
 */
#include "layers/lab.h"

static struct lab lab;

#define B(q) ((uint64_t)1 << (q))

static int64_t raw(enum counter counter)
{
    return lab.aggregate[counter];
}

/* A VM of 4 GB with something everywhere, in KB; the spaces leave 1,000,000 untouched. */
static void pressed_vm(void)
{
    static const int64_t v[MEM_USAGE + 1] = {
        [MEM_GRANTED] = 2500000,    [MEM_ACTIVE] = 900000,    [MEM_CONSUMED] = 2300000,
        [MEM_SHARED] = 250000,      [MEM_OVERHEAD] = 57000,   [MEM_VMMEMCTL] = 400000,
        [MEM_SWAPPED] = 200000,     [MEM_COMPRESSED] = 94304, [MEM_LLSWAPUSED] = 50000,
        [MEM_SWAPINRATE] = 700,     [MEM_SWAPOUTRATE] = 30,   [MEM_DECOMPRESSIONRATE] = 80,
        [MEM_COMPRESSIONRATE] = 40, [MEM_LLSWAPINRATE] = 100, [MEM_LATENCY] = 321,
        [MEM_USAGE] = 2145,
    };
    lab_init(&lab, 1, 2, 20);
    lab.memory_bytes = (int64_t)4 << 30;
    memcpy(lab.aggregate + MEM_GRANTED, v + MEM_GRANTED, sizeof v - MEM_GRANTED * sizeof *v);
}

static void test_every_quantity(void **state)
{
    static const struct {
        enum quantity quantity;
        int64_t ticks;
    } want[] = {
        {Q_MEM_CONFIGURED, 4194304}, {Q_MEM_GRANTED, 2500000},    {Q_MEM_OVERHEAD, 57000},
        {Q_MEM_BALLOONED, 400000},   {Q_MEM_SWAPPED, 200000},     {Q_MEM_COMPRESSED, 94304},
        {Q_MEM_UNTOUCHED, 1000000},  {Q_MEM_UNMET_SPACE, 694304}, {Q_MEM_FOOTPRINT, 2357000},
        {Q_MEM_ACTIVE, 900000},      {Q_MEM_CONSUMED, 2300000},   {Q_MEM_SHARED, 250000},
        {Q_MEM_HOST_CACHE, 50000},   {Q_MEM_SWAPIN, 700},         {Q_MEM_DECOMPRESSION, 80},
        {Q_MEM_UNMET_RATE, 780},     {Q_MEM_HOST_CACHE_IN, 100},  {Q_MEM_SWAPOUT, 30},
        {Q_MEM_COMPRESSION, 40},     {Q_MEM_CONTENTION, 321},     {Q_MEM_COUNTER_USAGE, 2145},
    };
    (void)state;
    pressed_vm();
    lab_run(&lab);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++)
        assert_int_equal(lab_total(&lab, want[i].quantity), want[i].ticks);
    lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    assert_int_equal(lab_values(&lab, "mem"), Q_MEM_STATUS_UNMET - Q_MEM_CONFIGURED + 1);
    assert_int_equal(lab.ntold, 0);
    lab_free(&lab);
}

/* The parts of space add up to what is configured, to the byte. */
static void check_space(void)
{
    int64_t sum = 0;
    for (enum quantity q = Q_MEM_CONFIGURED; q <= Q_MEM_STATUS_UNMET; q++) {
        const struct quantity_info *info = quantity_info(q);
        if (info->kind == KIND_PART && info->unit == UNIT_BYTES && info->layer != LAYER_OVERHEAD)
            sum += lab_total(&lab, q);
    }
    assert_int_equal(sum, lab_total(&lab, Q_MEM_CONFIGURED));
    assert_int_equal(sum * 1024, lab.memory_bytes);
}

static void test_random_states(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 1000; seed++) {
        lab_init(&lab, seed, 1 + (unsigned)seed % 3, 20);
        lab_memory(&lab);
        lab_run(&lab);
        check_space();
        assert_int_equal(lab_total(&lab, Q_MEM_UNMET_SPACE),
                         raw(MEM_VMMEMCTL) + raw(MEM_SWAPPED) + raw(MEM_COMPRESSED));
        assert_int_equal(lab_total(&lab, Q_MEM_UNMET_RATE),
                         raw(MEM_SWAPINRATE) + raw(MEM_DECOMPRESSIONRATE));
        assert_int_equal(lab_total(&lab, Q_MEM_FOOTPRINT), raw(MEM_CONSUMED) + raw(MEM_OVERHEAD));
        lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
        assert_int_equal(lab.findings.rows, 1);
        assert_int_equal(lab.ntold, 0);
        lab_free(&lab);
    }
}

/* What goes with each counter, whether it is not offered (ABSENT) or has no sample (-1). */
static const struct {
    uint64_t lost;
    enum counter counter;
    bool usage, overhead, unmet; /* the layer that needs it */
} losses[] = {
    {B(Q_MEM_GRANTED) | B(Q_MEM_UNTOUCHED), MEM_GRANTED, true, false, false},
    {B(Q_MEM_ACTIVE), MEM_ACTIVE, false, false, false},
    {B(Q_MEM_CONSUMED) | B(Q_MEM_FOOTPRINT), MEM_CONSUMED, false, false, false},
    {B(Q_MEM_SHARED), MEM_SHARED, false, false, false},
    {B(Q_MEM_OVERHEAD) | B(Q_MEM_FOOTPRINT), MEM_OVERHEAD, false, true, false},
    {B(Q_MEM_BALLOONED) | B(Q_MEM_UNTOUCHED) | B(Q_MEM_UNMET_SPACE), MEM_VMMEMCTL, false, false,
     true},
    {B(Q_MEM_SWAPPED) | B(Q_MEM_UNTOUCHED) | B(Q_MEM_UNMET_SPACE), MEM_SWAPPED, false, false, true},
    {B(Q_MEM_COMPRESSED) | B(Q_MEM_UNTOUCHED) | B(Q_MEM_UNMET_SPACE), MEM_COMPRESSED, false, false,
     true},
    {B(Q_MEM_HOST_CACHE), MEM_LLSWAPUSED, false, false, false},
    {B(Q_MEM_SWAPIN) | B(Q_MEM_UNMET_RATE), MEM_SWAPINRATE, false, false, true},
    {B(Q_MEM_SWAPOUT), MEM_SWAPOUTRATE, false, false, false},
    {B(Q_MEM_DECOMPRESSION) | B(Q_MEM_UNMET_RATE), MEM_DECOMPRESSIONRATE, false, false, true},
    {B(Q_MEM_COMPRESSION), MEM_COMPRESSIONRATE, false, false, false},
    {B(Q_MEM_HOST_CACHE_IN), MEM_LLSWAPINRATE, false, false, false},
    {B(Q_MEM_CONTENTION), MEM_LATENCY, false, false, true},
    {B(Q_MEM_COUNTER_USAGE), MEM_USAGE, false, false, false},
};
enum { LOSSES = sizeof losses / sizeof *losses };

static void test_each_counter_missing(void **state)
{
    (void)state;
    assert_int_equal(LOSSES, MEM_USAGE + 1 - MEM_GRANTED);
    for (size_t i = 0; i < LOSSES; i++)
        for (int hole = 0; hole < 2; hole++) {
            enum reason none = hole ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED;
            pressed_vm();
            lab.aggregate[losses[i].counter] = hole ? SAMPLE_MISSING : ABSENT;
            lab_run(&lab);
            for (enum quantity q = Q_MEM_CONFIGURED; q <= Q_MEM_STATUS_UNMET; q++)
                assert_int_equal(lab_has(&lab, q, FORM_TOTAL, 0), !(losses[i].lost & B(q)));
            lab_memory_reasons(&lab, losses[i].usage ? none : REASON_OK,
                               losses[i].overhead ? none : REASON_OK,
                               losses[i].unmet ? REASON_PART_MISSING : REASON_OK);
            lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
            assert_int_equal(lab.ntold, 0);
            lab_free(&lab);
        }
}

static void test_no_part_of_unmet(void **state)
{
    (void)state;
    for (int hole = 0; hole < 2; hole++) {
        pressed_vm();
        for (size_t i = 0; i < LOSSES; i++)
            if (losses[i].unmet)
                lab.aggregate[losses[i].counter] = hole ? SAMPLE_MISSING : ABSENT;
        lab_run(&lab);
        lab_memory_reasons(&lab, REASON_OK, REASON_OK,
                           hole ? REASON_MISSING_SAMPLE : REASON_COUNTER_NOT_OFFERED);
        /* One of them that has a sample makes the layer partial again. */
        lab.aggregate[MEM_LATENCY] = 0;
        lab_run(&lab);
        lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_PART_MISSING);
        assert_int_equal(lab_total(&lab, Q_MEM_CONTENTION), 0);
        lab_free(&lab);
    }
}

static void no_memory_values(enum reason reason)
{
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_USAGE), reason);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_OVERHEAD), reason);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_UNMET), reason);
}

static void test_no_counter_at_all(void **state)
{
    (void)state;
    pressed_vm();
    for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
        lab.aggregate[c] = ABSENT;
    lab_run(&lab);
    no_memory_values(REASON_COUNTER_NOT_OFFERED);
    assert_int_equal(lab_total(&lab, Q_MEM_STATUS_QUEUE), REASON_COUNTER_NOT_OFFERED);
    assert_int_equal(lab_values(&lab, "mem"), 4 + 1); /* configured is known all the same */
    lab.memory_bytes = 0;
    lab_run(&lab);
    assert_int_equal(lab_values(&lab, "mem"), 4);
    lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);

    lab.vcpu[0][MEM_GRANTED] = 7; /* no counter of memory is of a vCPU */
    lab_run(&lab);
    no_memory_values(REASON_COUNTER_NOT_OFFERED);
    assert_int_equal(lab_values(&lab, "mem"), 4);
    lab_free(&lab);
}

static void test_configured_not_known(void **state)
{
    static const int64_t unknown[] = {0, -1, 1023, INT64_MIN, INT64_MAX};
    (void)state;
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        pressed_vm();
        lab.memory_bytes = unknown[i];
        lab_run(&lab);
        assert_false(lab_has(&lab, Q_MEM_CONFIGURED, FORM_TOTAL, 0));
        assert_false(lab_has(&lab, Q_MEM_UNTOUCHED, FORM_TOTAL, 0));
        assert_int_equal(lab_total(&lab, Q_MEM_GRANTED), 2500000);
        lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
        assert_int_equal(lab.ntold, 0);
        lab_free(&lab);
    }
}

static void expect_told(int64_t got)
{
    for (int i = 0; i < IDENTITY_COUNT; i++)
        assert_int_equal(lab.findings.broken[i], i == IDENTITY_I16);
    assert_int_equal(lab.ntold, 1);
    assert_ptr_equal(lab.told[0].entity, &lab_entity);
    assert_int_equal(lab.told[0].time.ms, 1000000);
    assert_int_equal(lab.told[0].identity, IDENTITY_I16);
    assert_int_equal(lab.told[0].vcpu, -1);
    assert_int_equal(lab.told[0].got, got);
    assert_int_equal(lab.told[0].want, 4194304);
}

/* 0.1 % of 4,194,304 KB is 4,194.304. */
static void test_i16(void **state)
{
    static const enum counter spaces[] = {MEM_GRANTED, MEM_VMMEMCTL, MEM_SWAPPED, MEM_COMPRESSED};
    static const int64_t over[] = {0, 1, 4194, 4195, 3000000};
    (void)state;
    for (size_t s = 0; s < sizeof spaces / sizeof *spaces; s++)
        for (size_t i = 0; i < sizeof over / sizeof *over; i++) {
            bool broken = over[i] > 4194;
            enum reason want = broken ? REASON_SPACES_EXCEED : REASON_OK;
            pressed_vm();
            lab.aggregate[spaces[s]] += 1000000 + over[i];
            lab_run(&lab);
            assert_int_equal(lab_total(&lab, Q_MEM_UNTOUCHED), 0);
            lab_memory_reasons(&lab, want, REASON_OK, want);
            lab_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
            assert_int_equal(lab_total(&lab, Q_MEM_GRANTED), raw(MEM_GRANTED)); /* as it came */
            assert_int_equal(lab_total(&lab, Q_MEM_UNMET_SPACE),
                             raw(MEM_VMMEMCTL) + raw(MEM_SWAPPED) + raw(MEM_COMPRESSED));
            assert_int_equal(lab.findings.rows, 1);
            if (broken)
                expect_told(4194304 + over[i]);
            else
                assert_int_equal(lab.ntold, 0);
            lab_free(&lab);
        }
}

/* What is known is too much already; the graver reason of a layer without any value stays. */
static void test_i16_with_holes(void **state)
{
    (void)state;
    pressed_vm();
    lab.aggregate[MEM_SWAPPED] = SAMPLE_MISSING;
    lab.aggregate[MEM_GRANTED] += 5000000;
    lab_run(&lab);
    expect_told(7994304);
    assert_false(lab_has(&lab, Q_MEM_UNTOUCHED, FORM_TOTAL, 0));
    lab_memory_reasons(&lab, REASON_SPACES_EXCEED, REASON_OK, REASON_SPACES_EXCEED);

    lab.aggregate[MEM_GRANTED] = SAMPLE_MISSING;
    lab.aggregate[MEM_VMMEMCTL] = 5000000;
    lab_run(&lab);
    expect_told(5094304);
    lab_memory_reasons(&lab, REASON_MISSING_SAMPLE, REASON_OK, REASON_SPACES_EXCEED);
    assert_int_equal(reason_info(REASON_SPACES_EXCEED)->status, STATUS_PARTIAL);
    lab_free(&lab);
}

/* A CPU row that is refused or incomplete carries its memory, and counts as before. */
static void test_cpu_does_not_matter(void **state)
{
    (void)state;
    pressed_vm();
    lab.vcpu[1][CPU_RUN] += 5000;
    lab_run(&lab);
    lab_empty(&lab, REASON_STATES_DO_NOT_ADD_UP);
    lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    assert_int_equal(lab_values(&lab, "mem"), Q_MEM_STATUS_UNMET - Q_MEM_CONFIGURED + 1);
    check_space();
    assert_int_equal(lab.findings.refused, 1);
    assert_int_equal(lab.findings.rows + lab.findings.incomplete, 0);

    pressed_vm();
    for (int c = 0; c < MEM_GRANTED; c++)
        lab.aggregate[c] = lab.vcpu[0][c] = lab.vcpu[1][c] = ABSENT;
    lab_run(&lab);
    lab_empty(&lab, REASON_COUNTER_NOT_OFFERED);
    lab_memory_reasons(&lab, REASON_OK, REASON_OK, REASON_OK);
    check_space();
    assert_int_equal(lab.findings.incomplete, 1);
    assert_int_equal(lab.findings.rows + lab.findings.refused, 0);
    lab_free(&lab);
}

/* The same CPU with and without memory: value for value the same. */
static void test_memory_does_not_matter(void **state)
{
    static struct layer_value before[4096];
    (void)state;
    for (int broken = 0; broken < 2; broken++) {
        pressed_vm();
        for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
            lab.aggregate[c] = ABSENT;
        lab_run(&lab);
        size_t n = lab_values(&lab, "cpu");
        assert_in_range(n, 5, sizeof before / sizeof *before);
        for (size_t i = 0; i < n; i++)
            before[i] = lab.batch.values[i];
        pressed_vm();
        if (broken)
            lab.aggregate[MEM_GRANTED] = (int64_t)1 << 40;
        lab_run(&lab);
        assert_int_equal(lab_values(&lab, "cpu"), n);
        for (size_t i = 0; i < n; i++) {
            const struct layer_value *a = &before[i], *b = &lab.batch.values[i];
            assert_true(a->ticks == b->ticks && a->quantity == b->quantity && a->form == b->form &&
                        a->instance == b->instance);
        }
        assert_int_equal(lab.findings.rows, 1);
        lab_free(&lab);
    }
}

static void test_hostile_values(void **state)
{
    static const int64_t no_sample[] = {-2, INT64_MIN, INT64_MAX, ((int64_t)1 << 40) + 1};
    (void)state;
    for (size_t i = 0; i < sizeof no_sample / sizeof *no_sample; i++) {
        pressed_vm();
        for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
            lab.aggregate[c] = no_sample[i];
        lab_run(&lab);
        no_memory_values(REASON_MISSING_SAMPLE);
        assert_int_equal(lab_values(&lab, "mem"), 4 + 1);
        lab_free(&lab);
    }
    pressed_vm(); /* the largest values that count: no overflow, and exact in a double */
    for (int c = MEM_GRANTED; c <= MEM_USAGE; c++)
        lab.aggregate[c] = (int64_t)1 << 40;
    lab_run(&lab);
    expect_told((int64_t)4 << 40);
    for (size_t i = 0; i < lab.batch.nvalues; i++) {
        const struct layer_value *value = &lab.batch.values[i];
        const struct quantity_info *info = quantity_info((enum quantity)value->quantity);
        if (info->unit == UNIT_BYTES)
            assert_true((int64_t)quantity_value(info, value->ticks) / 1024 == value->ticks);
    }
    lab_free(&lab);
}

/* Each time by its own values; a second series of a counter and those of instances do not count. */
static void test_block_of_times(void **state)
{
    static const struct server_time times[3] = {{1000}, {21000}, {41000}};
    static const int32_t intervals[3] = {20, 20, 20};
    static const int64_t granted[3] = {100, SAMPLE_MISSING, 300}, noise[3] = {1, 2, 3};
    static const struct sample_series series[] = {{MEM_GRANTED, "0", noise},
                                                  {MEM_GRANTED, "", granted},
                                                  {MEM_GRANTED, "", noise},
                                                  {(enum counter)COUNTER_COUNT, "", noise}};
    const struct sample_block block = {.entity = &lab_entity,
                                       .memory_bytes = 1 << 20,
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
    assert_int_equal(findings.incomplete, 3);
    for (size_t i = 0; i < 3; i++) {
        const struct layer_row *row = &batch.rows[i];
        assert_int_equal(row_find(&batch, row, Q_MEM_GRANTED, FORM_TOTAL, 0, &ticks), i != 1);
        if (i != 1)
            assert_int_equal(ticks, granted[i]);
        assert_true(row_find(&batch, row, Q_MEM_STATUS_USAGE, FORM_TOTAL, 0, &ticks));
        assert_int_equal(ticks, i == 1 ? REASON_MISSING_SAMPLE : REASON_OK);
        assert_true(row_find(&batch, row, Q_MEM_CONFIGURED, FORM_TOTAL, 0, &ticks));
        assert_int_equal(ticks, 1024);
    }
    row_batch_free(&batch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_quantity),
        cmocka_unit_test(test_random_states),
        cmocka_unit_test(test_each_counter_missing),
        cmocka_unit_test(test_no_part_of_unmet),
        cmocka_unit_test(test_no_counter_at_all),
        cmocka_unit_test(test_configured_not_known),
        cmocka_unit_test(test_i16),
        cmocka_unit_test(test_i16_with_holes),
        cmocka_unit_test(test_cpu_does_not_matter),
        cmocka_unit_test(test_memory_does_not_matter),
        cmocka_unit_test(test_hostile_values),
        cmocka_unit_test(test_block_of_times),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
