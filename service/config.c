/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/caps.h"
#include "config_read.h"
#include "config_scope.h"
#include "config_value.h"

/* What is being completed, for messages. */
struct draft {
    const char *file;
    struct arena *arena;
    struct config *config;
    struct config_error *err;
    struct config_lines lines;
};

static int no_memory(const struct draft *d)
{
    return config_refuse(d->err, d->file, 0, "", "out of memory");
}

/* ---- defaults that depend on other options ---- */

static int name_vcenters(const struct draft *d)
{
    for (size_t i = 0; i < d->config->nvcenters; i++) {
        struct vcenter_config *vcenter = &d->config->vcenters[i];
        size_t n;
        const char *host = config_url_host(vcenter->url, &n);
        if (*vcenter->name)
            continue;
        vcenter->name = arena_text(d->arena, host, n);
        if (!vcenter->name)
            return no_memory(d);
    }
    return 0;
}

/* No stores configured: the embedded one, as if "- type: embedded" stood there. */
static int add_embedded(struct draft *d)
{
    static const char text[] = "stores: [{type: embedded}]";
    struct config embedded = {0};
    if (config_read(text, sizeof text - 1, d->file, d->arena, &embedded, &d->lines, d->err) != 0)
        return -1;
    d->config->stores = embedded.stores;
    d->config->nstores = embedded.nstores;
    return 0;
}

static int complete_stores(struct draft *d)
{
    const char *folder = d->config->data_dir;
    if (d->config->nstores == 0 && add_embedded(d) != 0)
        return -1;
    for (size_t i = 0; i < d->config->nstores; i++) {
        struct store_options *store = &d->config->stores[i];
        if (!*store->name)
            store->name = store->type;
        store->raw = d->config->collect.raw;
        if (*store->path || strcmp(store->type, "embedded") != 0)
            continue;
        const size_t room = strlen(folder) + sizeof "/embedded";
        char *path = arena_take(d->arena, room);
        if (!path)
            return no_memory(d);
        snprintf(path, room, "%s/embedded", folder);
        store->path = path;
    }
    return 0;
}

/* ---- rules between entries ---- */

/* The text that entry i of a list must not share with another. */
typedef const char *text_of_entry(const struct config *config, size_t i);

static const char *vcenter_name(const struct config *config, size_t i)
{
    return config->vcenters[i].name;
}

static const char *store_name(const struct config *config, size_t i)
{
    return config->stores[i].name;
}

/* Two stores in one folder or file would write over each other. */
static const char *store_path(const struct config *config, size_t i)
{
    return config->stores[i].path;
}

static int check_unique(const struct draft *d, const char *list, const char *key, size_t n,
                        const size_t *lines, text_of_entry *text)
{
    for (size_t i = 0; i < n; i++) {
        const char *mine = text(d->config, i);
        char path[60];
        snprintf(path, sizeof path, "%s[%zu].%s", list, i, key);
        for (size_t k = 0; k < i; k++)
            if (*mine && strcmp(mine, text(d->config, k)) == 0)
                return config_refuse(d->err, d->file, lines[i], path,
                                     "\"%s\" is the %s of %s[%zu] too; allowed: a different one",
                                     mine, key, list, k);
    }
    return 0;
}

/* The text before `end` that has the same key, or NULL. */
static const char *same_key(const char *lines, const char *end)
{
    const size_t n = strcspn(end, "=");
    for (const char *at = lines; at < end; at += strcspn(at, "\n") + 1)
        if (strcspn(at, "=") == n && memcmp(at, end, n) == 0)
            return at;
    return NULL;
}

/* Of a label given twice only one would be in the store. */
static int check_labels(const struct draft *d, size_t i)
{
    const char *labels = d->config->stores[i].labels;
    char path[60];
    snprintf(path, sizeof path, "stores[%zu].labels", i);
    for (const char *at = labels; *at; at += strspn(at, "\n")) {
        const size_t n = strcspn(at, "\n");
        if (same_key(labels, at))
            return config_refuse(d->err, d->file, d->lines.store[i], path,
                                 "the key of \"%.*s\" is given twice; allowed: once", (int)n, at);
        at += n;
    }
    return 0;
}

/* What would be accepted and then do nothing, or send nothing. */
static int check_use(const struct draft *d, size_t i)
{
    const struct store_options *o = &d->config->stores[i];
    const bool json = strcmp(o->format, "json") == 0;
    const struct {
        const char *key, *why;
        bool is_so;
    } rules[] = {
        {"schema", "has no names for messages of format json; allowed: vstrata, or format line",
         json && strcmp(o->schema, "vstrata") != 0},
        {"labels", "are not in messages of format json; allowed: none, or format line",
         json && *o->labels},
        {"password", "is of no use without user",
         *o->password && !*o->user && strcmp(o->type, "postgresql") != 0},
        {"ca_file", "is of no use without tls: true",
         strcmp(o->type, "graphite") == 0 && *o->ca_file && !o->tls},
    };
    char path[60];
    for (size_t k = 0; k < sizeof rules / sizeof *rules; k++) {
        snprintf(path, sizeof path, "stores[%zu].%s", i, rules[k].key);
        if (rules[k].is_so)
            return config_refuse(d->err, d->file, d->lines.store[i], path, "%s", rules[k].why);
    }
    return 0;
}

static int check_entries(const struct draft *d)
{
    const struct config *c = d->config;
    if (c->nvcenters == 0)
        return config_refuse(d->err, d->file, 0, "vcenters",
                             "at least one entry is needed, with url, user and a password");
    if (check_unique(d, "vcenters", "name", c->nvcenters, d->lines.vcenter, vcenter_name) != 0 ||
        check_unique(d, "stores", "name", c->nstores, d->lines.store, store_name) != 0)
        return -1;
    for (size_t i = 0; i < c->nstores; i++)
        if (check_labels(d, i) != 0 || check_use(d, i) != 0)
            return -1;
    return check_unique(d, "stores", "path", c->nstores, d->lines.store, store_path);
}

static int check_verdict(const struct draft *d)
{
    const struct verdict_options *verdict = &d->config->verdict;
    if (verdict->needed <= verdict->intervals)
        return 0;
    return config_refuse(d->err, d->file, 0, "verdict.needed",
                         "%lld are more than verdict.intervals; allowed: 1 to %lld",
                         (long long)verdict->needed, (long long)verdict->intervals);
}

int config_parse(const char *text, size_t n, const char *name, struct config *ret,
                 struct config_error *err)
{
    struct config config = {0};
    struct arena *arena = malloc(sizeof *arena);
    if (!arena)
        return config_refuse(err, name, 0, "", "out of memory");
    arena_init(arena);
    config.owned = arena;
    struct draft d = {.file = name, .arena = arena, .config = &config, .err = err};
    if (config_read(text, n, name, arena, &config, &d.lines, err) != 0 || name_vcenters(&d) != 0 ||
        complete_stores(&d) != 0 || check_entries(&d) != 0 || check_verdict(&d) != 0) {
        config_free(&config);
        return -1;
    }
    *ret = config;
    return 0;
}

int config_load(const char *path, struct config *ret, struct config_error *err)
{
    char chunk[4096];
    struct buf text;
    size_t n;
    int failed;
    buf_init(&text, CAP_CONFIG_BYTES);
    errno = 0;
    FILE *file = fopen(path, "re");
    while (file && (n = fread(chunk, 1, sizeof chunk, file)) > 0)
        buf_add(&text, chunk, n);
    if (!file || ferror(file))
        failed = config_refuse(err, path, 0, "", "cannot read: %s", strerror(errno));
    else if (!buf_ok(&text))
        failed = config_refuse(err, path, 0, "", "larger than %d bytes", CAP_CONFIG_BYTES);
    else
        failed = config_parse(text.data ? text.data : "", text.len, path, ret, err);
    if (file)
        fclose(file);
    buf_free(&text);
    return failed;
}

void config_free(struct config *config)
{
    struct arena *arena = config->owned;
    if (arena)
        arena_free(arena);
    free(arena);
    *config = (struct config){0};
}
