/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The options of stores: what each type has, lists, and the texts that only they know.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "config_table.h"
#include "formats/schema.h"

#define VC "vcenters: [{url: 'https://vc.example', user: u, password: p}]\n"
#define INFLUX VC "stores:\n- type: influxdb\n  url: http://a\n"

static void parse(const char *text, struct config *ret)
{
    struct config_error err = {""};
    if (config_parse(text, strlen(text), "f.yaml", ret, &err) != 0)
        fail_msg("refused: %s", err.message);
}

static const struct config_option *option_of(const char *key)
{
    for (size_t i = 0; config_option(i); i++)
        if (config_option(i)->section == SECTION_STORES && strcmp(config_option(i)->key, key) == 0)
            return config_option(i);
    fail_msg("no option %s", key);
    return NULL;
}

/* ---- words that stand elsewhere, too ---- */

static void test_types_are_the_drivers(void **state)
{
    const char *types = option_of("type")->choices, *word;
    size_t n, i = 0;
    (void)state;
    for (; config_word(types, i, &word, &n); i++) {
        char type[32] = "";
        memcpy(type, word, n);
        if (!store_find(type))
            fail_msg("type %s has no driver", type);
    }
    for (size_t k = 0; store_at((unsigned)k); k++, i--)
        if (!config_has_word(types, store_at((unsigned)k)->type))
            fail_msg("driver %s is not offered", store_at((unsigned)k)->type);
    assert_int_equal(i, 0);
}

static void test_schemas_are_all(void **state)
{
    const char *schemas = option_of("schema")->choices, *word;
    size_t n, i = 0;
    (void)state;
    for (; config_word(schemas, i, &word, &n); i++) {
        char name[32] = "";
        memcpy(name, word, n);
        if (!schema_find(name))
            fail_msg("schema %s is none", name);
    }
    for (size_t k = 0; schema_at((unsigned)k); k++, i--)
        if (!config_has_word(schemas, schema_at((unsigned)k)->name))
            fail_msg("schema %s is not offered", schema_at((unsigned)k)->name);
    assert_int_equal(i, 0);
}

static void test_only_names_types(void **state)
{
    const char *types = option_of("type")->choices, *word;
    size_t n;
    (void)state;
    for (size_t i = 0; config_option(i); i++)
        for (size_t k = 0;
             config_option(i)->only && config_word(config_option(i)->only, k, &word, &n); k++) {
            char type[32] = "";
            memcpy(type, word, n);
            if (!config_has_word(types, type))
                fail_msg("%s is of type %s, which is none", config_option(i)->key, type);
        }
}

/* ---- values ---- */

static void test_defaults(void **state)
{
    struct config c;
    (void)state;
    parse(VC "stores:\n- {type: prometheus, url: 'http://p/api/v1/write'}\n"
             "- {type: otlp, url: 'http://o/v1/metrics'}\n- {type: kafka, brokers: 'k:9092'}\n"
             "- {type: graphite}\n- {type: postgresql, connection: dbname=v}\n- {type: influxdb, "
             "url: 'http://i'}\n- {type: file}\n",
          &c);
    for (size_t i = 0; i < c.nstores; i++) {
        assert_string_equal(c.stores[i].include, "");
        assert_string_equal(c.stores[i].exclude, "");
        assert_string_equal(c.stores[i].labels, "");
        assert_string_equal(c.stores[i].schema, "vstrata");
        assert_string_equal(c.stores[i].raw, "");
        assert_int_equal(c.stores[i].per_vcpu, 1);
        assert_int_equal(c.stores[i].timeout_s, i < 6 ? 30 : 0);
    }
    assert_string_equal(c.stores[0].version, "auto");
    assert_int_equal(c.stores[0].shards, 1);
    assert_int_equal(c.stores[0].stale_after_s, 60);
    assert_int_equal(c.stores[0].batch_values, 8000);
    assert_int_equal(c.stores[0].batch_bytes, 4 << 20);
    assert_int_equal(c.stores[1].gzip, 1);
    assert_string_equal(c.stores[2].topic, "vstrata");
    assert_string_equal(c.stores[2].format, "line");
    assert_string_equal(c.stores[2].properties, "");
    assert_string_equal(c.stores[3].address, "127.0.0.1:2003");
    assert_string_equal(c.stores[3].prefix, "vstrata");
    assert_int_equal(c.stores[3].tls, 0);
    assert_string_equal(c.stores[4].table, "vstrata");
    assert_string_equal(c.stores[5].precision, "ms");
    assert_string_equal(c.stores[6].url, ""); /* of another type: never NULL */
    config_free(&c);
}

static void test_everything_set(void **state)
{
    struct config c;
    (void)state;
    parse(VC
          "collect: {raw: [cpu.ready.summation, 'net.*']}\n"
          "stores:\n"
          "- type: prometheus\n  url: http://p/api/v1/write\n  version: '2.0'\n  shards: 4\n"
          "  stale_after: 0s\n  batch_values: 100\n  batch_size: 64KiB\n  user: u\n  password: s\n"
          "  headers:\n  - 'X-Scope-OrgID: a'\n  - 'X-Other: b c'\n"
          "  labels: [cluster=east, __replica__=a=b]\n"
          "  include:\n  - layer:unmet form:total\n  - 'cluster:\"Prod East\" cpu.*'\n"
          "  exclude: kind:status\n"
          "- {type: graphite, address: '[::1]:2003', prefix: '', tls: yes, ca_file: /c, schema: "
          "sexigraf}\n"
          "- {type: kafka, brokers: 'a:1,b:2', topic: t.x, format: json, user: u, password: p, "
          "properties: [security.protocol=SASL_SSL, a=]}\n"
          "- {type: postgresql, connection: 'host=h dbname=d', password: p, table: t2}\n"
          "- {type: influxdb, url: 'http://i', api: v3, precision: s, exclude: []}\n",
          &c);
    assert_string_equal(c.stores[0].version, "2.0");
    assert_int_equal(c.stores[0].shards, 4);
    assert_int_equal(c.stores[0].stale_after_s, 0);
    assert_int_equal(c.stores[0].batch_values, 100);
    assert_int_equal(c.stores[0].batch_bytes, 65536);
    assert_string_equal(c.stores[0].headers, "X-Scope-OrgID: a\nX-Other: b c");
    assert_string_equal(c.stores[0].labels, "cluster=east\n__replica__=a=b");
    assert_string_equal(c.stores[0].include, "layer:unmet form:total\ncluster:\"Prod East\" cpu.*");
    assert_string_equal(c.stores[0].exclude, "kind:status");
    assert_string_equal(c.stores[0].raw, "cpu.ready.summation\nnet.*");
    assert_string_equal(c.collect.raw, "cpu.ready.summation\nnet.*");
    assert_string_equal(c.stores[1].address, "[::1]:2003");
    assert_string_equal(c.stores[1].prefix, "");
    assert_int_equal(c.stores[1].tls, 1);
    assert_string_equal(c.stores[1].schema, "sexigraf");
    assert_string_equal(c.stores[2].brokers, "a:1,b:2");
    assert_string_equal(c.stores[2].password, "p");
    assert_string_equal(c.stores[2].properties, "security.protocol=SASL_SSL\na=");
    assert_string_equal(c.stores[3].connection, "host=h dbname=d");
    assert_string_equal(c.stores[3].password, "p");
    assert_string_equal(c.stores[4].api, "v3");
    assert_string_equal(c.stores[4].precision, "s");
    assert_string_equal(c.stores[4].exclude, "");
    config_free(&c);
}

/* What is refused, and what the message must say. */
static const struct {
    const char *text, *want;
} refusals[] = {
    /* lists */
    {INFLUX "  include:\n  - cpu.*\n  - [a]\n",
     "f.yaml:7: stores[0].include: a list of texts is needed here; allowed: "},
    {INFLUX "  include: {a: b}\n", "f.yaml:5: stores[0].include: a list of texts is needed here"},
    {INFLUX "  include: [cpu.*, ]\n  labels: [~]\n",
     "f.yaml:6: stores[0].labels: a list of texts is needed here"},
    {INFLUX "  headers: [\"A: b\\nC: d\"]\n", "stores[0].headers: holds a control"},
    /* selectors: line, key, and the word that may be meant */
    {INFLUX "  include:\n  - cpu.*\n  - cpu.redy\n",
     "f.yaml:7: stores[0].include: \"cpu.redy\" has \"cpu.redy\", which is no quantity; did you "
     "mean cpu.ready?; allowed: "},
    {INFLUX "  exclude: ['lyer:unmet']\n",
     "stores[0].exclude: \"lyer:unmet\" has the unknown word \"lyer\"; did you mean layer?"},
    {INFLUX "  exclude: ['layer:unmett']\n", "which is no layer; did you mean unmet?"},
    {INFLUX "  exclude: ['form:totl']\n", "which is no form; did you mean total?"},
    {INFLUX "  exclude: ['cpu.ready layer:usage']\n",
     "matches no quantity: there is none that is all of this"},
    {INFLUX "  exclude: ['raw:net.* cpu.*']\n", "asks for raw counters and for quantities at once"},
    {INFLUX "  exclude: ['vm:\"a']\n", "has a double quote that does not end"},
    {INFLUX "  exclude: ['']\n", "stores[0].exclude: \"\" is empty"},
    /* texts */
    {INFLUX "  labels: [1a=b]\n", "stores[0].labels: \"1a=b\" is not valid; allowed: key=value"},
    {INFLUX "  labels: [a=]\n", "\"a=\" is not valid"},
    {INFLUX "  labels: [a-b=c]\n", "\"a-b=c\" is not valid"},
    {VC "stores: [{type: kafka, brokers: 'a:1', format: json, schema: telegraf}]\n",
     "f.yaml:2: stores[0].schema: has no names for messages of format json"},
    {VC "stores: [{type: kafka, brokers: 'a:1', format: json, labels: a=b}]\n",
     "stores[0].labels: are not in messages of format json"},
    {INFLUX "  password: hidden\n", "stores[0].password: is of no use without user"},
    {VC "stores: [{type: graphite, ca_file: /c}]\n", "stores[0].ca_file: is of no use without tls"},
    {INFLUX "  labels: [a=b, a=c]\n", "stores[0].labels: the key of \"a=c\" is given twice"},
    {INFLUX "  headers: ['no colon']\n", "stores[0].headers: is not valid; allowed: Name: value"},
    {INFLUX "  headers: ['A b: c']\n", "headers: is not valid"},
    {INFLUX "  precision: m\n", "allowed: ms, s, us, ns"},
    {INFLUX "  batch_values: 99\n", "out of range; allowed: 100 to 100000"},
    {INFLUX "  batch_size: 5MiB\n", "out of range; allowed: 64KiB to 4MiB"},
    {INFLUX "  schema: telegraph\n", "allowed: vstrata, telegraf, vmware_exporter, sexigraf"},
    {VC "stores: [{type: prometheus}]\n", "stores[0].url: is needed; allowed: http(s)://"},
    {VC "stores: [{type: prometheus, url: 'http://a', shards: 33}]\n", "allowed: 1 to 32"},
    {VC "stores: [{type: kafka}]\n", "stores[0].brokers: is needed"},
    {VC "stores: [{type: kafka, brokers: 'a:1,'}]\n", "\"a:1,\" is not valid"},
    {VC "stores: [{type: kafka, brokers: 'a:1', topic: 'a b'}]\n", "\"a b\" is not valid"},
    {VC "stores: [{type: kafka, brokers: 'a:1', properties: [acks]}]\n",
     "properties: is not valid"},
    {VC "stores: [{type: graphite, address: a}]\n", "\"a\" is not valid; allowed: host:port"},
    {VC "stores: [{type: graphite, address: 'a:0'}]\n", "\"a:0\" is not valid"},
    {VC "stores: [{type: graphite, prefix: a..b}]\n", "\"a..b\" is not valid"},
    {VC "stores: [{type: graphite, labels: [a=b]}]\n", "of type graphite has no such option"},
    {VC "stores: [{type: postgresql}]\n", "stores[0].connection: is needed"},
    {VC "stores: [{type: postgresql, connection: 'host=a password=x'}]\n",
     "connection: is not valid; allowed: "},
    {VC "stores: [{type: postgresql, connection: a=b, table: T}]\n", "\"T\" is not valid"},
    {VC "collect: {raw: [Cpu]}\n", "collect.raw: \"Cpu\" is not valid; allowed: counters"},
    {VC "collect: {raw: ['cpu ready']}\n", "\"cpu ready\" is not valid"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        struct config config;
        struct config_error err = {""};
        if (config_parse(refusals[i].text, strlen(refusals[i].text), "f.yaml", &config, &err) == 0)
            fail_msg("taken: %s", refusals[i].text);
        if (!strstr(err.message, refusals[i].want))
            fail_msg("\"%s\" is not in: %s", refusals[i].want, err.message);
    }
}

static void test_caps(void **state)
{
    struct buf text;
    struct config c;
    struct config_error err;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_str(&text, INFLUX "  include:\n");
    for (int i = 0; i < 256; i++)
        buf_printf(&text, "  - vm:v%d\n", i);
    parse(text.data, &c);
    config_free(&c);
    buf_str(&text, "  - vm:more\n");
    assert_int_equal(config_parse(text.data, text.len, "f", &c, &err), -1);
    assert_non_null(strstr(err.message, "stores[0].include: 257 entries; allowed: at most 256"));
    buf_clear(&text);
    buf_str(&text, INFLUX "  labels:\n");
    for (int i = 0; i < 25; i++)
        buf_printf(&text, "  - l%d=x\n", i);
    assert_int_equal(config_parse(text.data, text.len, "f", &c, &err), -1);
    assert_non_null(strstr(err.message, "stores[0].labels: 25 entries; allowed: at most 24"));
    buf_clear(&text);
    buf_str(&text, INFLUX "  exclude: ['vm:");
    for (int i = 0; i < 1100; i++)
        buf_char(&text, 'x');
    buf_str(&text, "']");
    assert_int_equal(config_parse(text.data, text.len, "f", &c, &err), -1);
    assert_non_null(strstr(err.message, "is too long"));
    buf_free(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_types_are_the_drivers),
        cmocka_unit_test(test_schemas_are_all),
        cmocka_unit_test(test_only_names_types),
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything_set),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
