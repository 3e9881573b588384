/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The reader of QueryPerf replies: what servers send, what broken servers send, in any pieces. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "base/caps.h"
#include "vim/perf.h"

enum { TEXT_CAP = 8 << 20 };

/* ---- reading and showing ---- */

static enum vim_code read_in_pieces(const char *text, size_t len, size_t (*piece)(void),
                                    struct perf_reply **ret, struct vim_error *err)
{
    struct perf_reader *reader;
    enum vim_code code = perf_reader_new(&reader, err);
    assert_int_equal(code, VIM_OK);
    for (size_t at = 0; !code && at < len;) {
        size_t n = piece();
        n = n < len - at ? n : len - at;
        char *own = malloc(n ? n : 1); /* so that a byte read too far is seen */
        assert_non_null(own);
        memcpy(own, text + at, n);
        code = perf_reader_feed(reader, own, n, err);
        free(own);
        at += n;
    }
    if (!code)
        code = perf_reader_finish(reader, ret, err);
    perf_reader_free(reader);
    return code;
}

static size_t whole(void)
{
    return SIZE_MAX;
}
static size_t one(void)
{
    return 1;
}
static size_t three(void)
{
    return 3;
}
static size_t any(void)
{
    static uint32_t x = 1;
    x = x * 1664525 + 1013904223;
    return (x >> 24) % 40;
}
static size_t (*const pieces[])(void) = {whole, one, three, any, any, any};
enum { WAYS = sizeof pieces / sizeof *pieces };

static void show_series(const struct perf_entity *e, struct buf *to)
{
    for (size_t i = 0; i < e->nseries; i++) {
        buf_printf(to, " %d/%s=", e->series[i].counter, e->series[i].instance);
        for (size_t k = 0; k < e->nsamples; k++)
            buf_printf(to, "%s%lld", k ? "," : "", (long long)e->series[i].values[k]);
    }
}

/* "VirtualMachine:vm-1 20@T 20@T 2/=5,6 2/0=1,2 refused 1; ..." with T in s since 15:00:00 */
static void show(const struct perf_reply *reply, struct buf *to)
{
    const int64_t base = 1623682800000;
    for (size_t i = 0; i < reply->nentities; i++) {
        const struct perf_entity *e = reply->entities[i];
        buf_printf(to, "%s%s:%s", i ? "; " : "", e->type, e->moid);
        for (size_t k = 0; k < e->nsamples; k++)
            buf_printf(to, " %d@%g", e->intervals[k], (double)(e->times[k].ms - base) / 1000);
        show_series(e, to);
        if (e->refused)
            buf_printf(to, " refused %u", e->refused);
    }
    buf_printf(to, "|%llu,%llu,%llu", (unsigned long long)reply->values,
               (unsigned long long)reply->missing, (unsigned long long)reply->refused);
}

static void expect(const char *name, const char *text, size_t len, const char *shown)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct perf_reply *reply = NULL;
        struct vim_error err = {.message = ""};
        struct buf got;
        buf_init(&got, TEXT_CAP);
        if (read_in_pieces(text, len, pieces[i], &reply, &err))
            fail_msg("%s, way %zu: %s", name, i, err.message);
        show(reply, &got);
        if (strcmp(got.data, shown) != 0)
            fail_msg("%s, way %zu:\n  got  %s\n  want %s", name, i, got.data, shown);
        assert_int_equal(reply->bytes, len);
        buf_free(&got);
        perf_reply_free(reply);
    }
}

static void expect_failure(const char *name, const char *text, size_t len, enum vim_code code,
                           const char *words)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct perf_reply *reply = (void *)1;
        struct vim_error err = {.message = ""};
        enum vim_code got = read_in_pieces(text, len, pieces[i], &reply, &err);
        if (got != code || err.code != code || !strstr(err.message, words))
            fail_msg("%s, way %zu: %s \"%s\", want %s \"%s\"", name, i, vim_code_name(got),
                     err.message, vim_code_name(code), words);
        assert_true(strncmp(err.message, "QueryPerf reply: ", 17) == 0);
        assert_non_null(strstr(err.message, " at byte "));
        assert_ptr_equal(reply, (void *)1); /* untouched */
    }
}

#define ENVELOPE                                                                    \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                  \
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"" \
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n"
#define HEAD ENVELOPE "<QueryPerfResponse xmlns=\"urn:vim25\">"
#define TAIL "</QueryPerfResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n"
#define VM "<entity type=\"VirtualMachine\">vm-1</entity>"
#define TWO "<sampleInfoCSV>20,2021-06-14T15:00:20Z,20,2021-06-14T15:00:40Z</sampleInfoCSV>"
#define ONE "<sampleInfoCSV>20,2021-06-14T15:00:20Z</sampleInfoCSV>"
#define ID(counter, instance) \
    "<id><counterId>" counter "</counterId><instance>" instance "</instance></id>"
#define CSV(values) "<value>" ID("2", "") "<value>" values "</value></value>"
#define INFO(time) "<sampleInfo><timestamp>" time "</timestamp><interval>20</interval></sampleInfo>"
#define METRIC(inside) "<returnval>" VM inside "</returnval>"

/* ---- good replies ---- */

static const struct {
    const char *name, *inside, *shown;
} good[] = {
    {"nothing", "", "|0,0,0"},
    {"csv",
     "<returnval xsi:type=\"PerfEntityMetricCSV\">" VM TWO
     "<value xsi:type=\"PerfMetricSeriesCSV\">" ID(
         "2", "") "<value>5,6</value></value>"
                  "<value xsi:type=\"PerfMetricSeriesCSV\">" ID("12",
                                                                "0") "<value>0,77</value></value>"
                                                                     "</returnval>",
     "VirtualMachine:vm-1 20@20 20@40 2/=5,6 12/0=0,77|4,0,0"},
    {"normal",
     "<returnval xsi:type=\"PerfEntityMetric\">" VM INFO("2021-06-14T15:00:20Z")
         INFO("2021-06-14T15:00:40Z") "<value xsi:type=\"PerfMetricIntSeries\">" ID(
             "2", "1") "<value>5</value><value>6</value></value></returnval>",
     "VirtualMachine:vm-1 20@20 20@40 2/1=5,6|2,0,0"},
    {"govmomi: other prefix, newest first, fractions of a second, zeros left out",
     "<returnval xmlns:XMLSchema-instance=\"http://www.w3.org/2001/XMLSchema-instance\" "
     "XMLSchema-instance:type=\"PerfEntityMetric\">"
     "<entity type=\"HostSystem\" XMLSchema-instance:type=\"ManagedObjectReference\">host-21"
     "</entity>" INFO("2021-06-14T15:00:40.12770699Z") INFO(
         "2021-06-14T15:00:20.12770699Z") "<value "
                                          "XMLSchema-instance:type="
                                          "\"PerfMetricIntSeries\">" ID(
                                              "2",
                                              "*") "<value>5</value><value>6</value></value>"
                                                   "<value "
                                                   "XMLSchema-instance:type="
                                                   "\"PerfMetricIntSeries\">" ID(
                                                       "3",
                                                       "") "<value>5</value></value>"
                                                           "<value "
                                                           "XMLSchema-instance:type="
                                                           "\"PerfMetricIntSeries\">" ID(
                                                               "4",
                                                               "") "</value>"
                                                                   "<value "
                                                                   "XMLSchema-instance:type="
                                                                   "\"PerfMetricIntSeries\""
                                                                   ">" ID("5",
                                                                          "") "<value>7</"
                                                                              "value><value>8</"
                                                                              "value></value></"
                                                                              "returnval>",
     "HostSystem:host-21 20@40.127 20@20.127 2/*=5,6 5/=7,8 refused 2|4,0,2"},
    {"a derived type of a newer server, with parts we do not know",
     "<returnval xsi:type=\"PerfEntityMetricFuture\"><future><value>" ID(
         "9", "") "<value>x</value></value><entity>no</entity></future>" VM TWO
                  "<value xsi:type=\"PerfMetricSeriesFuture\"><hint a=\"1\"/>" ID(
                      "2", "<b>no</b>0") "<value>1,2</value><extra>4</extra></value></"
                                         "returnval><other>text</other>",
     "VirtualMachine:vm-1 20@20 20@40 2/0=1,2|2,0,0"},
    {"values before samples, entity last",
     "<returnval>" CSV("1,2") CSV("1,2,3") TWO VM "</returnval>",
     "VirtualMachine:vm-1 20@20 20@40 2/=1,2 refused 1|2,0,1"},
    {"normal values before samples",
     METRIC("<value><value>1</value><value>2</value>" ID("2", "") "</value>" INFO(
         "2021-06-14T15:00:20Z") INFO("2021-06-14T15:00:40Z")),
     "VirtualMachine:vm-1 20@20 20@40 2/=1,2|2,0,0"},
    {"missing", METRIC(TWO CSV("-1,5") CSV(",5") CSV("5,") CSV(",") CSV("-300,-0")),
     "VirtualMachine:vm-1 20@20 20@40 2/=-1,5 2/=-1,5 2/=5,-1 2/=-1,-1 2/=-1,0|10,6,0"},
    {"missing in normal",
     METRIC(INFO("2021-06-14T15:00:20Z") INFO("2021-06-14T15:00:40Z") "<value>" ID(
         "2", "") "<value>-1</value><value/></value>"),
     "VirtualMachine:vm-1 20@20 20@40 2/=-1,-1|2,2,0"},
    {"an empty field is the only one", METRIC(ONE CSV("") CSV(" \n") CSV("0")),
     "VirtualMachine:vm-1 20@20 2/=-1 2/=-1 2/=0|3,2,0"},
    {"no sample at all", METRIC("<sampleInfoCSV/>" CSV("") "<value>" ID("3", "") "</value>"),
     "VirtualMachine:vm-1 2/= 3/=|0,0,0"},
    {"values without samples", METRIC(CSV("1")), "VirtualMachine:vm-1 refused 1|0,0,1"},
    {"wrong counts amid right ones; nothing of them is counted",
     METRIC(TWO CSV("1") CSV("1,2") CSV("") CSV("3,4") CSV("-1,-1,-1") CSV("-1,6")),
     "VirtualMachine:vm-1 20@20 20@40 2/=1,2 2/=3,4 2/=-1,6 refused 3|6,1,3"},
    {"a series without a counter", METRIC(ONE "<value><value>1</value></value>" CSV("2")),
     "VirtualMachine:vm-1 20@20 2/=2 refused 1|1,0,1"},
    {"a series without an instance",
     METRIC(ONE "<value><id><counterId>7</counterId></id><value>1</value></value>"),
     "VirtualMachine:vm-1 20@20 7/=1|1,0,0"},
    {"blanks and signs",
     METRIC(TWO CSV("\n 1 ,\t+22 ") "<value>" ID(" 7 ", "") "<value>4,5"
                                                            "</value></value>"),
     "VirtualMachine:vm-1 20@20 20@40 2/=1,22 7/=4,5|4,0,0"},
    {"text in parts: comment, character reference, CDATA, processing instruction",
     METRIC(TWO CSV("1<!-- 9 -->2<![CDATA[3]]>,&#52;<?p 8?>5") "<value>"
                                                               "<id><counterId>2</"
                                                               "counterId><instance>a&amp;&lt;<!["
                                                               "CDATA[b]]></instance></id>"
                                                               "<value>1,2</value></value>"),
     "VirtualMachine:vm-1 20@20 20@40 2/=123,45 2/a&<b=1,2|4,0,0"},
    {"the largest numbers",
     METRIC(TWO CSV("9223372036854775807,-9223372036854775807")
                CSV("000000000000000000000001,999999999999999999")),
     "VirtualMachine:vm-1 20@20 20@40 2/=9223372036854775807,-1 2/=1,999999999999999999|4,1,0"},
    {"two entities, the second smaller",
     METRIC(TWO CSV("1,2") CSV("3,4")) "<returnval><entity type=\"HostSystem\">host-9</entity>" ONE
         CSV("5") "</returnval>",
     "VirtualMachine:vm-1 20@20 20@40 2/=1,2 2/=3,4; HostSystem:host-9 20@20 2/=5|5,0,0"},
    {"both kinds of sample, other intervals, zones",
     METRIC("<sampleInfoCSV>300,2021-06-14T17:00:20.5+02:00</sampleInfoCSV>" INFO(
         "2021-06-14T15:00:40") CSV("1,2")),
     "VirtualMachine:vm-1 300@20.5 20@40 2/=1,2|2,0,0"},
    {"names outside ASCII",
     METRIC(ONE "<value>" ID("2", "d\xc3\xa9p\xc3\xb4t") "<value>1</value></value>"),
     "VirtualMachine:vm-1 20@20 2/d\xc3\xa9p\xc3\xb4t=1|1,0,0"},
};

static void reads_good_replies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct buf text;
        buf_init(&text, TEXT_CAP);
        buf_printf(&text, "%s%s%s", HEAD, good[i].inside, TAIL);
        expect(good[i].name, text.data, text.len, good[i].shown);
        buf_free(&text);
    }
}

static void reads_other_envelopes(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "<Envelope><Body><QueryPerfResponse xmlns=\"urn:vim25\">" METRIC(
            ONE CSV("1")) "</QueryPerfResponse></Body></Envelope>",
        "\xef\xbb\xbf<Envelope><Header><x/></Header><Body><QueryPerfResponse "
        "xmlns=\"urn:vim25\">" METRIC(ONE CSV("1")) "</QueryPerfResponse></Body></Envelope>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Envelope><Body>"
        "<QueryPerfResponse xmlns=\"urn:vim25\">" METRIC(
            ONE CSV("1")) "</QueryPerfResponse></Body></Envelope>",
        "\n<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
        "<v:QueryPerfResponse xmlns:v=\"urn:vim25\"><v:returnval>"
        "<v:entity type=\"VirtualMachine\">vm-1</v:entity>"
        "<v:sampleInfoCSV>20,2021-06-14T15:00:20Z</v:sampleInfoCSV>"
        "<v:value><v:id><v:counterId>2</v:counterId></v:id><v:value>1</v:value></v:value>"
        "</v:returnval></v:QueryPerfResponse></s:Body></s:Envelope>",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect("envelope", texts[i], strlen(texts[i]), "VirtualMachine:vm-1 20@20 2/=1|1,0,0");
}

static void refuses_a_series_with_an_overlong_instance(void **state)
{
    (void)state;
    char name[CAP_INSTANCE + 2];
    for (size_t n = CAP_INSTANCE; n <= CAP_INSTANCE + 1; n++) {
        struct buf text, shown;
        buf_init(&text, TEXT_CAP);
        buf_init(&shown, TEXT_CAP);
        memset(name, 'x', n);
        name[n] = '\0';
        buf_printf(&text, HEAD METRIC(ONE "<value>" ID("2", "%s") "<value>1</value></value>") TAIL,
                   name);
        if (n <= CAP_INSTANCE)
            buf_printf(&shown, "VirtualMachine:vm-1 20@20 2/%s=1|1,0,0", name);
        else
            buf_str(&shown, "VirtualMachine:vm-1 20@20 refused 1|0,0,1");
        expect("long instance", text.data, text.len, shown.data);
        buf_free(&text);
        buf_free(&shown);
    }
}

/* ---- broken replies ---- */

static const struct {
    const char *inside, *words;
} junk[] = {
    {METRIC(ONE CSV("12x")), "<value> holds something else than numbers"},
    {METRIC(ONE CSV("x")), "<value> holds"},
    {METRIC(ONE CSV("1 2")), "<value> holds"},
    {METRIC(ONE CSV("- 1")), "<value> holds"},
    {METRIC(ONE CSV("--1")), "<value> holds"},
    {METRIC(ONE CSV("-")), "<value> holds"},
    {METRIC(TWO CSV("+,1")), "<value> holds"},
    {METRIC(TWO CSV("1-,1")), "<value> holds"},
    {METRIC(ONE CSV("1.5")), "<value> holds"},
    {METRIC(ONE CSV("1e3")), "<value> holds"},
    {METRIC(ONE CSV("NaN")), "<value> holds"},
    {METRIC(ONE CSV("9223372036854775808")), "<value> holds"},
    {METRIC(TWO CSV("9223372036854775808,1")), "<value> holds"},
    {METRIC(TWO CSV("18446744073709551617,1")), "<value> holds"},
    {METRIC(TWO CSV("1,\xc2\xa0"
                    "2")),
     "<value> holds"},
    {METRIC("<sampleInfoCSV>20,2021-06-14 15:00:20</sampleInfoCSV>"),
     "<sampleInfoCSV> holds \"20,2021-06-14 15:00:20\""},
    {METRIC("<sampleInfoCSV>20</sampleInfoCSV>"), "<sampleInfoCSV> holds"},
    {METRIC("<sampleInfoCSV>x,2021-06-14T15:00:20Z</sampleInfoCSV>"), "<sampleInfoCSV> holds"},
    {METRIC("<sampleInfoCSV>20,2021-06-14T15:00:20Z,</sampleInfoCSV>"), "<sampleInfoCSV> holds"},
    {METRIC("<sampleInfoCSV>20,</sampleInfoCSV>"), "<sampleInfoCSV> holds"},
    {METRIC(INFO("yesterday")), "<timestamp> holds \"yesterday\""},
    {METRIC(INFO("")), "<timestamp> holds \"\""},
    {METRIC("<sampleInfo><interval>2147483648</interval></sampleInfo>"), "<interval> holds"},
    {METRIC("<sampleInfo><interval>20</interval></sampleInfo>"), "<sampleInfo> without"},
    {METRIC("<sampleInfo/>"), "<sampleInfo> without"},
    {METRIC("<value>" ID("", "") "</value>"), "<counterId> holds \"\""},
    {METRIC("<value>" ID("cpu", "") "</value>"), "<counterId> holds \"cpu\""},
    {METRIC("<value>" ID("1 2", "") "</value>"), "<counterId> holds"},
    {"<returnval>" ONE CSV("1") "</returnval>", "<returnval> without an entity"},
    {"<returnval/>", "<returnval> without an entity"},
    {METRIC(ONE CSV("1&none;")), "not well-formed"},
    {METRIC(ONE CSV("1&none;,2")), "not well-formed"},
    {METRIC("<a b=\"1\" b=\"2\"/>"), "not well-formed"},
    {METRIC("<x:a/></b>"), "not well-formed"},
    {METRIC("\xff\xfe"), "not well-formed"},
    {METRIC("<a>\xc3\x28</a>"), "not well-formed"},
    {METRIC("<a>\xed\xa0\x80</a>"), "not well-formed"},
    {METRIC("<a>\x01</a>"), "not well-formed"},
};

static void refuses_junk(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        struct buf text;
        buf_init(&text, TEXT_CAP);
        buf_printf(&text, "%s%s%s", HEAD, junk[i].inside, TAIL);
        expect_failure(junk[i].inside, text.data, text.len, VIM_PROTOCOL, junk[i].words);
        buf_free(&text);
    }
}

#define BYTES(text) text, sizeof(text) - 1
#define LAUGHS                                                                \
    "<!DOCTYPE l [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">" \
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>"

static const struct {
    const char *text;
    size_t len;
    const char *words;
} not_a_reply[] = {
    {BYTES(""), "not well-formed"},
    {BYTES("\n"), "not well-formed"},
    {BYTES("Service Unavailable"), "no XML in UTF-8"},
    {BYTES("<html><head><title>503</title></head></html>"), "<html> instead of a SOAP envelope"},
    {BYTES("<!-- gone --><html><br></html>"), "<html> instead of a SOAP envelope"},
    {BYTES(ENVELOPE "<soapenv:Fault><faultstring/></soapenv:Fault></soapenv:Body>"
                    "</soapenv:Envelope>"),
     "no QueryPerfResponse"},
    {BYTES("<Envelope/>"), "no QueryPerfResponse"},
    {BYTES(HEAD TAIL "<Envelope/>"), "not well-formed"},
    {BYTES(HEAD TAIL "x"), "not well-formed"},
    {BYTES(ENVELOPE "<QueryPerfResponse xmlns=\"urn:vim2\"></QueryPerfResponse>"),
     "namespace \"urn:vim2\", not urn:vim25"},
    {BYTES(ENVELOPE "<QueryPerfResponse></QueryPerfResponse>"), "namespace \"\", not urn:vim25"},
    {BYTES("<!DOCTYPE html><html/>"), "DOCTYPE"},
    {BYTES("<?xml version=\"1.0\"?>" LAUGHS "<Envelope>&d;</Envelope>"), "DOCTYPE"},
    {BYTES("<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]><Envelope>&f;</Envelope>"),
     "DOCTYPE"},
    {BYTES("<!DOCTYPE x [<!ENTITY % p SYSTEM \"http://127.0.0.1:1/p\"> %p;]><Envelope/>"),
     "DOCTYPE"},
    {BYTES("<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><Envelope/>"), "DOCTYPE"},
    {BYTES(HEAD METRIC("<a>\0</a>") TAIL), "not well-formed"},
    {BYTES("<\0E\0n\0v\0e\0l\0o\0p\0e\0/\0>\0"), "no XML in UTF-8"},
    {BYTES("\xff\xfe<\0E\0/\0>\0"), "no XML in UTF-8"},
    {BYTES("\xfe\xff\0<\0E\0/\0>"), "no XML in UTF-8"},
    {BYTES("\x4c\x6f\xa7\x94"), "no XML in UTF-8"},
    {BYTES("<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Envelope>\xe9</Envelope>"),
     "not well-formed"},
    {BYTES("<?xml version=\"1.0\" encoding=\"ISO-2022-JP\"?><Envelope>\x1b$B<<</Envelope>"),
     "not well-formed"},
    {BYTES("<?xml version=\"1.0\" encoding=\"UTF-16\"?>\0<\0E\0n"), "not well-formed"},
};

static void refuses_what_is_not_a_reply(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof not_a_reply / sizeof *not_a_reply; i++)
        expect_failure(not_a_reply[i].words, not_a_reply[i].text, not_a_reply[i].len, VIM_PROTOCOL,
                       not_a_reply[i].words);
}

static void refuses_every_cut(void **state)
{
    (void)state;
    static const char text[] = HEAD METRIC(TWO CSV("1,2") CSV("3,4")) TAIL;
    size_t end = sizeof text - 1 - 1; /* the last newline may be missing */
    for (size_t n = 0; n < end; n++) {
        struct perf_reply *reply = (void *)1;
        struct vim_error err;
        size_t (*way)(void) = pieces[n % WAYS];
        assert_int_equal(read_in_pieces(text, n, way, &reply, &err), VIM_PROTOCOL);
        assert_ptr_equal(reply, (void *)1);
    }
    expect("whole", text, end, "VirtualMachine:vm-1 20@20 20@40 2/=1,2 2/=3,4|4,0,0");
}

/* ---- hostile servers ---- */

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

enum { K = 1 << 10, M = 1 << 20 };

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
     "<value> is longer, or comes more often", 400 * K, false},
    {"values of a csv series", HEAD "<returnval>" VM "<value><value>", commas, 60,
     "<value> is longer, or comes more often", 0, false},
    {"values of a normal series", HEAD "<returnval>" VM "<value>", normal_value, 200000,
     "<value> is longer, or comes more often", 100 * K, false},
    {"instances of one series", HEAD "<returnval>" VM "<value><id>", instance_again, 200000,
     "<instance> is longer, or comes more often", M, false},
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

/* ---- the contract ---- */

static void repeats_its_first_failure(void **state)
{
    (void)state;
    struct perf_reader *reader;
    struct perf_reply *reply = (void *)1;
    struct vim_error first, again;
    assert_int_equal(perf_reader_new(&reader, NULL), VIM_OK);
    assert_int_equal(perf_reader_feed(reader, "<html>", 6, &first), VIM_PROTOCOL);
    assert_int_equal(perf_reader_feed(reader, HEAD, strlen(HEAD), &again), VIM_PROTOCOL);
    assert_string_equal(first.message, again.message);
    assert_int_equal(perf_reader_feed(reader, "", 0, NULL), VIM_PROTOCOL);
    assert_int_equal(perf_reader_finish(reader, &reply, &again), VIM_PROTOCOL);
    assert_string_equal(first.message, again.message);
    assert_ptr_equal(reply, (void *)1);
    perf_reader_free(reader);
}

static void gives_its_reply_once(void **state)
{
    (void)state;
    struct perf_reader *reader;
    struct perf_reply *reply = NULL, *second = (void *)1;
    struct vim_error err = {.message = "untouched"};
    assert_int_equal(perf_reader_new(&reader, &err), VIM_OK);
    assert_int_equal(perf_reader_feed(reader, HEAD TAIL, strlen(HEAD TAIL), &err), VIM_OK);
    assert_int_equal(perf_reader_finish(reader, &reply, &err), VIM_OK);
    assert_string_equal(err.message, "untouched");
    assert_int_equal(perf_reader_finish(reader, &second, &err), VIM_USAGE);
    assert_int_equal(perf_reader_feed(reader, "x", 1, &err), VIM_USAGE);
    assert_ptr_equal(second, (void *)1);
    perf_reader_free(reader);
    assert_int_equal(reply->nentities, 0); /* outlives the reader */
    perf_reply_free(reply);
}

static void can_be_freed_at_any_time(void **state)
{
    (void)state;
    static const char text[] = HEAD METRIC(TWO CSV("1,2"));
    struct perf_reader *reader;
    for (size_t n = 0; n < sizeof text; n += 7) {
        assert_int_equal(perf_reader_new(&reader, NULL), VIM_OK);
        assert_int_equal(perf_reader_feed(reader, text, n, NULL), VIM_OK);
        perf_reader_free(reader);
    }
    perf_reader_free(NULL);
    perf_reply_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_good_replies),
        cmocka_unit_test(reads_other_envelopes),
        cmocka_unit_test(refuses_a_series_with_an_overlong_instance),
        cmocka_unit_test(refuses_junk),
        cmocka_unit_test(refuses_what_is_not_a_reply),
        cmocka_unit_test(refuses_every_cut),
        cmocka_unit_test(survives_floods),
        cmocka_unit_test(counts_attributes_of_a_tag),
        cmocka_unit_test(reads_a_long_list),
        cmocka_unit_test(bounds_the_numbers_of_a_reply),
        cmocka_unit_test(repeats_its_first_failure),
        cmocka_unit_test(gives_its_reply_once),
        cmocka_unit_test(can_be_freed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
