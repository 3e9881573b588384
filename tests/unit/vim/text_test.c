/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Texts of a peer, the guard before gSOAP, and thumbprints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"
#include "thumbprint.h"
#include "xml_guard.h"

#define BAD "\xef\xbf\xbd"

static void test_labels(void **state)
{
    static const struct {
        const char *in, *plain, *unescaped;
    } cases[] = {
        {"", "", ""},
        {"web-01", "web-01", "web-01"},
        {"a%2fb%5cc%25d", "a%2fb%5cc%25d", "a/b\\c%d"},
        {"a%2Fb%5Cc", "a%2Fb%5Cc", "a/b\\c"},
        {"%252f", "%252f", "%2f"}, /* undone once, not twice */
        {"100% %2 %20", "100% %2 %20", "100% %2 %20"},
        {"Zürich 東京 \xf0\x9f\x98\x80", "Zürich 東京 \xf0\x9f\x98\x80",
         "Zürich 東京 \xf0\x9f\x98\x80"},
        {"a\xff"
         "b",
         "a" BAD "b", "a" BAD "b"},
        {"a\tb\nc\x7f", "a b c ", "a b c "},
        {"\xc0\xaf", BAD BAD, BAD BAD},                         /* overlong */
        {"\xe0\x80\xaf", BAD BAD BAD, BAD BAD BAD},             /* overlong */
        {"\xed\xa0\x80", BAD BAD BAD, BAD BAD BAD},             /* surrogate */
        {"\xf4\x90\x80\x80", BAD BAD BAD BAD, BAD BAD BAD BAD}, /* beyond U+10FFFF */
        {"\xc2\x85", BAD BAD, BAD BAD},                         /* control character U+0085 */
        {"\xe6\x9d", BAD BAD, BAD BAD},                         /* cut */
    };
    char out[CAP_NAME + 1];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_string_equal(text_label(cases[i].in, false, out), cases[i].plain);
        assert_string_equal(text_label(cases[i].in, true, out), cases[i].unescaped);
        assert_true(text_clean(out));
    }
    assert_string_equal(text_label(NULL, true, out), "");
}

static void test_label_is_capped_at_a_character(void **state)
{
    char in[4 * CAP_NAME], out[CAP_NAME + 1];
    (void)state;
    memset(in, 'x', CAP_NAME - 1);
    snprintf(in + CAP_NAME - 1, sizeof in - CAP_NAME, "ü and more");
    assert_int_equal(strlen(text_label(in, false, out)), CAP_NAME - 1);
    for (size_t i = 0; i < CAP_NAME; i++)
        snprintf(in + 3 * i, sizeof in - 3 * i, "%%2f");
    assert_int_equal(strlen(text_label(in, true, out)), CAP_NAME);
}

static void test_clean(void **state)
{
    (void)state;
    assert_true(text_clean(""));
    assert_true(text_clean("päss w0rd<&>"));
    assert_false(text_clean("pass\n"));
    assert_false(text_clean("p\x01"
                            "ass"));
    assert_false(text_clean("p\xe4ss")); /* Latin-1 */
}

static void test_ints(void **state)
{
    static const struct {
        const char *in;
        int64_t out;
    } cases[] = {
        {"0", 0},
        {"42", 42},
        {" 42 ", 42},
        {"+7", 7},
        {"100", 100},
        {"101", -5},
        {"-1", -5},
        {"", -5},
        {"4x", -5},
        {"x", -5},
        {NULL, -5},
        {"1.5", -5},
        {"99999999999999999999", -5},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(text_int(cases[i].in, 0, 100, -5), cases[i].out);
}

static void test_guard(void **state)
{
    enum { BIG = 2 * CAP_XML_GAP + 16 };
    char *big = malloc(BIG);
    (void)state;
    assert_non_null(big);
    assert_null(xml_guard("", 0));
    assert_null(xml_guard("<a>b</a>", 8));
    assert_non_null(xml_guard("<!DOCTYPE a><a/>", 16));
    assert_non_null(xml_guard("<?xml?>\n<!DOCTYPE a><a/>", 24));
    assert_null(xml_guard("<!DOCTYP", 8)); /* no DOCTYPE, and not read beyond the end */
    assert_non_null(xml_guard("<a>\0</a>", 8));
    memset(big, 'x', BIG);
    big[0] = '<';
    big[CAP_XML_GAP + 1] = '<';
    big[BIG - 20] = '<';
    assert_null(xml_guard(big, CAP_XML_GAP + 20)); /* exactly the gap */
    big[CAP_XML_GAP + 1] = 'x';
    big[CAP_XML_GAP + 2] = '<';
    assert_non_null(xml_guard(big, CAP_XML_GAP + 20)); /* one more */
    assert_non_null(xml_guard(big, CAP_XML_GAP + 2));  /* and at the end */
    free(big);
}

static void test_thumbprints(void **state)
{
    static const char text[] = "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:"
                               "10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:FF";
    static const char *const wrong[] = {
        "",
        "00",
        "0",
        "zz",
        "00:01:",
        ":00",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EF",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFFF",
        "000102030405060708090A0B0C0D0E0F101112131415161718191A1B1C1D1EFF ",
        "A9:4A:8F:E5:CC:B1:9B:A6:1C:4C:08:73:D3:91:E9:87:98:2F:BB:D3"}; /* SHA-1 */
    struct thumbprint t;
    char out[THUMBPRINT_TEXT];
    (void)state;
    assert_true(thumbprint_parse(text, &t));
    assert_int_equal(t.bytes[1], 1);
    assert_int_equal(t.bytes[31], 255);
    assert_string_equal(thumbprint_text(&t, out), text);
    assert_true(
        thumbprint_parse("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1eff", &t));
    assert_string_equal(thumbprint_text(&t, out), text);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_false(thumbprint_parse(wrong[i], &t));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_labels), cmocka_unit_test(test_label_is_capped_at_a_character),
        cmocka_unit_test(test_clean),  cmocka_unit_test(test_ints),
        cmocka_unit_test(test_guard),  cmocka_unit_test(test_thumbprints),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
