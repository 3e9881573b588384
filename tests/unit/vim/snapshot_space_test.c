/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The bytes that snapshots hold, out of layoutEx. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "house.h"

/* ---- what the server says ---- */

#define FILE(key, type, size)                                                      \
    "<file><key>" key "</key><name>[d] v/f</name><type>" type "</type><size>" size \
    "</size><accessible>true</accessible></file>"
#define UNIT(keys) "<chain>" keys "</chain>"
#define KEY(key) "<fileKey>" key "</fileKey>"
#define DISK(units) "<disk><key>2000</key>" units "</disk>"
#define CONTENT(moid, inner)                                                                  \
    "<objects><obj type=\"VirtualMachine\">" moid "</obj><propSet><name>layoutEx</name><val " \
    "xsi:type=\"VirtualMachineFileLayoutEx\">" inner "</val></propSet></objects>"
#define NOT_SET(moid) "<objects><obj type=\"VirtualMachine\">" moid "</obj></objects>"
#define ANSWER(inner)                                                             \
    {                                                                             \
        .when = ":RetrievePropertiesEx>",                                         \
        .body = REPLY("RetrievePropertiesEx", "<returnval>" inner "</returnval>") \
    }
#define GONE(moid)                                                                         \
    {                                                                                      \
        .when = ":RetrievePropertiesEx>", .status = 500,                                   \
        .body = SOAP("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring/>" \
                     "<detail><ManagedObjectNotFoundFault xmlns=\"urn:vim25\" xsi:type="   \
                     "\"ManagedObjectNotFound\"><obj type=\"VirtualMachine\">" moid        \
                     "</obj></ManagedObjectNotFoundFault></detail></soapenv:Fault>")       \
    }

/* Two disks with two snapshots, one of which has memory. Sizes are powers of two: a sum tells its
 * parts. */
static const char *const types[] = {"config",
                                    "nvram",
                                    "snapshotList",
                                    "diskDescriptor",
                                    "diskExtent",
                                    "diskDescriptor",
                                    "diskExtent",
                                    "diskDescriptor",
                                    "diskExtent",
                                    "diskExtent",
                                    "diskExtent",
                                    "snapshotData",
                                    "snapshotData",
                                    "snapshotMemory",
                                    "suspend",
                                    "swap",
                                    "snapshotManifestList"};
#define DISK_1 DISK(UNIT(KEY("3") KEY("4")) UNIT(KEY("5") KEY("6")) UNIT(KEY("7") KEY("8")))
#define DISK_2 DISK(UNIT(KEY("9")) UNIT(KEY("10")))
#define REST                                                                                \
    "<snapshot><key type=\"VirtualMachineSnapshot\">snapshot-1</key><dataKey>11</dataKey>"  \
    "<disk><key>2000</key><chain><fileKey>5</fileKey></chain></disk></snapshot><timestamp>" \
    "2024-01-01T00:00:00Z</timestamp>"

static const char *two_snapshots(char body[8192])
{
    char *at = stpcpy(body, SOAP_HEAD "<RetrievePropertiesExResponse xmlns=\"urn:vim25\">"
                                      "<returnval><objects><obj>vm-1</obj><propSet><val>");
    for (size_t i = 0; i < COUNT(types); i++)
        at += sprintf(at, FILE("%zu", "%s", "%d"), i, types[i], 1 << i);
    stpcpy(at, DISK_1 DISK_2 REST "</val></propSet></objects></returnval>"
                                  "</RetrievePropertiesExResponse>" SOAP_TAIL);
    return body;
}

/* ---- what came ---- */

struct told {
    size_t n;
    char moids[64][16];
    int64_t bytes[64];
};

static void note(void *ctx, const char *moid, int64_t bytes)
{
    struct told *told = ctx;
    assert_true(told->n < COUNT(told->moids));
    snprintf(told->moids[told->n], sizeof told->moids[0], "%s", moid);
    told->bytes[told->n++] = bytes;
}

static enum vim_code ask(struct house *house, const struct canned_reply *script, size_t nscript,
                         const char *const *moids, size_t n, struct told *ret,
                         struct vim_error *err)
{
    *house = (struct house){.client = NULL};
    *ret = (struct told){.n = 0};
    canned_start(&house->server, NULL, script, nscript);
    const struct vim_client_options options = {
        .url = house->server.url, .user = "u", .password = "p", .call_timeout_ms = 5000};
    assert_int_equal(vim_client_new(&options, &house->client, NULL), VIM_OK);
    assert_int_equal(vim_session_login(house->client, NULL), VIM_OK);
    return vim_snapshot_space(house->client, moids, n, note, ret, err);
}

static void test_what_counts(void **state)
{
    char body[8192];
    const struct canned_reply script[] = {
        LOGIN_SCRIPT, {.when = ":RetrievePropertiesEx>", .body = two_snapshots(body)}};
    static const char *const moids[] = {"vm-1"};
    struct house house;
    struct told told;
    (void)state;
    assert_int_equal(ask(&house, script, COUNT(script), moids, 1, &told, NULL), VIM_OK);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.moids[0], "vm-1");
    assert_int_equal(told.bytes[0], 32 + 64 + 128 + 256 + 1024 + 2048 + 4096 + 8192);
    const char *request = canned_request(&house.server, ":RetrievePropertiesEx>");
    assert_non_null(strstr(request, ":obj type=\"VirtualMachine\">vm-1</"));
    assert_non_null(strstr(request, ":pathSet>layoutEx</"));
    house_close(&house);
}

static void test_odd_layouts(void **state)
{
    static const struct {
        const char *inner;
        int64_t bytes;
    } cases[] = {
        {"", 0},
        {FILE("1", "diskExtent", "5") DISK(UNIT(KEY("1"))), 0},
        {FILE("1", "diskExtent", "5") DISK(""), 0},
        /* a file of two chains, and a key told twice, count once */
        {FILE("1", "diskExtent", "5") DISK(UNIT("") UNIT(KEY("1") KEY("1")))
             DISK(UNIT("") UNIT(KEY("1"))),
         5},
        {FILE("1", "snapshotData", "5") FILE("1", "snapshotData", "7"), 5},
        {FILE("1", "diskExtent", "x") DISK(UNIT("") UNIT(KEY("1"))), 0},
        {FILE("1", "diskExtent", "-9") DISK(UNIT("") UNIT(KEY("1"))), 0},
        {FILE("1", "diskExtent", "9223372036854775807") DISK(UNIT("") UNIT(KEY("1"))), 0},
        {FILE("", "snapshotData", "5") FILE("99999999999", "snapshotData", "5"), 0},
        {FILE("-1", "snapshotData", "5"), 5},
        {DISK(UNIT("")
                  UNIT(KEY("77") KEY("x") KEY(""))) "<file/><disk/><disk><chain/><chain/></disk>",
         0},
        {"<future><deep/></future>" FILE("3", "snapshotMemory", " 8 "), 8},
    };
    static const char *const moids[] = {"vm-1"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        char body[4096];
        struct house house;
        struct told told;
        snprintf(body, sizeof body, "%s%s%s",
                 SOAP_HEAD "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval><objects>"
                           "<obj type=\"VirtualMachine\">vm-1</obj><propSet><name>layoutEx</name>"
                           "<val>",
                 cases[i].inner,
                 "</val></propSet></objects></returnval></RetrievePropertiesExResponse>" SOAP_TAIL);
        const struct canned_reply script[] = {LOGIN_SCRIPT,
                                              {.when = ":RetrievePropertiesEx>", .body = body}};
        assert_int_equal(ask(&house, script, COUNT(script), moids, 1, &told, NULL), VIM_OK);
        assert_int_equal(told.n, 1);
        if (told.bytes[0] != cases[i].bytes)
            fail_msg("case %zu: %lld bytes", i, (long long)told.bytes[0]);
        house_close(&house);
    }
}

/* A layout beyond the cap is passed over, and the next VM is not. */
static void test_endless_layout(void **state)
{
    static const char file[] = FILE("1", "snapshotData", "5"), key[] = KEY("1");
    static const char *const moids[] = {"vm-1", "vm-2"};
    char *body = malloc(sizeof key * (CAP_LAYOUT_FILES + 1) + 4096), *at = body;
    struct house house;
    struct told told;
    (void)state;
    assert_non_null(body);
    at = stpcpy(at, SOAP_HEAD "<RetrievePropertiesExResponse xmlns=\"urn:vim25\"><returnval>"
                              "<objects><obj>vm-1</obj><propSet><val><disk><chain/><chain>");
    for (size_t i = 0; i < CAP_LAYOUT_FILES + 1; i++)
        at = stpcpy(at, key);
    at = stpcpy(at, "</chain></disk></val></propSet></objects><objects><obj>vm-2</obj><propSet>"
                    "<val>");
    at = stpcpy(at, file);
    stpcpy(at, "</val></propSet></objects></returnval></RetrievePropertiesExResponse>" SOAP_TAIL);
    const struct canned_reply script[] = {LOGIN_SCRIPT,
                                          {.when = ":RetrievePropertiesEx>", .body = body}};
    assert_int_equal(ask(&house, script, COUNT(script), moids, 2, &told, NULL), VIM_OK);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.moids[0], "vm-2");
    assert_int_equal(told.bytes[0], 5);
    house_close(&house);
    free(body);
}

/* ---- many VMs ---- */

static void test_pages_and_batches(void **state)
{
    static const struct canned_reply script[] = {
        LOGIN_SCRIPT,
        ANSWER("<token>more</token>" CONTENT("vm-0", FILE("1", "snapshotData", "1"))),
        {.when = "ContinueRetrievePropertiesEx>",
         .body = REPLY("ContinueRetrievePropertiesEx",
                       "<returnval>" CONTENT("vm-1", FILE("1", "snapshotData", "2"))
                           NOT_SET("vm-2") "</returnval>")},
        {.when = ":RetrievePropertiesEx>", .body = REPLY("RetrievePropertiesEx", "")},
        ANSWER(CONTENT("vm-44", FILE("1", "snapshotData", "3"))),
    };
    char names[45][16];
    const char *moids[45];
    struct house house;
    struct told told;
    (void)state;
    for (size_t i = 0; i < COUNT(moids); i++) {
        snprintf(names[i], sizeof names[i], "vm-%zu", i);
        moids[i] = names[i];
    }
    moids[7] = "not\na name";
    assert_int_equal(ask(&house, script, COUNT(script), moids, COUNT(moids), &told, NULL), VIM_OK);
    assert_int_equal(told.n, 3);
    assert_string_equal(told.moids[0], "vm-0");
    assert_string_equal(told.moids[1], "vm-1");
    assert_string_equal(told.moids[2], "vm-44");
    assert_int_equal(told.bytes[0] + 10 * told.bytes[1] + 100 * told.bytes[2], 321);
    assert_non_null(strstr(canned_request(&house.server, "Continue"), ":token>more</"));
    assert_int_equal(canned_asked(&house.server, "not"), 0);
    house_close(&house);
}

static void test_gone(void **state)
{
    static const struct canned_reply script[] = {LOGIN_SCRIPT, GONE("vm-2"), GONE("vm-1"),
                                                 ANSWER(CONTENT("vm-3", ""))};
    static const char *const moids[] = {"vm-1", "vm-2", "vm-3"};
    struct house house;
    struct told told;
    (void)state;
    assert_int_equal(ask(&house, script, COUNT(script), moids, 3, &told, NULL), VIM_OK);
    assert_int_equal(told.n, 1);
    assert_string_equal(told.moids[0], "vm-3");
    assert_int_equal(canned_asked(&house.server, ">vm-1<"), 2);
    house_close(&house);
}

static void test_failures(void **state)
{
    static const struct {
        struct canned_reply reply;
        enum vim_code code;
    } cases[] = {
        {GONE("vm-9"), VIM_OBJECT_GONE}, /* none of ours */
        {{.when = ":RetrievePropertiesEx>",
          .status = 500,
          .body = SOAP_FAULT("", "NotAuthenticated")},
         VIM_NOT_AUTHENTICATED},
        {{.when = ":RetrievePropertiesEx>", .body = "<html></html>"}, VIM_PROTOCOL},
        {ANSWER("<objects><obj>vm-1</obj><missingSet><path>layoutEx</path><fault><fault xsi:type="
                "\"NotAuthenticated\"/></fault></missingSet></objects>"),
         VIM_NOT_AUTHENTICATED},
    };
    static const char *const moids[] = {"vm-1"};
    (void)state;
    for (size_t i = 0; i < COUNT(cases); i++) {
        const struct canned_reply script[] = {LOGIN_SCRIPT, cases[i].reply};
        struct house house;
        struct told told;
        struct vim_error err;
        enum vim_code code = ask(&house, script, COUNT(script), moids, 1, &told, &err);
        if (code != cases[i].code || err.code != code)
            fail_msg("case %zu: %s: %s", i, vim_code_name(code), err.message);
        assert_int_equal(told.n, 0);
        house_close(&house);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_counts),    cmocka_unit_test(test_odd_layouts),
        cmocka_unit_test(test_endless_layout), cmocka_unit_test(test_pages_and_batches),
        cmocka_unit_test(test_gone),           cmocka_unit_test(test_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
