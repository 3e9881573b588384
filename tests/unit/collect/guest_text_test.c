/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/caps.h"
#include "collect/guest_text.h"

#define LETTERS_32 "abcdefghijklmnopqrstuvwxyz_-0123"
#define HEAD "vstrata1 t=1732330000 i=20"

/* From a copy with nothing behind it, so that reading on is found. */
static enum guest_refusal read_bytes(const char *bytes, size_t n, struct guest_text *ret)
{
    char *exact = malloc(n ? n : 1);
    assert_non_null(exact);
    memcpy(exact, bytes, n);
    enum guest_refusal refusal = guest_text_read(exact, n, ret);
    free(exact);
    return refusal;
}

static enum guest_refusal read_text(const char *text, struct guest_text *ret)
{
    return read_bytes(text, strlen(text), ret);
}

static void reads_every_field(void **state)
{
    (void)state;
    static const struct {
        enum guest_field field;
        int64_t milli;
    } want[GUEST_FIELDS] = {
        {GUEST_RUN_QUEUE, 2000},
        {GUEST_CONTEXT_SWITCHES, 15300125},
        {GUEST_PAGE_IN, 0},
        {GUEST_PAGE_OUT, 12000},
        {GUEST_SWAP_USED, 7000},
        {GUEST_MEM_NEEDED, 2097152000},
        {GUEST_MEM_AVAILABLE, 6291456000},
        {GUEST_DISK_QUEUE, 450},
        {GUEST_RING_DROPS, 3000},
        {GUEST_DRIVER_DROPS, 50},
        {GUEST_CPU, 1250},
    };
    struct guest_text got;
    assert_int_equal(read_text(HEAD " rq=2 cs=15300.125 pgin=0 pgout=12 swap=7 need=2097152 "
                                    "avail=6291456 dq=0.45 ring=3 drv=0.05 cpu=1.25 "
                                    "app.jvm.heap_used=123456",
                               &got),
                     GUEST_OK);
    assert_int_equal(got.guest_s, 1732330000);
    assert_int_equal(got.interval_s, 20);
    assert_int_equal(got.known, (1u << GUEST_FIELDS) - 1);
    for (size_t i = 0; i < GUEST_FIELDS; i++)
        assert_int_equal(got.milli[want[i].field], want[i].milli);
    assert_int_equal(got.napps, 1);
    assert_string_equal(got.apps[0].name, "jvm.heap_used");
    assert_int_equal(got.apps[0].milli, 123456000);
    assert_int_not_equal(got.apps[0].number, 0);
}

static void what_is_left_out_is_not_known(void **state)
{
    (void)state;
    struct guest_text got;
    assert_int_equal(read_text("vstrata1  i=3600   future=abc rqq=x r= word cpu=0 t=0 ", &got),
                     GUEST_OK);
    assert_int_equal(got.guest_s, 0);
    assert_int_equal(got.interval_s, 3600);
    assert_int_equal(got.known, 1u << GUEST_CPU);
    assert_int_equal(got.milli[GUEST_RUN_QUEUE], 0);
    assert_int_equal(got.napps, 0);
}

static void each_refusal(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum guest_refusal want;
    } cases[] = {
        {"", GUEST_VERSION},
        {" ", GUEST_VERSION},
        {" " HEAD, GUEST_VERSION},
        {"vstrata", GUEST_VERSION},
        {"vstrata2 t=1 i=1", GUEST_VERSION},
        {"vstrata11 t=1 i=1", GUEST_VERSION},
        {"Vstrata1 t=1 i=1", GUEST_VERSION},
        {"vstrata1", GUEST_NO_TIME},
        {"vstrata1 t=1", GUEST_NO_TIME},
        {"vstrata1 i=1 rq=2", GUEST_NO_TIME},
        {"vstrata1 t=1 i=0", GUEST_BAD_INTERVAL},
        {"vstrata1 t=1 i=1", GUEST_OK},
        {"vstrata1 t=1 i=3600", GUEST_OK},
        {"vstrata1 t=1 i=3601", GUEST_BAD_INTERVAL},
        {"vstrata1 t=1.0 i=1", GUEST_BAD_NUMBER},
        {"vstrata1 t=1 i=20.5", GUEST_BAD_NUMBER},
        {HEAD " rq", GUEST_BAD_NUMBER},
        {HEAD " rq=", GUEST_BAD_NUMBER},
        {HEAD " rq=-1", GUEST_BAD_NUMBER},
        {HEAD " rq=+1", GUEST_BAD_NUMBER},
        {HEAD " rq=1e3", GUEST_BAD_NUMBER},
        {HEAD " rq=0x1", GUEST_BAD_NUMBER},
        {HEAD " rq=1,5", GUEST_BAD_NUMBER},
        {HEAD " rq=.5", GUEST_BAD_NUMBER},
        {HEAD " rq=5.", GUEST_BAD_NUMBER},
        {HEAD " rq=1.2.3", GUEST_BAD_NUMBER},
        {HEAD " rq==1", GUEST_BAD_NUMBER},
        {HEAD " rq=nan", GUEST_BAD_NUMBER},
        {HEAD " rq=1.234", GUEST_OK},
        {HEAD " rq=1.2345", GUEST_BAD_NUMBER},
        {HEAD " rq=999999999999999.999", GUEST_OK},
        {HEAD " rq=1000000000000000", GUEST_BAD_NUMBER},
        {HEAD " rq=0000000000000001", GUEST_BAD_NUMBER},
        {HEAD " rq=1 rq=1", GUEST_TWICE},
        {HEAD " i=20", GUEST_TWICE},
        {HEAD " t=1", GUEST_TWICE},
        {HEAD " x=1 x=1", GUEST_OK},
        {HEAD " app.a.b=1 app.a.b=2", GUEST_TWICE},
        {HEAD " app.a.b=1 app.a.c=2 app.b.b=3", GUEST_OK},
        {HEAD " app.a.b=", GUEST_BAD_NUMBER},
        {HEAD " app.a.b=-5", GUEST_BAD_NUMBER},
        {HEAD " app.a.b", GUEST_BAD_NUMBER},
        {HEAD " app.=1", GUEST_BAD_NAME},
        {HEAD " app.a=1", GUEST_BAD_NAME},
        {HEAD " app.a.=1", GUEST_BAD_NAME},
        {HEAD " app..b=1", GUEST_BAD_NAME},
        {HEAD " app.a.b.c=1", GUEST_BAD_NAME},
        {HEAD " app.a.b/c=1", GUEST_BAD_NAME},
        {HEAD " app.a\".b=1", GUEST_BAD_NAME},
        {HEAD " app." LETTERS_32 "." LETTERS_32 "=1", GUEST_OK},
        {HEAD " app." LETTERS_32 "x." LETTERS_32 "=1", GUEST_BAD_NAME},
        {HEAD " app." LETTERS_32 "." LETTERS_32 "x=1", GUEST_BAD_NAME},
        {HEAD " apple=1", GUEST_OK},
        {HEAD "\trq=1", GUEST_NOT_PRINTABLE},
        {HEAD " rq=1\n", GUEST_NOT_PRINTABLE},
        {HEAD " x=\x7f", GUEST_NOT_PRINTABLE},
        {HEAD " x=\xc3\xa4", GUEST_NOT_PRINTABLE},
        {HEAD " x=~", GUEST_OK},
    };
    struct guest_text untouched, got;
    memset(&untouched, 0x5a, sizeof untouched);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        got = untouched;
        enum guest_refusal refusal = read_text(cases[i].text, &got);
        if (refusal != cases[i].want)
            fail_msg("%s: %s", cases[i].text, guest_refusal_text(refusal));
        if (refusal != GUEST_OK)
            assert_memory_equal(&got, &untouched, sizeof got);
    }
}

static void a_zero_byte_is_no_end(void **state)
{
    (void)state;
    struct guest_text got;
    static const char text[] = HEAD "\0 rq=1";
    assert_int_equal(read_bytes(text, sizeof text - 1, &got), GUEST_NOT_PRINTABLE);
    assert_int_equal(guest_text_read(NULL, 0, &got), GUEST_VERSION);
}

static void the_largest_number_fits(void **state)
{
    (void)state;
    struct guest_text got;
    assert_int_equal(
        read_text("vstrata1 t=999999999999999 i=1 rq=999999999999999.999 cs=0.001 cpu=1.5", &got),
        GUEST_OK);
    assert_int_equal(got.guest_s, INT64_C(999999999999999));
    assert_int_equal(got.milli[GUEST_RUN_QUEUE], INT64_C(999999999999999999));
    assert_int_equal(got.milli[GUEST_CONTEXT_SWITCHES], 1);
    assert_int_equal(got.milli[GUEST_CPU], 1500);
}

static void the_longest_text(void **state)
{
    (void)state;
    struct guest_text got;
    char text[CAP_GUEST_TEXT + 1];
    memset(text, 'x', sizeof text);
    memcpy(text, HEAD " ", sizeof HEAD);
    assert_int_equal(read_bytes(text, CAP_GUEST_TEXT, &got), GUEST_OK);
    assert_int_equal(read_bytes(text, CAP_GUEST_TEXT + 1, &got), GUEST_TOO_LONG);
}

static void as_many_applications_as_promised(void **state)
{
    (void)state;
    struct guest_text got;
    char text[CAP_GUEST_TEXT] = HEAD;
    size_t n = strlen(text);
    for (int i = 0; i < GUEST_APPS; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, " app.a.v%d=%d", i, i);
    assert_int_equal(read_text(text, &got), GUEST_OK);
    assert_int_equal(got.napps, GUEST_APPS);
    for (int i = 0; i < GUEST_APPS; i++)
        assert_int_equal(got.apps[i].milli, i * 1000);
    snprintf(text + n, sizeof text - n, " app.a.v0=1");
    assert_int_equal(read_text(text, &got), GUEST_TWICE);
    snprintf(text + n, sizeof text - n, " app.a.more=1");
    assert_int_equal(read_text(text, &got), GUEST_TOO_MANY_APPS);
}

/* The name's number, as a text that has nothing else tells it. */
static uint16_t number_of(int i)
{
    struct guest_text got;
    char text[64];
    snprintf(text, sizeof text, HEAD " app.a.v%d=1", i);
    assert_int_equal(read_text(text, &got), GUEST_OK);
    return got.apps[0].number;
}

static void two_names_of_one_number(void **state)
{
    (void)state;
    static int first[UINT16_MAX + 1]; /* by number: its first name, plus one */
    int a = 0, b = 0;
    for (int i = 0; i < 5000 && !b; i++) {
        uint16_t number = number_of(i);
        assert_int_not_equal(number, 0);
        if (first[number]) {
            a = first[number] - 1;
            b = i;
        }
        first[number] = i + 1;
    }
    assert_true(b > 100); /* a hash worth the name */
    struct guest_text got;
    char text[256];
    snprintf(text, sizeof text, HEAD " app.a.v%d=1 app.a.v%d=2 app.other.one=3", a, b);
    assert_int_equal(read_text(text, &got), GUEST_OK);
    assert_int_equal(got.napps, 2);
    assert_int_equal(got.apps[0].milli, 1000);
    assert_string_equal(got.apps[1].name, "other.one");
    snprintf(text, sizeof text, HEAD " app.a.v%d=1 app.a.v%d=2 app.a.v%d=3", a, b, b);
    assert_int_equal(read_text(text, &got), GUEST_TWICE);
}

/* The number is a store's label for years: it must never change. */
static void the_number_of_a_name_is_kept(void **state)
{
    (void)state;
    struct guest_text got;
    assert_int_equal(read_text(HEAD " app.jvm.heap_used=1 app.a.b=1", &got), GUEST_OK);
    assert_int_equal(got.apps[0].number, 20756);
    assert_int_equal(got.apps[1].number, 58759);
}

static void every_refusal_has_words(void **state)
{
    (void)state;
    for (int i = 0; i < GUEST_REFUSALS; i++) {
        assert_true(strlen(guest_refusal_text((enum guest_refusal)i)) > 1);
        for (int k = 0; k < i; k++)
            assert_string_not_equal(guest_refusal_text((enum guest_refusal)i),
                                    guest_refusal_text((enum guest_refusal)k));
    }
    assert_non_null(guest_refusal_text((enum guest_refusal)1000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_every_field),
        cmocka_unit_test(what_is_left_out_is_not_known),
        cmocka_unit_test(each_refusal),
        cmocka_unit_test(a_zero_byte_is_no_end),
        cmocka_unit_test(the_largest_number_fits),
        cmocka_unit_test(the_longest_text),
        cmocka_unit_test(as_many_applications_as_promised),
        cmocka_unit_test(two_names_of_one_number),
        cmocka_unit_test(the_number_of_a_name_is_kept),
        cmocka_unit_test(every_refusal_has_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
