/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "journal/batch_codec.h"
#include "journal/some_rows.h"

static void assert_same_entity(const struct entity *a, const struct entity *b)
{
    assert_string_equal(a->vcenter_uuid, b->vcenter_uuid);
    for (int i = 0; i < LABEL_COUNT; i++)
        assert_string_equal(a->label[i], b->label[i]);
}

static void assert_same_batch(const struct row_batch *a, const struct row_batch *b)
{
    assert_int_equal(a->nrows, b->nrows);
    assert_int_equal(a->nvalues, b->nvalues);
    for (size_t i = 0; i < a->nrows; i++) {
        const struct layer_row *x = &a->rows[i], *y = &b->rows[i];
        assert_same_entity(x->entity, y->entity);
        assert_int_equal(x->time.ms, y->time.ms);
        assert_int_equal(x->interval_s, y->interval_s);
        assert_int_equal(x->count, y->count);
        for (uint32_t k = 0; k < x->count; k++) {
            const struct layer_value *v = &a->values[x->first + k], *w = &b->values[y->first + k];
            assert_int_equal(v->ticks, w->ticks);
            assert_int_equal(v->quantity, w->quantity);
            assert_int_equal(v->instance, w->instance);
            assert_int_equal(v->form, w->form);
        }
    }
    assert_int_equal(a->nraw_counters, b->nraw_counters);
    assert_int_equal(a->nraw_instances, b->nraw_instances);
    for (size_t i = 0; i < a->nraw_counters; i++) {
        assert_string_equal(a->raw_counters[i].name, b->raw_counters[i].name);
        assert_string_equal(a->raw_counters[i].unit, b->raw_counters[i].unit);
    }
    for (size_t i = 0; i < a->nraw_instances; i++)
        assert_string_equal(a->raw_instances[i], b->raw_instances[i]);
}

/* Raw samples behind the values of the newest row. */
static void add_raw(struct row_batch *batch, unsigned counters, unsigned instances)
{
    char name[40];
    for (unsigned c = 0; c < counters; c++) {
        snprintf(name, sizeof name, "net.counter%u.average", c);
        unsigned counter = row_batch_raw_counter(batch, name, c % 3 ? "kiloBytes" : "number");
        for (unsigned i = 0; i < instances; i++) {
            snprintf(name, sizeof name, "vmnic%u", i);
            if (!i)
                *name = '\0';
            row_batch_raw(batch, counter, row_batch_raw_instance(batch, name), (int64_t)c * i);
        }
    }
}

struct coded {
    struct batch_encoder *encoder;
    struct buf bytes;
};

static void encode(struct coded *c, const struct row_batch *batch)
{
    c->encoder = batch_encoder_new();
    assert_non_null(c->encoder);
    buf_init(&c->bytes, CAP_JOURNAL_BLOB);
    assert_true(batch_encode(c->encoder, batch, &c->bytes));
}

static void drop(struct coded *c)
{
    batch_encoder_free(c->encoder);
    buf_free(&c->bytes);
}

static void round_trip(const struct row_batch *batch)
{
    struct coded c;
    struct row_batch back;
    encode(&c, batch);
    assert_int_equal(batch_decode(c.bytes.data, c.bytes.len, &back, NULL), BATCH_OK);
    assert_same_batch(batch, &back);
    assert_true(row_batch_ok(&back));
    row_batch_free(&back);
    drop(&c);
}

static void test_round_trips(void **state)
{
    (void)state;
    static const int sizes[] = {0, 1, 2, 63, 64, 65, 500};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct some_rows *some = some_rows_new(sizes[i], FIRST_TIME);
        round_trip(&some->batch);
        some_rows_free(some);
    }
}

/* Many rows of one entity, rows of two entities in turn, rows without values. */
static void test_entities_once(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(3, FIRST_TIME);
    for (int t = 1; t < 100; t++) {
        one_row(some, t % 3, FIRST_TIME + 20000 * t);
        row_batch_row(&some->batch, &some->entities[0], (struct server_time){-t}, 300);
    }
    round_trip(&some->batch);
    struct coded c;
    encode(&c, &some->batch);
    int names = 0;
    for (size_t i = 0; i + 5 <= c.bytes.len; i++)
        names += memcmp(c.bytes.data + i, "web 1", 5) == 0;
    assert_int_equal(names, 1);
    drop(&c);
    some_rows_free(some);
}

static void test_extremes(void **state)
{
    (void)state;
    static const int64_t values[] = {0,   1,     -1,         63,        64,        -64,
                                     -65, 20000, UINT32_MAX, INT64_MIN, INT64_MAX, 1LL << 62};
    struct some_rows *some = some_rows_new(2, INT64_MAX);
    row_batch_row(&some->batch, &some->entities[0], (struct server_time){INT64_MIN}, INT32_MIN);
    row_batch_row(&some->batch, &some->entities[0], (struct server_time){INT64_MAX}, INT32_MAX);
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        row_batch_value(&some->batch, (enum quantity)(i % 2 ? QUANTITY_RAW - 1 : 1), FORM_INSTANCE,
                        65535, values[i]);
    /* longer than the encoder's inner steps of 256 values */
    row_batch_row(&some->batch, &some->entities[1], (struct server_time){5}, 20);
    for (int i = 0; i < 5000; i++)
        row_batch_value(&some->batch, Q_CPU_READY, FORM_INSTANCE, (unsigned)i, INT64_MIN + i);
    round_trip(&some->batch);
    some_rows_free(some);
}

static void test_raw(void **state)
{
    (void)state;
    static const struct {
        unsigned counters, instances;
    } sizes[] = {{1, 1}, {0, 0}, {70, 3}, {3, 300}, {200, 40}};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct some_rows *some = some_rows_new(3, FIRST_TIME);
        for (int vm = 0; vm < 3; vm++) {
            one_row(some, vm, FIRST_TIME + 20000);
            add_raw(&some->batch, sizes[i].counters, sizes[i].instances);
        }
        assert_true(row_batch_ok(&some->batch));
        assert_int_equal(some->batch.nraw_counters, sizes[i].counters);
        assert_int_equal(some->batch.nraw_instances, sizes[i].counters ? sizes[i].instances : 0);
        round_trip(&some->batch);
        some_rows_free(some);
    }
}

/* A batch that comes out of the journal may be added to. */
static void test_raw_goes_on(void **state)
{
    (void)state;
    static const unsigned sizes[] = {1, 63, 64, 65, 100};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct some_rows *some = some_rows_new(1, FIRST_TIME);
        struct coded c;
        struct row_batch back;
        add_raw(&some->batch, sizes[i], sizes[i]);
        encode(&c, &some->batch);
        assert_int_equal(batch_decode(c.bytes.data, c.bytes.len, &back, NULL), BATCH_OK);
        add_raw(&back, sizes[i] + 5, sizes[i] + 5);
        assert_int_equal(back.nraw_counters, sizes[i] + 5);
        assert_int_equal(back.nraw_instances, sizes[i] + 5);
        add_raw(&some->batch, sizes[i] + 5, sizes[i] + 5);
        round_trip(&back);
        assert_same_batch(&some->batch, &back);
        row_batch_free(&back);
        drop(&c);
        some_rows_free(some);
    }
}

/* Two shapes with equal numbers of values, which fall on the same slot of the encoder. */
static void test_shapes_that_collide(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(0, 0);
    some->entities[0] = (struct entity){"u", {"", "", "", "", "", "m", "", "", ""}};
    for (int i = 0; i < 12; i++) {
        row_batch_row(&some->batch, &some->entities[0], (struct server_time){i}, 20);
        row_batch_value(&some->batch, i % 2 ? Q_CPU_READY : Q_CPU_IDLE, FORM_TOTAL, 0, i);
        row_batch_value(&some->batch, i % 3 ? Q_CPU_UNMET : Q_CPU_LIMIT, FORM_WORST, 0, -i);
    }
    round_trip(&some->batch);
    some_rows_free(some);
}

/* About what DESIGN.md counts on: 100 VMs of the same shape. */
static void test_is_compact(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(100, FIRST_TIME);
    struct coded c;
    encode(&c, &some->batch);
    const size_t labels = 4000; /* what differs between VMs: name, moid, uuid, and row heads */
    assert_true(c.bytes.len < labels + some->batch.nvalues * 3);
    drop(&c);
    some_rows_free(some);
}

static void test_encoder_is_reused(void **state)
{
    (void)state;
    struct some_rows *large = some_rows_new(300, FIRST_TIME), *small = some_rows_new(2, 77);
    struct coded c;
    struct row_batch back;
    encode(&c, &large->batch);
    assert_true(batch_encode(c.encoder, &small->batch, &c.bytes));
    assert_int_equal(batch_decode(c.bytes.data, c.bytes.len, &back, NULL), BATCH_OK);
    assert_same_batch(&small->batch, &back);
    row_batch_free(&back);
    drop(&c);
    some_rows_free(large);
    some_rows_free(small);
}

static void test_over_the_cap(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(100, FIRST_TIME);
    struct batch_encoder *encoder = batch_encoder_new();
    struct buf bytes;
    buf_init(&bytes, 1000);
    assert_false(batch_encode(encoder, &some->batch, &bytes));
    batch_encoder_free(encoder);
    buf_free(&bytes);
    some_rows_free(some);
}

/* Every cut and every flipped bit is noticed. */
static void test_damage(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(3, FIRST_TIME);
    struct coded c;
    struct row_batch back;
    const char *why;
    add_raw(&some->batch, 3, 4);
    encode(&c, &some->batch);
    for (size_t n = 0; n < c.bytes.len; n++) {
        why = NULL;
        assert_int_equal(batch_decode(c.bytes.data, n, &back, &why), BATCH_BROKEN);
        assert_non_null(why);
    }
    for (size_t bit = 0; bit < c.bytes.len * 8; bit++) {
        c.bytes.data[bit / 8] = (char)(c.bytes.data[bit / 8] ^ (1 << bit % 8));
        assert_int_equal(batch_decode(c.bytes.data, c.bytes.len, &back, NULL), BATCH_BROKEN);
        c.bytes.data[bit / 8] = (char)(c.bytes.data[bit / 8] ^ (1 << bit % 8));
    }
    assert_int_equal(batch_decode(NULL, 0, &back, NULL), BATCH_BROKEN);
    drop(&c);
    some_rows_free(some);
}

/* The same with a checksum that fits: a forger's bytes must not harm, whatever they decode to. */
static void test_forged(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(3, FIRST_TIME);
    struct coded c;
    add_raw(&some->batch, 3, 4);
    encode(&c, &some->batch);
    unsigned char *bytes = (unsigned char *)c.bytes.data;
    static const unsigned char masks[] = {0x01, 0x02, 0x40, 0x80, 0xff, 0x7f};
    for (size_t i = BATCH_HEAD; i < c.bytes.len; i++) {
        for (size_t m = 0; m < sizeof masks; m++) {
            struct row_batch back;
            bytes[i] ^= masks[m];
            batch_seal(bytes, c.bytes.len);
            if (batch_decode(bytes, c.bytes.len, &back, NULL) == BATCH_OK) {
                for (size_t k = 0; k < back.nrows; k++)
                    assert_true(back.rows[k].first + back.rows[k].count <= back.nvalues);
                for (size_t k = 0; k < back.nvalues; k++)
                    assert_true(back.values[k].quantity < QUANTITY_RAW ||
                                (row_raw(&back, &back.values[k]) &&
                                 back.values[k].instance < back.nraw_instances));
                row_batch_free(&back);
            }
            bytes[i] ^= masks[m];
        }
    }
    drop(&c);
    some_rows_free(some);
}

/* As a writer of that version would have; batch_seal first, for the checksum is over what follows.
 */
static void seal_as(unsigned char *bytes, size_t n, int version)
{
    batch_seal(bytes, n);
    bytes[3] = (unsigned char)version;
}

#define TEXT(text) (text), sizeof(text) - 1

static void test_hostile_heads(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
        const char *why;
    } cases[] = {
        {TEXT("\x41"), "too many labels"},
        {TEXT("\x07\xff\xff\xff\xff\x0f\x00\x00"), "count beyond the bytes"},
        {TEXT("\x07\x00\xff\xff\xff\xff\x0f\x00"), "count beyond the bytes"},
        {TEXT("\x07\x00\x00\xff\xff\xff\xff\x0f"), "count beyond the bytes"},
        {TEXT("\x07\x00\x01\x00\x00\x00\x00\x01"), "unknown entity"},
        {TEXT("\x00\x01\x01\x00\x01\x00\x00\x01\x01"), "unknown shape"},
        {TEXT("\x00\x01\x01\x00\x40x"), "text beyond the bytes"},
        {TEXT("\x00\x01\x01\x00\x00\x00\x00\x28\x05"), "unknown shape"},
        {TEXT("\x00\x01\x01\x01\x00\x00\x00\x28\x00\x01\x01\x04\x00\x00"), "form out of range"},
        {TEXT("\x00\x01\x01\x01\x00\x00\x00\x28\x00\x02\x01\x00\x00\x01\x00\x00\x00\x00"),
         "more values than promised"},
        {TEXT("\x00\x00\x00\x00\x00"), "bytes or values left over"},
        {TEXT("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01"), "cut or overlong number"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[64];
        struct row_batch back;
        const char *why = "none";
        memcpy(bytes + BATCH_HEAD, cases[i].body, cases[i].n);
        seal_as(bytes, BATCH_HEAD + cases[i].n, 1);
        assert_int_equal(batch_decode(bytes, BATCH_HEAD + cases[i].n, &back, &why), BATCH_BROKEN);
        assert_string_equal(why, cases[i].why);
    }
}

static void test_hostile_raw_tables(void **state)
{
    (void)state;
    /* labels 0, entities 1, rows 1, values 1, vcenter_uuid as before; then the raw tables */
#define HEAD "\x00\x01\x01\x01\x00"
#define ROW "\x00\x00\x28\x00\x01" /* of one value in a new shape */
    static const struct {
        const char *body;
        size_t n;
        const char *why; /* NULL = it is whole */
    } cases[] = {
        {TEXT(HEAD "\x01\x02n\x02u\x01\x02i" ROW "\x80\x80\x02\x00\x00\x02"), NULL},
        {TEXT(HEAD "\x01\x02n\x02u\x01\x02i" ROW "\x81\x80\x02\x00\x00\x02"),
         "raw sample beyond its tables"},
        {TEXT(HEAD "\x01\x02n\x02u\x01\x02i" ROW "\x80\x80\x02\x00\x01\x02"),
         "raw sample beyond its tables"},
        {TEXT(HEAD "\x01\x02n\x02u\x01\x02i" ROW "\x80\x80\x02\x01\x00\x02"),
         "raw sample beyond its tables"},
        {TEXT(HEAD "\x00\x00" ROW "\xff\xff\x03\x00\x00\x02"), "raw sample beyond its tables"},
        {TEXT(HEAD "\x01\x02n\x02u\x00" ROW "\x80\x80\x02\x00\x00\x02"),
         "raw sample beyond its tables"},
        {TEXT(HEAD "\x7f\x00\x00"), "count beyond the bytes"},
        {TEXT(HEAD "\xff\xff\xff\xff\xff\xff\xff\xff\x7f"), "count beyond the bytes"},
        {TEXT(HEAD "\x00\x7f\x00\x00"), "count beyond the bytes"},
        {TEXT(HEAD "\x01\x7fn\x00"), "text beyond the bytes"},
        {TEXT(HEAD "\x01\x02n\x02u\x01\x05i"), "text beyond the bytes"},
        {TEXT("\x00\x00\x00\x00"), "cut or overlong number"},
        {TEXT("\x00\x00\x00\x00\x00"), "cut or overlong number"},
    };
#undef HEAD
#undef ROW
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[64];
        struct row_batch back;
        const char *why = "none";
        memcpy(bytes + BATCH_HEAD, cases[i].body, cases[i].n);
        batch_seal(bytes, BATCH_HEAD + cases[i].n);
        enum batch_fault fault = batch_decode(bytes, BATCH_HEAD + cases[i].n, &back, &why);
        assert_int_equal(fault, cases[i].why ? BATCH_BROKEN : BATCH_OK);
        assert_string_equal(why, cases[i].why ? cases[i].why : "none");
        if (fault != BATCH_OK)
            continue;
        assert_string_equal(row_raw(&back, &back.values[0])->name, "n");
        assert_string_equal(row_raw(&back, &back.values[0])->unit, "u");
        assert_string_equal(back.raw_instances[back.values[0].instance], "i");
        assert_int_equal(back.values[0].ticks, 1);
        row_batch_free(&back);
    }
}

/* A table that could be real by its bytes, but has more than numbers can name. */
static void test_raw_table_too_large(void **state)
{
    (void)state;
    enum { MANY = RAW_NONE + 1 };
    static const unsigned char head[] = {0, 0, 0, 0, 0, 0x80, 0x80, 0x02}; /* MANY instances */
    const size_t n = BATCH_HEAD + sizeof head + MANY;
    unsigned char *bytes = calloc(1, n); /* each the same as the one before */
    struct row_batch back;
    const char *why = "";
    assert_non_null(bytes);
    memcpy(bytes + BATCH_HEAD, head, sizeof head);
    batch_seal(bytes, n);
    assert_int_equal(batch_decode(bytes, n, &back, &why), BATCH_BROKEN);
    assert_string_equal(why, "raw table too large");
    free(bytes);
}

/* A writer with fewer labels (older) or more (newer) is understood. */
static void test_other_numbers_of_labels(void **state)
{
    (void)state;
    static const struct {
        const char *body;
        size_t n;
    } cases[] = {
        {TEXT("\x01\x01\x01\x01" /* */ "\x02U\x02V" /* */ "\x00\x02\x28\x00\x01\x09\x00\x00\x0a")},
        {TEXT("\x08\x01\x01\x01" /* */ "\x02U\x02V\x01\x01\x01\x01\x01\x01\x04new" /* */
              "\x00\x02\x28\x00\x01\x09\x00\x00\x0a")},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char bytes[64];
        struct row_batch back;
        memcpy(bytes + BATCH_HEAD, cases[i].body, cases[i].n);
        seal_as(bytes, BATCH_HEAD + cases[i].n, 1); /* the first version is read still */
        assert_int_equal(batch_decode(bytes, BATCH_HEAD + cases[i].n, &back, NULL), BATCH_OK);
        assert_int_equal(back.nraw_counters, 0);
        assert_int_equal(back.nrows, 1);
        assert_string_equal(back.rows[0].entity->vcenter_uuid, "U");
        assert_string_equal(back.rows[0].entity->label[LABEL_VCENTER], "V");
        assert_string_equal(back.rows[0].entity->label[LABEL_UUID], "");
        assert_int_equal(back.rows[0].time.ms, 1);
        assert_int_equal(back.rows[0].interval_s, 20);
        assert_int_equal(back.values[0].quantity, 9);
        assert_int_equal(back.values[0].ticks, 5);
        row_batch_free(&back);
    }
}

static void test_unknown_version(void **state)
{
    (void)state;
    struct some_rows *some = some_rows_new(1, FIRST_TIME);
    struct coded c;
    struct row_batch back;
    const char *why = "";
    encode(&c, &some->batch);
    static const char versions[] = {BATCH_OLDEST - 1, BATCH_VERSION + 1};
    for (size_t i = 0; i < sizeof versions; i++, why = "") {
        c.bytes.data[3] = versions[i];
        assert_int_equal(batch_decode(c.bytes.data, c.bytes.len, &back, &why), BATCH_BROKEN);
        assert_string_equal(why, "unknown version");
    }
    drop(&c);
    some_rows_free(some);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_entities_once),
        cmocka_unit_test(test_extremes),
        cmocka_unit_test(test_raw),
        cmocka_unit_test(test_raw_goes_on),
        cmocka_unit_test(test_shapes_that_collide),
        cmocka_unit_test(test_is_compact),
        cmocka_unit_test(test_encoder_is_reused),
        cmocka_unit_test(test_over_the_cap),
        cmocka_unit_test(test_damage),
        cmocka_unit_test(test_forged),
        cmocka_unit_test(test_hostile_heads),
        cmocka_unit_test(test_hostile_raw_tables),
        cmocka_unit_test(test_raw_table_too_large),
        cmocka_unit_test(test_other_numbers_of_labels),
        cmocka_unit_test(test_unknown_version),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
