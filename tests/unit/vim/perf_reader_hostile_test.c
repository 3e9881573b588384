/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The reader of QueryPerf replies against servers that send too much of something. */
#include <time.h>

#include "perf_lab.h"

/* A reply made of a start and one part after another, until the reader has enough. */
struct flood {
    const char *name, *start;
    void (*part)(size_t i, struct buf *to);
    size_t parts;
    const char *words; /* of the failure, VIM_TOO_LARGE unless protocol is set */
    size_t at_most;    /* bytes taken before it; bounds memory with it */
    bool protocol;
};

static void numbered_attribute(size_t i, struct buf *to)
{
    buf_printf(to, " a%zu=\"\"", i);
}
static void numbered_namespace(size_t i, struct buf *to)
{
    buf_printf(to, " xmlns:a%zu=\"u\"", i);
}
static void open_tag(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "<a>");
}
static void open_known_tag(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "<value>");
}
static void letters(size_t i, struct buf *to)
{
    (void)i;
    for (int k = 0; k < 64; k++)
        buf_str(to, "aaaaaaaaaaaaaaaa");
}
static void angles(size_t i, struct buf *to)
{
    (void)i;
    for (int k = 0; k < 64; k++)
        buf_str(to, "<<<<<<<<<<<<<<<<");
}
static void commas(size_t i, struct buf *to)
{
    (void)i;
    for (int k = 0; k < 64; k++)
        buf_str(to, ",,,,,,,,,,,,,,,,");
}
static void letters_between_comments(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa<!---->");
}
static void cdata(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "<![CDATA[<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<<]]>");
}
static void comment(size_t i, struct buf *to)
{
    buf_str(to, "<!-- ");
    for (int k = 0; k < 30; k++)
        letters(i, to);
    buf_str(to, " -->");
}
static void sample(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, INFO("2021-06-14T15:00:20Z"));
}
static void empty_series(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, CSV(""));
}
static void normal_value(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "<value>1</value>");
}
static void instance_again(size_t i, struct buf *to)
{
    (void)i;
    buf_str(to, "<instance>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</instance>");
}

#define K ((size_t)1 << 10)
#define M ((size_t)1 << 20)

static const struct flood floods[] = {
    {"depth", HEAD "<returnval>", open_tag, 1000000, "element nesting over 48", 64 * K, false},
    {"depth of known names", HEAD "<returnval>", open_known_tag, 1000000, "element nesting over 48",
     64 * K, false},
    {"text of 64 MB", HEAD "<returnval><entity>", letters, 64 * K, "in one tag or text", 96 * K,
     false},
    {"attribute of 32 MB", HEAD "<returnval a=\"", letters, 32 * K, "in one tag or text", 96 * K,
     false},
    {"name of 32 MB", HEAD "<returnval", letters, 32 * K, "in one tag or text", 96 * K, false},
    {"200,000 attributes", HEAD "<returnval", numbered_attribute, 200000, "in one tag or text",
     96 * K, false},
    {"200,000 attributes at the root", "<Envelope", numbered_attribute, 200000,
     "in one tag or text", 96 * K, false},
    {"200,000 namespaces", HEAD "<returnval", numbered_namespace, 200000, "in one tag or text",
     96 * K, false},
    {"text in comments' gaps", HEAD "<returnval><entity>", letters_between_comments, 100000,
     "over 65536 bytes of text", 128 * K, false},
    {"text in CDATA", HEAD "<returnval><entity>", cdata, 100000, "over 65536 bytes of text",
     128 * K, false},
    {"an endless CDATA", HEAD "<returnval><entity><![CDATA[", angles, 64 * K, "not well-formed",
     11 * M, true},
    {"an endless comment", HEAD "<!-- ", angles, 64 * K, "not well-formed", 11 * M, true},
    {"an endless instruction", HEAD "<?x ", angles, 64 * K, "not well-formed", 11 * M, true},
    {"samples", HEAD "<returnval>" VM, sample, 200000,
     "<sampleInfo> is longer, or comes more often", 400 * K, false},
    {"series", HEAD "<returnval>" VM, empty_series, 200000,
     "<value> is longer, or comes more often", 3 * M, false},
    {"values of a csv series", HEAD "<returnval>" VM "<value><value>", commas, 60,
     "<value> is longer, or comes more often", 0, false},
    {"values of a normal series", HEAD "<returnval>" VM "<value>", normal_value, 200000,
     "<value> is longer, or comes more often", 100 * K, false},
    {"instances of one series", HEAD "<returnval>" VM "<value><id>", instance_again, 200000,
     "<instance> is longer, or comes more often", 6 * M, false},
    {"the whole reply", HEAD, comment, 3000, "over 67108864 bytes", CAP_REPLY_BYTES + 64 * K,
     false},
};

static double cpu_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Feeds parts until the first failure; returns the bytes fed. */
static size_t pour(struct perf_reader *reader, const struct flood *flood, struct vim_error *err)
{
    struct buf text;
    size_t fed = 0;
    bool failed = false;
    buf_init(&text, TEXT_CAP);
    buf_str(&text, flood->start);
    for (size_t i = 0; i < flood->parts && !failed; i++) {
        flood->part(i, &text);
        if (text.len < 16 * K && i + 1 < flood->parts)
            continue;
        fed += text.len;
        failed = perf_reader_feed(reader, text.data, text.len, err);
        buf_clear(&text);
    }
    buf_free(&text);
    return fed;
}

static void survives_floods(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
        const struct flood *flood = &floods[i];
        struct vim_error err = {.message = ""};
        struct perf_reader *reader;
        double before = cpu_s();
        assert_int_equal(perf_reader_new(&reader, &err), VIM_OK);
        size_t fed = pour(reader, flood, &err);
        if (!flood->at_most) { /* it shows at the end of the element */
            static const char end[] = "</value></value></returnval>";
            perf_reader_feed(reader, end, sizeof end - 1, &err);
        }
        double taken = cpu_s() - before;
        if (err.code != (flood->protocol ? VIM_PROTOCOL : VIM_TOO_LARGE) ||
            !strstr(err.message, flood->words))
            fail_msg("%s: %s \"%s\"", flood->name, vim_code_name(err.code), err.message);
        if ((flood->at_most && fed > flood->at_most) || taken > 3)
            fail_msg("%s: %zu bytes, %.1f s", flood->name, fed, taken);
        perf_reader_free(reader);
    }
}

static void counts_attributes_of_a_tag(void **state)
{
    (void)state;
    for (size_t n = CAP_XML_ATTRIBUTES; n <= CAP_XML_ATTRIBUTES + 1; n++) {
        struct buf text;
        buf_init(&text, TEXT_CAP);
        buf_str(&text, HEAD "<returnval");
        numbered_namespace(0, &text);
        for (size_t i = 1; i < n; i++)
            numbered_attribute(i, &text);
        buf_str(&text, ">" VM "</returnval>" TAIL);
        if (n <= CAP_XML_ATTRIBUTES)
            expect("attributes", text.data, text.len, "VirtualMachine:vm-1|0,0,0");
        else
            expect_failure("attributes", text.data, text.len, VIM_TOO_LARGE,
                           "over 16 attributes in <returnval>");
        buf_free(&text);
    }
}

/* From one '<' to the next: a tag full of blanks, ended by the tag after it. */
static void measures_the_gap_exactly(void **state)
{
    (void)state;
    static const char tag[] = "<returnval", end[] = ">";
    for (size_t gap = CAP_XML_GAP; gap <= CAP_XML_GAP + 1; gap++) {
        struct buf text;
        buf_init(&text, TEXT_CAP);
        buf_str(&text, HEAD);
        buf_str(&text, tag);
        for (size_t n = sizeof tag - 1 + sizeof end - 1; n < gap; n++)
            buf_char(&text, ' ');
        buf_str(&text, end);
        buf_str(&text, VM "</returnval>" TAIL);
        if (gap <= CAP_XML_GAP)
            expect("gap", text.data, text.len, "VirtualMachine:vm-1|0,0,0");
        else
            expect_failure("gap", text.data, text.len, VIM_TOO_LARGE, "over 65536 bytes in one");
        buf_free(&text);
    }
}

static void reads_a_long_list(void **state)
{
    (void)state;
    enum { ENTITIES = 150000 };
    struct buf text;
    struct perf_reply *reply = NULL;
    struct vim_error err = {.message = ""};
    buf_init(&text, 64 * M);
    buf_str(&text, HEAD);
    for (int i = 0; i < ENTITIES; i++)
        buf_printf(
            &text,
            "<returnval><entity type=\"VirtualMachine\">vm-%d</entity>" ONE CSV("7") "</returnval>",
            i);
    buf_str(&text, TAIL);
    double before = cpu_s();
    assert_int_equal(read_in_pieces(text.data, text.len, whole, &reply, &err), VIM_OK);
    assert_true(cpu_s() - before < 5);
    assert_int_equal(reply->nentities, ENTITIES);
    assert_int_equal(reply->values, ENTITIES);
    assert_string_equal(reply->entities[ENTITIES - 1]->moid, "vm-149999");
    assert_int_equal(reply->entities[ENTITIES - 1]->series[0].values[0], 7);
    buf_free(&text);
    perf_reply_free(reply);
}

/* 4,096 series of 2,500 commas, twice: 20 million fields in 20 MB. */
static void bounds_the_numbers_of_a_reply(void **state)
{
    (void)state;
    struct vim_error err = {.message = ""};
    struct perf_reader *reader;
    struct buf head, series;
    enum vim_code code = VIM_OK;
    buf_init(&head, TEXT_CAP);
    buf_init(&series, TEXT_CAP);
    buf_str(&head, HEAD);
    buf_str(&series, "<value>" ID("2", "") "<value>");
    for (int i = 0; i < 2499; i++)
        buf_char(&series, ',');
    buf_str(&series, "</value></value>");
    assert_int_equal(perf_reader_new(&reader, &err), VIM_OK);
    for (int entity = 0; !code && entity < 2; entity++) {
        buf_str(&head, "<returnval>" VM "<sampleInfoCSV>20,2021-06-14T15:00:20Z");
        for (int i = 0; i < 2499; i++)
            buf_str(&head, ",20,2021-06-14T15:00:20Z");
        buf_str(&head, "</sampleInfoCSV>");
        code = perf_reader_feed(reader, head.data, head.len, &err);
        for (int i = 0; !code && i < CAP_SERIES; i++)
            code = perf_reader_feed(reader, series.data, series.len, &err);
        if (!code)
            code = perf_reader_feed(reader, "</returnval>", 12, &err);
        buf_clear(&head);
    }
    assert_int_equal(code, VIM_TOO_LARGE);
    assert_non_null(strstr(err.message, "<value> is longer, or comes more often"));
    perf_reader_free(reader);
    buf_free(&head);
    buf_free(&series);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(survives_floods),
        cmocka_unit_test(counts_attributes_of_a_tag),
        cmocka_unit_test(measures_the_gap_exactly),
        cmocka_unit_test(reads_a_long_list),
        cmocka_unit_test(bounds_the_numbers_of_a_reply),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
