/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Samples that are wanted as they came: behind the layers of their row, whole, and in nobody's way.
 */
#include "layers/lab.h"
#include "layers/raw.h"

static struct lab lab;
static const struct raw_info ready = {"cpu.ready.summation", "millisecond"},
                             usage = {"net.usage.average", "kiloBytesPerSecond"},
                             power = {"power.power.average", "watt"};
static const struct raw_info *wanted[LAB_SERIES + 8];

enum { TIMES = 3 };
static const struct server_time times[TIMES] = {{20000}, {40000}, {60000}};
static const int32_t intervals[TIMES] = {20, 20, 20};
static const int64_t nets[2][TIMES] = {{7, SAMPLE_MISSING, 9}, {0, 5, SAMPLE_MISSING}};

static const char *instance_of(const struct row_batch *batch, const struct layer_value *value)
{
    return batch->raw_instances[value->instance];
}

/* The sample of a row; SAMPLE_MISSING if it has none. */
static int64_t raw_of(const struct row_batch *batch, size_t row, const char *name,
                      const char *instance)
{
    const struct layer_row *r = &batch->rows[row];
    int64_t found = SAMPLE_MISSING;
    for (uint32_t i = 0; i < r->count; i++) {
        const struct layer_value *value = &batch->values[r->first + i];
        const struct raw_counter *counter = row_raw(batch, value);
        assert_int_equal(counter != NULL, i >= row_quantities(batch, r));
        if (!counter || strcmp(counter->name, name) != 0 ||
            strcmp(instance_of(batch, value), instance) != 0)
            continue;
        assert_int_equal(found, SAMPLE_MISSING); /* each once */
        assert_int_equal(value->form, FORM_TOTAL);
        found = value->ticks;
    }
    return found;
}

static void samples_come_as_they_are(void **state)
{
    (void)state;
    const struct sample_series series[] = {{COUNTER_COUNT, "4000", nets[0]},
                                           {MEM_ACTIVE, "", nets[0]},
                                           {COUNTER_COUNT, "vmnic0", nets[1]}};
    const struct raw_info *const raw[] = {&usage, NULL, &usage};
    const struct sample_block block = {.entity = &lab_entity,
                                       .ntimes = TIMES,
                                       .times = times,
                                       .intervals = intervals,
                                       .nseries = 3,
                                       .series = series,
                                       .raw = raw};
    struct layer_options options = {0};
    struct layer_findings findings = {0};
    struct row_batch batch;
    row_batch_init(&batch);
    layers_rows(&block, &options, &batch, &findings);
    assert_true(row_batch_ok(&batch));
    assert_int_equal(batch.nrows, TIMES); /* without CPU layers, too */
    assert_int_equal(findings.incomplete, TIMES);
    assert_int_equal(batch.nraw_counters, 1);
    assert_int_equal(batch.nraw_instances, 2);
    assert_string_equal(batch.raw_counters[0].unit, "kiloBytesPerSecond");
    for (size_t t = 0; t < TIMES; t++) {
        assert_int_equal(raw_of(&batch, t, usage.name, "4000"), nets[0][t]);
        assert_int_equal(raw_of(&batch, t, usage.name, "vmnic0"), nets[1][t]);
        assert_int_equal(batch.rows[t].count - row_quantities(&batch, &batch.rows[t]),
                         (nets[0][t] >= 0) + (nets[1][t] >= 0));
    }
    row_batch_free(&batch);
}

static void of_hosts_too(void **state)
{
    (void)state;
    static const struct entity host = {.vcenter_uuid = "vc",
                                       .label = {"", "", "", "", "", "", "", "host", ""}};
    const struct sample_series series[] = {{CPU_READY, "", nets[1]},
                                           {COUNTER_COUNT, "", nets[0]},
                                           {CPU_READY, "17", nets[0]},
                                           {COUNTER_COUNT, "naa.600508b1001c4d41", nets[1]}};
    const struct raw_info *const raw[] = {&ready, &power, &ready, &usage};
    const struct sample_block block = {.entity = &host,
                                       .ntimes = TIMES,
                                       .times = times,
                                       .intervals = intervals,
                                       .nseries = 4,
                                       .series = series,
                                       .raw = raw};
    struct layer_options options = {0};
    struct layer_findings findings = {0};
    struct row_batch batch;
    int64_t ticks;
    row_batch_init(&batch);
    layers_rows(&block, &options, &batch, &findings);
    for (size_t t = 0; t < TIMES; t++) {
        assert_int_equal(raw_of(&batch, t, ready.name, ""), nets[1][t]);
        assert_int_equal(raw_of(&batch, t, ready.name, "17"), nets[0][t]);
        assert_int_equal(raw_of(&batch, t, power.name, ""), nets[0][t]);
        assert_int_equal(raw_of(&batch, t, usage.name, "naa.600508b1001c4d41"), nets[1][t]);
    }
    /* The model keeps to the host as a whole. */
    assert_true(row_find(&batch, &batch.rows[1], Q_HOST_READY, FORM_TOTAL, 0, &ticks));
    assert_int_equal(ticks, nets[1][1] * RATIO_SCALE / 20000);
    row_batch_free(&batch);
}

static void rows_of(const struct sample_block *block, struct row_batch *batch)
{
    struct verdict_options judging;
    verdict_defaults(&judging);
    struct verdict *verdict = verdict_new(&judging);
    struct layer_findings findings = {0};
    const struct layer_options options = {.other_wait_is_unmet = true, .verdict = verdict};
    assert_non_null(verdict);
    row_batch_init(batch);
    layers_rows(block, &options, batch, &findings);
    assert_true(row_batch_ok(batch));
    verdict_free(verdict);
}

/* Whatever is wanted beside it, the model says the same. */
static void the_model_does_not_see_them(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed < 40; seed++) {
        lab_init(&lab, seed, 1 + (unsigned)seed % 5, 20);
        lab_memory(&lab);
        const size_t n = lab_block(&lab);
        static const int64_t big = INT64_MAX;
        for (size_t i = 0; i < n; i++)
            wanted[i] = seed % 2 ? &ready : NULL;
        for (size_t i = n; i < n + 8; i++) {
            static const char *const odd[] = {"", "0", "1", "scsi0:0", "4000", "x", "2", "3"};
            lab.series[i] = (struct sample_series){COUNTER_COUNT, odd[i - n], &big};
            wanted[i] = &power;
        }
        struct sample_block block = {.entity = &lab_entity,
                                     .memory_bytes = lab.memory_bytes,
                                     .host_mhz = lab.mhz,
                                     .ntimes = 1,
                                     .times = times,
                                     .intervals = intervals,
                                     .nseries = n,
                                     .series = lab.series};
        struct row_batch plain, raw;
        rows_of(&block, &plain);
        block.nseries = n + 8;
        block.raw = wanted;
        rows_of(&block, &raw);
        assert_int_equal(plain.rows[0].count, row_quantities(&raw, &raw.rows[0]));
        assert_int_equal(plain.rows[0].count, row_quantities(&plain, &plain.rows[0]));
        for (uint32_t i = 0; i < plain.rows[0].count; i++) {
            assert_int_equal(plain.values[i].quantity, raw.values[i].quantity);
            assert_int_equal(plain.values[i].form, raw.values[i].form);
            assert_int_equal(plain.values[i].instance, raw.values[i].instance);
            assert_int_equal(plain.values[i].ticks, raw.values[i].ticks);
        }
        assert_int_equal(raw_of(&raw, 0, power.name, "4000"), big);
        row_batch_free(&plain);
        row_batch_free(&raw);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(samples_come_as_they_are),
        cmocka_unit_test(of_hosts_too),
        cmocka_unit_test(the_model_does_not_see_them),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
