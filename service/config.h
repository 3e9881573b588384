/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The configuration: YAML, read against one const table of options (name, type, default, range,
 * help), which also prints the help and the sample file config/vstrata.yaml.
 */
#ifndef SERVICE_CONFIG_H
#define SERVICE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "layers/verdict.h"
#include "stores/store.h"

struct vcenter_config {
    const char *name; /* label; default: host of the url */
    const char *url;
    const char *user;
    const char *password;   /* from password, password_file, password_env or a systemd credential */
    const char *ca_file;    /* "" = the system's */
    const char *thumbprint; /* "" = verify by CA */
};

struct collect_config {
    int64_t interval_ms;      /* 0 = the provider's refresh rate */
    int64_t lag_ms;           /* asked this long after the server's sample boundary; default 2 s */
    int64_t batch_entities;   /* default 100 */
    int64_t batches_at_once;  /* default 4 */
    int64_t first_lookback_s; /* how far back at the very first sight of a VM; default 300 */
    int64_t reread_s;         /* full inventory re-read; default 900 */
    int64_t call_timeout_s;   /* default 60 */
    int64_t snapshot_space_s; /* between two readings of snapshots' space; 0 = never; 900 */
    bool disk, network, hosts, guest, device_names; /* what is collected; default all */
    const char *raw; /* lines: patterns of counters that are collected as they come, too */
};

struct config {
    size_t nvcenters;
    struct vcenter_config *vcenters;
    struct collect_config collect;
    bool other_wait_is_unmet;
    struct verdict_options verdict;
    const char *data_dir; /* journal and embedded store; default /var/lib/vstrata */
    int64_t journal_max_bytes;
    size_t nstores;
    struct store_options *stores;
    bool web_enabled;
    const char *web_listen; /* default 127.0.0.1:8077 */
    const char *log_level;
    void *owned; /* memory behind the texts */
};

struct config_error {
    char message[600]; /* "vstrata.yaml:12: collect.lag: \"abc\" is not a duration; allowed: 0s to
                          1h" */
};

/* Reads a file. 0, or -1 with err filled. On 0 the caller frees with config_free. */
int config_load(const char *path, struct config *ret, struct config_error *err);

/* The same from text; `name` stands for the file in messages. */
int config_parse(const char *text, size_t n, const char *name, struct config *ret,
                 struct config_error *err);
void config_free(struct config *config);

/* The sample file: every option, its default, and a comment. Equals config/vstrata.yaml. */
void config_sample(struct buf *out);

#endif
