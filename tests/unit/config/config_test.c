/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/caps.h"
#include "config.h"

/* A vCenter, so that a test need not care for it. */
#define VC "vcenters: [{url: 'https://vc.example', user: u, password: p}]\n"

static char folder[] = "/tmp/vstrata-config-XXXXXX";

static void parse(const char *text, struct config *ret)
{
    struct config_error err = {""};
    if (config_parse(text, strlen(text), "f.yaml", ret, &err) != 0)
        fail_msg("refused: %s", err.message);
}

static void refused(const char *text, const char *want)
{
    struct config config = {.nvcenters = 77};
    struct config_error err = {""};
    assert_int_equal(config_parse(text, strlen(text), "f.yaml", &config, &err), -1);
    if (!strstr(err.message, want))
        fail_msg("\"%s\" is not in: %s", want, err.message);
    assert_int_equal(config.nvcenters, 77); /* results are written last */
}

static void test_defaults(void **state)
{
    struct config c;
    (void)state;
    parse(VC, &c);
    assert_int_equal(c.nvcenters, 1);
    assert_string_equal(c.vcenters[0].name, "vc.example");
    assert_string_equal(c.vcenters[0].url, "https://vc.example");
    assert_string_equal(c.vcenters[0].user, "u");
    assert_string_equal(c.vcenters[0].password, "p");
    assert_string_equal(c.vcenters[0].ca_file, "");
    assert_string_equal(c.vcenters[0].thumbprint, "");
    assert_int_equal(c.collect.interval_ms, 0);
    assert_int_equal(c.collect.lag_ms, 2000);
    assert_int_equal(c.collect.batch_entities, 100);
    assert_int_equal(c.collect.batches_at_once, 4);
    assert_int_equal(c.collect.first_lookback_s, 300);
    assert_int_equal(c.collect.reread_s, 900);
    assert_int_equal(c.collect.call_timeout_s, 60);
    assert_true(c.other_wait_is_unmet);
    assert_string_equal(c.data_dir, "/var/lib/vstrata");
    assert_int_equal(c.journal_max_bytes, 1 << 30);
    assert_true(c.web_enabled);
    assert_string_equal(c.web_listen, "127.0.0.1:8077");
    assert_string_equal(c.log_level, "info");
    assert_int_equal(c.nstores, 1); /* none configured: the embedded one */
    assert_string_equal(c.stores[0].type, "embedded");
    assert_string_equal(c.stores[0].name, "embedded");
    assert_string_equal(c.stores[0].path, "/var/lib/vstrata/embedded");
    assert_int_equal(c.stores[0].retention_days, 7);
    assert_int_equal(c.stores[0].flush_seconds, 300);
    assert_int_equal(c.stores[0].per_vcpu, 1);
    assert_string_equal(c.stores[0].url, ""); /* of another type: never NULL */
    config_free(&c);
    assert_null(c.owned);
}

static void test_everything_set(void **state)
{
    struct config c;
    (void)state;
    parse("log: {level: debug}\n"
          "web: {enabled: off, listen: '[::1]:0'}\n"
          "data_dir: /data\n"
          "layers:\n  other_wait_is_unmet: false\n"
          "journal:\n  max_size: 64MiB\n"
          "collect:\n"
          "  interval: 1m\n  lag: 1500ms\n  batch_entities: 50\n  batches_at_once: 1\n"
          "  first_lookback: 1h\n  reread: 1d\n  call_timeout: 90s\n"
          "vcenters:\n"
          "- url: https://[2001:db8::1]:8443/sdk\n  user: a@b\n  password: 'x: y'\n"
          "- {name: two, url: http://esx.example:8080, user: root, password: '',"
          " ca_file: /ca.pem, thumbprint: "
          "'00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00:11:22:33:44:55:66:77:88:99:aa:bb:cc:"
          "dd:ee:ff'}\n"
          "stores:\n"
          "- retention: 30d\n  flush: 60s\n  type: embedded\n  per_vcpu: no\n"
          "- {type: influxdb, url: 'http://127.0.0.1:8428'}\n"
          "- {type: influxdb, name: two, url: https://i.example, api: v2, org: o, bucket: b,"
          " token: t, user: u, password: p, database: d, retention_policy: r, ca_file: /c,"
          " timeout: 5s, gzip: false}\n"
          "- {type: file}\n",
          &c);
    assert_string_equal(c.log_level, "debug");
    assert_false(c.web_enabled);
    assert_string_equal(c.web_listen, "[::1]:0");
    assert_false(c.other_wait_is_unmet);
    assert_int_equal(c.journal_max_bytes, 64 << 20);
    assert_int_equal(c.collect.interval_ms, 60000);
    assert_int_equal(c.collect.lag_ms, 1500);
    assert_int_equal(c.collect.batch_entities, 50);
    assert_int_equal(c.collect.batches_at_once, 1);
    assert_int_equal(c.collect.first_lookback_s, 3600);
    assert_int_equal(c.collect.reread_s, 86400);
    assert_int_equal(c.collect.call_timeout_s, 90);
    assert_int_equal(c.nvcenters, 2);
    assert_string_equal(c.vcenters[0].name, "[2001:db8::1]");
    assert_string_equal(c.vcenters[0].password, "x: y");
    assert_string_equal(c.vcenters[1].name, "two");
    assert_string_equal(c.vcenters[1].password, "");
    assert_string_equal(c.vcenters[1].ca_file, "/ca.pem");
    assert_int_equal(strlen(c.vcenters[1].thumbprint), 95);
    assert_int_equal(c.nstores, 4);
    assert_string_equal(c.stores[0].path, "/data/embedded");
    assert_int_equal(c.stores[0].retention_days, 30);
    assert_int_equal(c.stores[0].flush_seconds, 60);
    assert_int_equal(c.stores[0].per_vcpu, 0);
    assert_string_equal(c.stores[1].name, "influxdb");
    assert_string_equal(c.stores[1].api, "v1");
    assert_string_equal(c.stores[1].database, "vstrata");
    assert_int_equal(c.stores[1].gzip, 1);
    assert_int_equal(c.stores[1].timeout_s, 30);
    assert_string_equal(c.stores[2].name, "two");
    assert_string_equal(c.stores[2].url, "https://i.example");
    assert_string_equal(c.stores[2].api, "v2");
    assert_string_equal(c.stores[2].org, "o");
    assert_string_equal(c.stores[2].bucket, "b");
    assert_string_equal(c.stores[2].token, "t");
    assert_string_equal(c.stores[2].user, "u");
    assert_string_equal(c.stores[2].password, "p");
    assert_string_equal(c.stores[2].database, "d");
    assert_string_equal(c.stores[2].retention_policy, "r");
    assert_string_equal(c.stores[2].ca_file, "/c");
    assert_int_equal(c.stores[2].timeout_s, 5);
    assert_int_equal(c.stores[2].gzip, 0);
    assert_string_equal(c.stores[3].path, "-");
    config_free(&c);
}

/* What is refused, and what the message must say: file, line, key and what is allowed. */
static const struct {
    const char *text, *want;
} refusals[] = {
    /* numbers of every kind */
    {VC "collect:\n  lag: abc\n", "f.yaml:3: collect.lag: \"abc\" is not a duration (500ms, 20s, "
                                  "5m, 1h, 7d); allowed: 0s to 1h"},
    {VC "collect: {lag: 5}\n", "f.yaml:2: collect.lag: \"5\" is not a duration"},
    {VC "collect: {lag: -5s}\n", "\"-5s\" is not a duration"},
    {VC "collect: {lag: 1.5s}\n", "\"1.5s\" is not a duration"},
    {VC "collect: {lag: 5sec}\n", "\"5sec\" is not a duration"},
    {VC "collect: {lag: 999999999999999d}\n", "is not a duration"},
    {VC "collect: {lag: 9999999999999999s}\n", "is not a duration"},
    {VC "collect: {lag: }\n", "\"\" is not a duration"},
    {VC "collect: {lag: 61m}\n",
     "f.yaml:2: collect.lag: \"61m\" is out of range; allowed: 0s to 1h"},
    {VC "collect: {reread: 59s}\n", "\"59s\" is out of range; allowed: 1m to 1d"},
    {VC "collect: {reread: 61500ms}\n", "\"61500ms\" is not a whole number of seconds"},
    {VC "stores: [{type: embedded, retention: 36h}]\n",
     "stores[0].retention: \"36h\" is not a whole number of days; allowed: 1d to 3650d"},
    {VC "stores: [{type: embedded, retention: 0}]\n", "\"0\" is out of range"},
    {VC "collect: {batch_entities: 0}\n", "\"0\" is out of range; allowed: 1 to 1000"},
    {VC "collect: {batch_entities: 10k}\n", "\"10k\" is not a number; allowed: 1 to 1000"},
    {VC "journal: {max_size: 1GB}\n",
     "journal.max_size: \"1GB\" is not a size (64KiB, 16MiB, 1GiB); allowed: 16MiB to 1TiB"},
    {VC "journal: {max_size: 15MiB}\n", "\"15MiB\" is out of range"},
    {VC "journal: {max_size: 9000000TiB}\n", "\"9000000TiB\" is not a size"},
    {VC "web: {enabled: maybe}\n",
     "f.yaml:2: web.enabled: \"maybe\" is not a truth value; allowed: true or false"},
    {VC "log: {level: loud}\n",
     "log.level: \"loud\" is none of the words; allowed: debug, info, warn, error"},
    /* texts */
    {VC "web: {listen: '8077'}\n", "\"8077\" is not valid; allowed: address:port"},
    {VC "web: {listen: ':8077'}\n", "is not valid"},
    {VC "web: {listen: '::1:8077'}\n", "is not valid"},
    {VC "web: {listen: '127.0.0.1:65536'}\n", "is not valid"},
    {VC "data_dir: ''\n", "f.yaml:2: data_dir: \"\" is not valid; allowed: a folder"},
    {VC "data_dir: \"a\\nb\"\n", "data_dir: \"a?b\" holds a control character"},
    {VC "data_dir: \"a\\0b\"\n", "holds a control character"},
    {VC "data_dir: [a]\n", "f.yaml:2: data_dir: a single value is needed here; allowed: a folder"},
    {"vcenters: [{url: vc.example, user: u, password: p}]",
     "f.yaml:1: vcenters[0].url: \"vc.example\" is not valid; allowed: https://host[:port]"},
    {"vcenters: [{url: 'https://u:secret@vc', user: u, password: p}]", "is not valid"},
    {"vcenters: [{url: 'https://', user: u, password: p}]", "is not valid"},
    {"vcenters: [{url: 'https://v', user: u, password: p, thumbprint: 'AA:BB'}]",
     "vcenters[0].thumbprint: \"AA:BB\" is not valid; allowed: 64 hex digits"},
    /* keys */
    {VC "colect: {}\n", "f.yaml:2: colect: unknown key; did you mean collect? allowed: data_dir, "},
    {VC "collect:\n  lagg: 5s\n",
     "f.yaml:3: collect.lagg: unknown key; did you mean lag? allowed: interval, lag, "},
    {VC "frobnicate: 1\n", "f.yaml:2: frobnicate: unknown key; allowed: "},
    {VC "\"a\\nb\": 1\n", "f.yaml:2: a?b: unknown key"},
    {VC "collect:\n  lag: 5s\n  lag: 6s\n", "f.yaml:4: collect.lag: given twice, first in line 3"},
    {VC "log: {}\nweb: {}\nlog: {}\n", "f.yaml:4: log: given twice, first in line 2"},
    {VC "? [a]\n: b\n", "f.yaml:2: a key must be a word"},
    {VC "stores: [{type: file, url: 'http://a'}]\n",
     "stores[0].url: a store of type file has no such option, one of type influxdb, prometheus, "
     "otlp has; allowed: type, name, path, include, exclude, per_vcpu, schema, labels"},
    {VC "stores: [{type: embedded, include: [cpu.*]}]\n",
     "stores[0].include: a store of type embedded has no such option, one of type influxdb, "},
    {VC "stores: [{type: embedded, urk: 1}]\n", "stores[0].urk: unknown key; allowed: type, name,"},
    /* shapes */
    {"", "f.yaml: vcenters: at least one entry is needed"},
    {"vcenters:\n", "vcenters: at least one entry is needed"},
    {"- a\n", "f.yaml:1: a map is needed here"},
    {VC "collect: 5\n", "f.yaml:2: collect: a map is needed here"},
    {VC "collect: [a]\n", "f.yaml:2: collect: a map is needed here"},
    {"vcenters: {url: a}\n", "f.yaml:1: vcenters: a list is needed here"},
    {VC "stores: [embedded]\n", "stores[0]: a map is needed here"},
    {VC "---\n" VC, "a second document begins here; allowed: one"},
    {VC "a: [\n", "f.yaml:3: not YAML: "},
    {VC "data_dir: [[[[[[[[[[", "f.yaml:2: nested too deep; allowed: 8 levels"},
    {VC "\tb: 1\n", "f.yaml:2: not YAML: "},
    /* what must be given */
    {"vcenters:\n- {user: u, password: p}\n",
     "f.yaml:2: vcenters[0].url: is needed; allowed: https://host[:port]"},
    {"vcenters:\n- {url: 'https://v', password: p}\n", "f.yaml:2: vcenters[0].user: is needed"},
    {"vcenters:\n\n- {url: 'https://v', user: u}\n",
     "f.yaml:3: vcenters[0].password: is needed; allowed: password, password_file, password_env or "
     "password_credential"},
    {"vcenters: [ ~ ]\n", "vcenters[0].url: is needed"},
    {VC "stores:\n- {url: 'http://a'}\n",
     "f.yaml:3: stores[0].type: is needed; allowed: embedded, influxdb, prometheus, otlp, kafka, "
     "graphite, postgresql, file"},
    {VC "stores:\n- {url: 'http://a', type: influx}\n",
     "f.yaml:3: stores[0].type: \"influx\" is none of the words; allowed: embedded, influxdb, "},
    {VC "stores: [{type: influxdb}]\n", "f.yaml:2: stores[0].url: is needed"},
    /* one of a kind */
    {"vcenters:\n- {url: 'https://v', user: u, password: p}\n"
     "- {url: 'https://v:8443', user: u, password: p}\n",
     "f.yaml:3: vcenters[1].name: \"v\" is the name of vcenters[0] too"},
    {VC "stores:\n- {type: file, path: a}\n- {type: file, path: b}\n",
     "f.yaml:4: stores[1].name: \"file\" is the name of stores[0] too"},
    {VC "stores:\n- {type: embedded}\n- {type: embedded, name: b}\n",
     "f.yaml:4: stores[1].path: \"/var/lib/vstrata/embedded\" is the path of stores[0] too"},
    {"vcenters: [{url: 'https://v', user: u, password: hidden, password_env: X}]",
     "vcenters[0].password_env: already given by password in line 1"},
    {"vcenters: [{url: 'https://v', user: u, password: [hidden]}]",
     "vcenters[0].password: a single value is needed here"},
};

static void test_refusals(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
        refused(refusals[i].text, refusals[i].want);
}

static void test_caps(void **state)
{
    struct buf text;
    struct config c;
    (void)state;
    buf_init(&text, 1 << 20);
    buf_str(&text, VC "stores:\n");
    for (int i = 0; i < CAP_STORES; i++)
        buf_printf(&text, "- {type: file, name: s%d, path: p%d}\n", i, i);
    parse(text.data, &c);
    assert_int_equal(c.nstores, CAP_STORES);
    config_free(&c);
    buf_str(&text, "- {type: file, name: more, path: more}\n");
    refused(text.data, "stores: 17 entries; allowed: at most 16");
    buf_clear(&text);
    buf_str(&text, VC "data_dir: ");
    for (int i = 0; i < 300; i++)
        buf_char(&text, 'x');
    parse(text.data, &c); /* a path may be long, a name not */
    config_free(&c);
    buf_clear(&text);
    buf_str(&text, VC "stores: [{type: file, name: ");
    for (int i = 0; i <= CAP_NAME; i++)
        buf_char(&text, 'x');
    buf_str(&text, "}]");
    refused(text.data, "is too long");
    buf_clear(&text);
    for (int i = 0; i < CAP_CONFIG_BYTES - 1; i++)
        buf_char(&text, '[');
    refused(text.data, "f.yaml:1: nested too deep"); /* at once: not a matter of minutes */
    buf_free(&text);
}

/* ---- files and secrets ---- */

static const char *file_of(const char *name, const char *text, size_t n, mode_t mode)
{
    static char path[200];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, n), (ssize_t)n);
    assert_int_equal(fchmod(fd, mode), 0);
    close(fd);
    return path;
}

static void with_secret(char text[600], const char *key, const char *value)
{
    snprintf(text, 600, "vcenters: [{url: 'https://v', user: u, %s: '%s'}]\n", key, value);
}

static void test_secret_files(void **state)
{
    static const struct {
        const char *content;
        size_t n;
        mode_t mode;
        const char *secret, *problem;
    } cases[] = {
        {"geheim\n", 7, 0600, "geheim", NULL},
        {"geheim", 6, 0640, "geheim", NULL},
        {"geheim\r\n", 8, 0400, "geheim", NULL},
        {"two\n\n", 5, 0600, "two\n", NULL},
        {" blanks stay ", 13, 0600, " blanks stay ", NULL},
        {"geheim\n", 7, 0644, NULL, "everybody may read"},
        {"geheim\n", 7, 0604, NULL, "(mode 0604); run: chmod o-rwx"},
        {"\n", 1, 0600, NULL, "is empty"},
        {"", 0, 0600, NULL, "is empty"},
        {"ge\0heim", 7, 0600, NULL, "holds a NUL byte"},
    };
    char text[600];
    struct config c;
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        with_secret(text, "password_file",
                    file_of("secret", cases[i].content, cases[i].n, cases[i].mode));
        if (cases[i].secret) {
            parse(text, &c);
            assert_string_equal(c.vcenters[0].password, cases[i].secret);
            config_free(&c);
        } else {
            refused(text, cases[i].problem);
        }
    }
    char *large = calloc(1, CAP_CONFIG_BYTES + 1);
    memset(large, 'x', CAP_CONFIG_BYTES + 1);
    with_secret(text, "password_file", file_of("secret", large, CAP_CONFIG_BYTES + 1, 0600));
    refused(text, "is larger than 1048576 bytes");
    free(large);
    with_secret(text, "password_file", folder);
    refused(text, "is a folder");
    with_secret(text, "password_file", "/nowhere/at/all");
    refused(text, "f.yaml:1: vcenters[0].password_file: cannot open /nowhere/at/all: No such file");
}

static void test_secrets_elsewhere(void **state)
{
    char text[600];
    struct config c;
    (void)state;
    setenv("VSTRATA_TEST_SECRET", "aus der Umgebung", 1);
    with_secret(text, "password_env", "VSTRATA_TEST_SECRET");
    parse(text, &c);
    assert_string_equal(c.vcenters[0].password, "aus der Umgebung");
    config_free(&c);
    setenv("VSTRATA_TEST_SECRET", "", 1);
    refused(text, "password_env: the environment variable VSTRATA_TEST_SECRET is empty");
    unsetenv("VSTRATA_TEST_SECRET");
    refused(text, "the environment variable VSTRATA_TEST_SECRET is not set");

    with_secret(text, "password_credential", "vc.password");
    unsetenv("CREDENTIALS_DIRECTORY");
    refused(text, "no systemd credentials: CREDENTIALS_DIRECTORY is not set");
    setenv("CREDENTIALS_DIRECTORY", folder, 1);
    file_of("vc.password", "credential\n", 11, 0400);
    parse(text, &c);
    assert_string_equal(c.vcenters[0].password, "credential");
    config_free(&c);
    with_secret(text, "password_credential", "../secret");
    refused(text, "\"../secret\" is not the name of a credential");
    with_secret(text, "password_credential", "none");
    refused(text, "cannot open");

    file_of("token", "T", 1, 0600);
    snprintf(text, sizeof text,
             VC "stores: [{type: influxdb, url: 'http://i', token_credential: token}]\n");
    parse(text, &c);
    assert_string_equal(c.stores[0].token, "T");
    assert_string_equal(c.stores[0].password, "");
    config_free(&c);
    unsetenv("CREDENTIALS_DIRECTORY");
}

/* A refused configuration never repeats a secret. */
static void test_secrets_are_not_told(void **state)
{
    static const char *const texts[] = {
        "vcenters: [{url: 'https://v', user: u, password: [geheim]}]",
        "vcenters: [{url: 'https://v', user: u, password: \"geheim\\n\"}]",
        "vcenters: [{url: 'https://v', user: u, password_env: A, password: geheim}]",
        "vcenters: [{url: 'https://v', user: u, password: geheim, password: geheim}]",
    };
    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct config c;
        struct config_error err = {""};
        assert_int_equal(config_parse(texts[i], strlen(texts[i]), "f", &c, &err), -1);
        assert_null(strstr(err.message, "geheim"));
        assert_non_null(strstr(err.message, "password"));
    }
}

static void test_load(void **state)
{
    struct config c;
    struct config_error err;
    (void)state;
    const char *path = file_of("good.yaml", VC, strlen(VC), 0600);
    assert_int_equal(config_load(path, &c, &err), 0);
    assert_int_equal(c.nvcenters, 1);
    config_free(&c);
    assert_int_equal(config_load("/nowhere/at/all", &c, &err), -1);
    assert_string_equal(err.message, "/nowhere/at/all: cannot read: No such file or directory");
    assert_int_equal(config_load(folder, &c, &err), -1);
    assert_non_null(strstr(err.message, "cannot read: Is a directory"));
    char *large = calloc(1, CAP_CONFIG_BYTES + 1);
    memset(large, '#', CAP_CONFIG_BYTES + 1);
    path = file_of("large.yaml", large, CAP_CONFIG_BYTES + 1, 0600);
    assert_int_equal(config_load(path, &c, &err), -1);
    assert_non_null(strstr(err.message, "larger than 1048576 bytes"));
    free(large);
}

/* ---- the sample ---- */

static void read_file(const char *path, struct buf *out)
{
    char chunk[4096];
    size_t n;
    FILE *file = fopen(path, "r");
    if (!file)
        fail_msg("cannot open %s", path);
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(out, chunk, n);
    fclose(file);
}

static void test_sample_is_the_file(void **state)
{
    struct buf sample, file;
    (void)state;
    buf_init(&sample, CAP_CONFIG_BYTES);
    buf_init(&file, CAP_CONFIG_BYTES);
    config_sample(&sample);
    read_file(TEST_SOURCE_DIR "/config/vstrata.yaml", &file);
    assert_string_equal(sample.data, file.data);
    for (char *line = strtok(sample.data, "\n"); line; line = strtok(NULL, "\n"))
        assert_true(strlen(line) <= 100);
    buf_free(&sample);
    buf_free(&file);
}

static bool same_texts(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

/* The sample with a vCenter behind it means the defaults. */
static void test_sample_means_the_defaults(void **state)
{
    struct buf sample;
    struct config c, want;
    (void)state;
    buf_init(&sample, CAP_CONFIG_BYTES);
    config_sample(&sample);
    refused(sample.data, "vcenters: at least one entry is needed");
    char *list = strstr(sample.data, "\nvcenters:\n");
    assert_non_null(list);
    struct buf text;
    buf_init(&text, CAP_CONFIG_BYTES);
    buf_add(&text, sample.data, (size_t)(list - sample.data));
    buf_str(&text, "\n" VC);
    buf_str(&text, list + strlen("\nvcenters:\n"));
    parse(text.data, &c);
    parse(VC, &want);
    assert_memory_equal(&c.collect, &want.collect, offsetof(struct collect_config, disk));
    assert_true(same_texts(c.data_dir, want.data_dir) && same_texts(c.log_level, want.log_level) &&
                same_texts(c.web_listen, want.web_listen));
    assert_int_equal(c.journal_max_bytes, want.journal_max_bytes);
    assert_int_equal(c.web_enabled, want.web_enabled);
    assert_int_equal(c.other_wait_is_unmet, want.other_wait_is_unmet);
    for (int rule = 0; rule < RULE_COUNT; rule++)
        assert_true(c.verdict.ranges[rule].from == want.verdict.ranges[rule].from &&
                    c.verdict.ranges[rule].full == want.verdict.ranges[rule].full);
    assert_int_equal(c.nstores, 1);
    config_free(&c);
    config_free(&want);
    buf_free(&sample);
    buf_free(&text);
}

/* Taking the "#" away gives entries that are taken, once a way to the password is chosen. */
static void test_sample_uncommented(void **state)
{
    struct buf sample, text;
    struct config c;
    (void)state;
    buf_init(&sample, CAP_CONFIG_BYTES);
    buf_init(&text, CAP_CONFIG_BYTES);
    config_sample(&sample);
    setenv("VSTRATA_PASSWORD", "p", 1);
    for (char *line = strtok(sample.data, "\n"); line; line = strtok(NULL, "\n")) {
        bool entry = strncmp(line, "#  ", 3) == 0;
        if (strcmp(line, "#    # password_env: VSTRATA_PASSWORD") == 0)
            line = "     password_env: VSTRATA_PASSWORD";
        else if (entry)
            *line = ' ';
        buf_printf(&text, "%s\n", line);
    }
    parse(text.data, &c);
    assert_int_equal(c.nvcenters, 1);
    assert_string_equal(c.vcenters[0].url, "https://vcenter.example.com");
    assert_string_equal(c.vcenters[0].password, "p");
    assert_int_equal(c.nstores, 8);
    assert_string_equal(c.stores[1].url, "http://127.0.0.1:8086");
    assert_string_equal(c.stores[7].path, "-");
    config_free(&c);
    unsetenv("VSTRATA_PASSWORD");
    buf_free(&sample);
    buf_free(&text);
}

/* Every cut of a whole configuration is answered, never crashed upon. */
static void test_cut_texts(void **state)
{
    static const char text[] =
        "vcenters:\n- {url: 'https://v', user: u, password: p}\nstores:\n- type: influxdb\n"
        "  url: http://a\n  gzip: &a true\n  per_vcpu: *a\n  labels: [a=b, c=d]\n  include:\n  - "
        "cpu.*\n"
        "  - 'vm:\"a b\" layer:unmet'\ncollect: {lag: 5s}\n";
    (void)state;
    for (size_t n = 0; n < sizeof text; n++) {
        struct config c;
        struct config_error err = {""};
        char *copy = malloc(n + 1);
        memcpy(copy, text, n);
        if (config_parse(copy, n, "f", &c, &err) == 0)
            config_free(&c);
        else
            assert_true(strlen(err.message) > 4);
        free(copy);
    }
}

static int setup(void **state)
{
    (void)state;
    return mkdtemp(folder) ? 0 : -1;
}

static int teardown(void **state)
{
    static const char *const names[] = {"secret", "vc.password", "token", "good.yaml",
                                        "large.yaml"};
    char path[200];
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    return rmdir(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_defaults),
        cmocka_unit_test(test_everything_set),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_caps),
        cmocka_unit_test(test_secret_files),
        cmocka_unit_test(test_secrets_elsewhere),
        cmocka_unit_test(test_secrets_are_not_told),
        cmocka_unit_test(test_load),
        cmocka_unit_test(test_sample_is_the_file),
        cmocka_unit_test(test_sample_means_the_defaults),
        cmocka_unit_test(test_sample_uncommented),
        cmocka_unit_test(test_cut_texts),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
