/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/chunk_codec.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { MANY = 400, BLOB_CAP = 1 << 20 };
#define T0 INT64_C(1637193600000) /* 2021-11-18T00:00:00Z */

static uint64_t random_state = 20;

static uint64_t random64(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

static void assert_round_trip(const struct embedded_point *points, size_t n)
{
    struct buf blob;
    buf_init(&blob, BLOB_CAP);
    chunk_encode(&blob, T0, points, n);
    assert_true(buf_ok(&blob));
    /* Exactly as large as the content, so that a sanitizer sees a read beyond it. */
    unsigned char *bytes = malloc(blob.len);
    struct embedded_point *got = malloc(n * sizeof *got);
    assert_non_null(bytes);
    assert_non_null(got);
    memcpy(bytes, blob.data, blob.len);
    assert_true(chunk_decode(bytes, blob.len, T0, n, got));
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(got[i].time.ms, points[i].time.ms);
        assert_int_equal(got[i].ticks, points[i].ticks);
    }
    /* A chunk cut anywhere, or read with another count, is not a chunk. */
    for (size_t len = 0; len < blob.len; len += 1 + blob.len / 50)
        assert_false(chunk_decode(bytes, len, T0, n, got));
    if (n > 1)
        assert_false(chunk_decode(bytes, blob.len, T0, n - 1, got));
    free(bytes);
    free(got);
    buf_free(&blob);
}

static void test_examples(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        size_t n;
        struct embedded_point points[5];
    } cases[] = {
        {"first of the hour", 1, {{{T0}, 0}}},
        {"last of the hour", 1, {{{T0 + CHUNK_MS - 1}, -1}}},
        {"both ends", 2, {{{T0}, 7}, {{T0 + CHUNK_MS - 1}, 7}}},
        {"neighbours", 3, {{{T0 + 5}, 1}, {{T0 + 6}, 2}, {{T0 + 7}, 3}}},
        {"extremes",
         5,
         {{{T0}, INT64_MIN},
          {{T0 + 20000}, INT64_MAX},
          {{T0 + 40000}, INT64_MIN},
          {{T0 + 60000}, 0},
          {{T0 + 80000}, INT64_MAX}}},
        {"a gap",
         4,
         {{{T0 + 20000}, 1}, {{T0 + 40000}, 1}, {{T0 + 1000001}, 1}, {{T0 + 1020001}, 1}}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("case %s\n", cases[i].what);
        assert_round_trip(cases[i].points, cases[i].n);
    }
}

/* Times: a grid, a grid with gaps, anything. Values: constant, small steps, rare, full range. */
static void fill(struct embedded_point *points, size_t n, unsigned times, unsigned values)
{
    int64_t time = T0 + (int64_t)(random64() % 1000), ticks = 0;
    for (size_t i = 0; i < n; i++) {
        points[i].time.ms = time;
        time += times == 0 ? 8000 : times == 1 ? 1000 * (int64_t)(1 + random64() % 8) : 0;
        if (times == 2)
            time += 1 + (int64_t)(random64() % 8000);
        if (values == 1)
            ticks += (int64_t)(random64() % 201) - 100;
        else if (values == 2)
            ticks = random64() % 10 ? 0 : (int64_t)(random64() % 20000);
        else if (values == 3)
            ticks = (int64_t)random64();
        else if (values == 4)
            ticks = random64() % 2 ? INT64_MIN : INT64_MAX;
        points[i].ticks = ticks;
    }
}

static void test_random(void **state)
{
    (void)state;
    struct embedded_point points[MANY];
    for (int round = 0; round < 3000; round++) {
        size_t n = 1 + random64() % MANY;
        fill(points, n, (unsigned)round % 3, (unsigned)round % 5);
        assert_round_trip(points, n);
    }
}

static void test_sizes(void **state)
{
    (void)state;
    struct embedded_point hour[180];
    struct buf blob;
    buf_init(&blob, BLOB_CAP);
    for (int i = 0; i < 180; i++)
        hour[i] = (struct embedded_point){{T0 + (int64_t)i * 20000}, 4};
    chunk_encode(&blob, T0, hour, 180);
    /* 0 for t0, 20000, 178 times the same; 4, 179 times the same: 2 + 3 + 3 + 1 + 3 */
    assert_int_equal(blob.len, 12);
    buf_free(&blob);
}

static void test_hostile(void **state)
{
    (void)state;
    static const struct {
        const char *what;
        const char *bytes;
        size_t len, n;
    } cases[] = {
        {"no bytes", "", 0, 1},
        {"no points", "\0\0\0\0", 4, 0},
        {"too many points", "\0\xff\xff\xff\x7f\0\xff\xff\xff\x7f", 10, CHUNK_POINTS_MAX + 1},
        {"time stands still", "\0\1\0\1", 4, 2},
        {"time goes back", "\xc8\1\xc7\1\0\1", 6, 2},
        {"before the hour", "\1\0\0", 3, 1},
        {"behind the hour", "\x80\xba\xb7\x03\0\0", 6, 1},
        {"run over the end of the times", "\0\1\0\0", 4, 1},
        {"run over the end of the values", "\0\0\0\1", 4, 1},
        {"bytes left", "\0\0\2\0", 4, 1},
        {"a varint of 11 bytes", "\0\0\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\1", 13, 1},
        {"a varint of 65 bits", "\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\2", 12, 1},
        {"a run of 2^64", "\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\xff\1", 13, 1},
    };
    struct embedded_point got[4];
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        print_message("case %s\n", cases[i].what);
        assert_false(chunk_decode(cases[i].bytes, cases[i].len, T0, cases[i].n, got));
    }
    assert_false(chunk_decode(NULL, 0, T0, 1, got));
    /* The nearest that is right: one point at the last millisecond. */
    assert_true(chunk_decode("\xfe\xb9\xb7\x03\2", 5, T0, 1, got));
    assert_int_equal(got[0].time.ms, T0 + CHUNK_MS - 1);
    assert_int_equal(got[0].ticks, 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_random),
        cmocka_unit_test(test_sizes),
        cmocka_unit_test(test_hostile),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
