/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The reader of QueryPerf replies: what servers send, what broken servers send, in any pieces. */
#include "perf_lab.h"

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
        cmocka_unit_test(repeats_its_first_failure),
        cmocka_unit_test(gives_its_reply_once),
        cmocka_unit_test(can_be_freed_at_any_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
