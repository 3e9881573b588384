/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_table.h"

#include <string.h>

#include "base/caps.h"
#include "config_check.h"
#include "config_rows.h"
#include "config_value.h"

#define GLOBAL(field) offsetof(struct config, field)
#define VCENTER(field) offsetof(struct vcenter_config, field)

static const struct config_section_info sections[SECTION_COUNT] = {
    [SECTION_TOP] = {.name = "", .help = ""},
    [SECTION_VCENTERS] = {.name = "vcenters",
                          .list = true,
                          .element = sizeof(struct vcenter_config),
                          .cap = CAP_VCENTERS,
                          .help = "The vCenters, or single ESXi hosts, to collect from; at least "
                                  "one. Each has these options."},
    [SECTION_COLLECT] = {.name = "collect", .help = "When and how samples are asked for."},
    [SECTION_LAYERS] = {.name = "layers", .help = "The model."},
    [SECTION_VERDICT] = {.name = "verdict",
                         .help = "In which layer each VM hurts. A rule is 0 up to the first number "
                                 "of its range, 1 at the second and beyond, linear between; or it "
                                 "is off. It counts once it has lasted."},
    [SECTION_JOURNAL] = {.name = "journal",
                         .help = "The hand-over between collectors and stores, on disk."},
    [SECTION_STORES] = {.name = "stores",
                        .list = true,
                        .element = sizeof(struct store_options),
                        .cap = CAP_STORES,
                        .help = "Where rows go. Without any entry: the embedded store alone, which "
                                "the page needs. With entries: these and no other."},
    [SECTION_WEB] = {.name = "web", .help = "The page, the HTTP API, /metrics and health."},
    [SECTION_LOG] = {.name = "log", .help = "The log, on standard error."},
};

static const struct config_option options[] = {
    {.section = SECTION_TOP,
     .key = "data_dir",
     .type = CONFIG_TEXT,
     .value = "/var/lib/vstrata",
     .offset = GLOBAL(data_dir),
     .check = config_is_filled,
     .allowed = "a folder",
     .help = "Folder of the journal and of the embedded store."},

    {.section = SECTION_VCENTERS,
     .key = "url",
     .type = CONFIG_TEXT,
     .example = "https://vcenter.example.com",
     .offset = VCENTER(url),
     .high = CAP_NAME,
     .check = config_is_url,
     .allowed = "https://host[:port], without user and password",
     .help = "Its address."},
    {.section = SECTION_VCENTERS,
     .key = "name",
     .type = CONFIG_TEXT,
     .value = "",
     .example = "vcenter.example.com",
     .offset = VCENTER(name),
     .high = CAP_NAME,
     .help = "The label vcenter of its series; unique. Default: the host of the url."},
    {.section = SECTION_VCENTERS,
     .key = "user",
     .type = CONFIG_TEXT,
     .example = "vstrata@vsphere.local",
     .offset = VCENTER(user),
     .high = CAP_NAME,
     .check = config_is_filled,
     .allowed = "a user name",
     .help = "Who logs in. The role Read-only is enough."},
    SECRET(SECTION_VCENTERS, NULL, "password", NULL, VCENTER(password), "The password",
           "/etc/vstrata/vcenter.password", "VSTRATA_PASSWORD", "vcenter.password"),
    {.section = SECTION_VCENTERS,
     .key = "ca_file",
     .type = CONFIG_TEXT,
     .value = "",
     .offset = VCENTER(ca_file),
     .help = "File of the certificate authorities (PEM) to trust. Empty: the system's."},
    {.section = SECTION_VCENTERS,
     .key = "thumbprint",
     .type = CONFIG_TEXT,
     .value = "",
     .offset = VCENTER(thumbprint),
     .check = config_is_thumbprint,
     .allowed = "64 hex digits, with or without colons",
     .help = "SHA-256 of the server's certificate. If given, this certificate is trusted and no "
             "other."},

    {.section = SECTION_COLLECT,
     .key = "interval",
     .type = CONFIG_DURATION,
     .value = "0s",
     .offset = GLOBAL(collect.interval_ms),
     .high = HOUR,
     .unit = MS,
     .help = "Time between two collections. 0s: the server's own refresh rate (20 s)."},
    {.section = SECTION_COLLECT,
     .key = "lag",
     .type = CONFIG_DURATION,
     .value = "2s",
     .offset = GLOBAL(collect.lag_ms),
     .high = HOUR,
     .unit = MS,
     .help = "How long after the server's sample boundary a collection begins."},
    {.section = SECTION_COLLECT,
     .key = "batch_entities",
     .type = CONFIG_NUMBER,
     .value = "100",
     .offset = GLOBAL(collect.batch_entities),
     .low = 1,
     .high = 1000,
     .help = "VMs in one query."},
    {.section = SECTION_COLLECT,
     .key = "batches_at_once",
     .type = CONFIG_NUMBER,
     .value = "4",
     .offset = GLOBAL(collect.batches_at_once),
     .low = 1,
     .high = 64,
     .help = "Queries under way at the same time, per vCenter."},
    {.section = SECTION_COLLECT,
     .key = "first_lookback",
     .type = CONFIG_DURATION,
     .value = "5m",
     .offset = GLOBAL(collect.first_lookback_s),
     .high = HOUR,
     .unit = SECOND,
     .help = "How far back to ask when a VM is seen for the first time."},
    {.section = SECTION_COLLECT,
     .key = "reread",
     .type = CONFIG_DURATION,
     .value = "15m",
     .offset = GLOBAL(collect.reread_s),
     .low = MINUTE,
     .high = DAY,
     .unit = SECOND,
     .help =
         "Time between two full readings of the inventory, which back up the server's updates."},
    {.section = SECTION_COLLECT,
     .key = "call_timeout",
     .type = CONFIG_DURATION,
     .value = "60s",
     .offset = GLOBAL(collect.call_timeout_s),
     .low = SECOND,
     .high = 10 * MINUTE,
     .unit = SECOND,
     .help = "Longest time for one call."},
    {.section = SECTION_COLLECT,
     .key = "disk",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(collect.disk),
     .help = "Ask for the counters of virtual disks and datastores."},
    {.section = SECTION_COLLECT,
     .key = "network",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(collect.network),
     .help = "Ask for the counters of virtual network adapters."},
    {.section = SECTION_COLLECT,
     .key = "hosts",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(collect.hosts),
     .help = "Collect from the hosts, too; what they say explains unmet demand of their VMs."},
    {.section = SECTION_COLLECT,
     .key = "guest",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(collect.guest),
     .help = "Read what guests say of themselves: counters of the group guest, the state of VMware "
             "Tools, file systems, and the variable guestinfo.vstrata that config/guest/ "
             "publishes."},
    {.section = SECTION_COLLECT,
     .key = "device_names",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(collect.device_names),
     .help = "Read the devices of VMs: names of disks and network adapters, and what storage is "
             "behind a disk. Without it the overhead of snapshots is known in part only."},
    {.section = SECTION_COLLECT,
     .key = "snapshot_space_interval",
     .type = CONFIG_DURATION,
     .value = "15m",
     .offset = GLOBAL(collect.snapshot_space_s),
     .high = DAY,
     .unit = SECOND,
     .help = "Time between two readings of the space that snapshots take, of VMs that have one; "
             "part of disk. 0s: never."},
    {.section = SECTION_COLLECT,
     .key = "raw",
     .type = CONFIG_LIST,
     .value = "",
     .offset = GLOBAL(collect.raw),
     .check = config_is_counter,
     .allowed = "counters of the server such as cpu.ready.summation, * stands for anything",
     .help = "Counters to be asked beside those of the model and stored as they come, in stores "
             "of schema vstrata. What another schema is made of is asked anyway."},

    {.section = SECTION_LAYERS,
     .key = "other_wait_is_unmet",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(other_wait_is_unmet),
     .help = "Count other wait as unmet demand. Snapshots, vMotion and blocking IO inflate it, so "
             "some sites leave it out; it is published as a part in any case."},

    {.section = SECTION_VERDICT,
     .key = "intervals",
     .type = CONFIG_NUMBER,
     .value = "5",
     .offset = GLOBAL(verdict.intervals),
     .low = 1,
     .high = VERDICT_INTERVALS_MAX,
     .help = "How many of the last intervals are looked at."},
    {.section = SECTION_VERDICT,
     .key = "needed",
     .type = CONFIG_NUMBER,
     .value = "3",
     .offset = GLOBAL(verdict.needed),
     .low = 1,
     .high = VERDICT_INTERVALS_MAX,
     .help = "In how many of them a rule must reach a score for the score to count; at most "
             "intervals."},

    {.section = SECTION_JOURNAL,
     .key = "max_size",
     .type = CONFIG_SIZE,
     .value = "1GiB",
     .offset = GLOBAL(journal_max_bytes),
     .low = 16 * MIB,
     .high = MIB * MIB,
     .help = "What stores have not taken yet is kept up to this size; beyond it the oldest is "
             "dropped and counted."},

    {.section = SECTION_WEB,
     .key = "enabled",
     .type = CONFIG_BOOL,
     .value = "true",
     .offset = GLOBAL(web_enabled),
     .help = "Serve them."},
    {.section = SECTION_WEB,
     .key = "listen",
     .type = CONFIG_TEXT,
     .value = "127.0.0.1:8077",
     .offset = GLOBAL(web_listen),
     .check = config_is_listen,
     .allowed = "address:port or [address]:port",
     .help = "Address and port. There is no log-in: keep it on loopback or behind a proxy."},

    {.section = SECTION_LOG,
     .key = "level",
     .type = CONFIG_CHOICE,
     .value = "info",
     .offset = GLOBAL(log_level),
     .choices = "debug info warn error",
     .help = "The least grave lines that are written."},
};
enum { OPTIONS = sizeof options / sizeof *options };
_Static_assert((int)OPTIONS + CONFIG_STORE_OPTIONS + RULE_COUNT <= (int)CONFIG_OPTIONS,
               "room for all");

const struct config_section_info *config_section(enum config_section section)
{
    return &sections[section];
}

const struct config_option *config_option(size_t i)
{
    const size_t stores = config_store_options();
    if (i < OPTIONS)
        return &options[i];
    i -= OPTIONS;
    return i < stores ? config_store_option(i) : config_rule_option(i - stores);
}

bool config_word(const char *words, size_t i, const char **ret, size_t *ret_n)
{
    for (; *words; words += strspn(words, " ")) {
        size_t n = strcspn(words, " ");
        if (i-- == 0) {
            *ret = words;
            *ret_n = n;
            return true;
        }
        words += n;
    }
    return false;
}

bool config_has_word(const char *words, const char *word)
{
    const char *at;
    size_t n;
    for (size_t i = 0; config_word(words, i, &at, &n); i++)
        if (strlen(word) == n && memcmp(at, word, n) == 0)
            return true;
    return false;
}

static void write_choices(struct buf *out, const char *choices)
{
    const char *word;
    size_t n;
    for (size_t i = 0; config_word(choices, i, &word, &n); i++) {
        buf_str(out, i ? ", " : "");
        buf_add(out, word, n);
    }
}

void config_allowed(struct buf *out, const struct config_option *option)
{
    void (*write)(struct buf *, int64_t) = buf_int;
    switch (option->type) {
    case CONFIG_BOOL:
    case CONFIG_FLAG:
        buf_str(out, "true or false");
        return;
    case CONFIG_CHOICE:
        write_choices(out, option->choices);
        return;
    case CONFIG_DURATION:
        write = config_write_duration;
        break;
    case CONFIG_SIZE:
        write = config_write_size;
        break;
    case CONFIG_NUMBER:
        break;
    default:
        buf_str(out, option->allowed ? option->allowed : "");
        return;
    }
    write(out, option->low);
    buf_str(out, " to ");
    write(out, option->high);
}
