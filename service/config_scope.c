/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_scope.h"

#include <stdio.h>
#include <string.h>

#include "config_near.h"

enum { QUOTED = 80, MESSAGE = 4096 };

/* ---- messages ---- */

__attribute__((format(printf, 5, 0))) static int refuse(struct config_error *err, const char *file,
                                                        size_t line, const char *path,
                                                        const char *format, va_list args)
{
    struct buf message;
    buf_init(&message, MESSAGE);
    buf_printf(&message, "%s:", file);
    if (line)
        buf_printf(&message, "%zu:", line);
    if (*path)
        buf_printf(&message, " %s:", path);
    buf_char(&message, ' ');
    buf_vprintf(&message, format, args);
    snprintf(err->message, sizeof err->message, "%s",
             buf_ok(&message) ? message.data : "configuration refused; the reason is too long");
    buf_free(&message);
    return -1;
}

int config_refuse(struct config_error *err, const char *file, size_t line, const char *path,
                  const char *format, ...)
{
    va_list args;
    va_start(args, format);
    refuse(err, file, line, path, format, args);
    va_end(args);
    return -1;
}

/* A text from the file, made fit for a message: short, and one line. */
static const char *quoted(const char *text, char ret[QUOTED])
{
    size_t n = 0;
    for (; n < QUOTED - 4 && text[n]; n++)
        ret[n] = (unsigned char)text[n] < 0x20 || text[n] == 0x7f ? '?' : text[n];
    memcpy(ret + n, text[n] ? "..." : "", text[n] ? 4 : 1);
    return ret;
}

int scope_refuse(const struct scope *scope, size_t line, const char *key, const char *format, ...)
{
    char path[SCOPE_PATH + QUOTED], plain[QUOTED];
    va_list args;
    snprintf(path, sizeof path, "%s%s%s", scope->path, key && *scope->path ? "." : "",
             key ? quoted(key, plain) : "");
    va_start(args, format);
    refuse(scope->err, scope->file, line, path, format, args);
    va_end(args);
    return -1;
}

int scope_refuse_value(const struct scope *scope, size_t line, const struct config_option *option,
                       const char *value, const char *problem)
{
    char plain[QUOTED], what[QUOTED + 4] = "";
    struct buf allowed;
    buf_init(&allowed, MESSAGE);
    config_allowed(&allowed, option);
    if (value && !config_is_secret(option) && !option->secretive)
        snprintf(what, sizeof what, "\"%s\" ", quoted(value, plain));
    scope_refuse(scope, line, option->key, "%s%s%s%s", what, problem,
                 allowed.len ? "; allowed: " : "", allowed.len ? allowed.data : "");
    buf_free(&allowed);
    return -1;
}

/* The keys of the scope as a list; the nearest to the wanted one in *near. */
static void list_keys(const struct scope *scope, struct buf *keys, struct near *near)
{
    for (size_t i = 0; config_option(i); i++) {
        if (!scope_has(scope, config_option(i)))
            continue;
        buf_printf(keys, "%s%s", keys->len ? ", " : "", config_option(i)->key);
        near_try(near, config_option(i)->key);
    }
    if (scope->section != SECTION_TOP)
        return;
    for (enum config_section s = SECTION_TOP + 1; s < SECTION_COUNT; s++) {
        buf_printf(keys, ", %s", config_section(s)->name);
        near_try(near, config_section(s)->name);
    }
}

/* The store types that have a key which this scope's type has not: "kafka, graphite". */
static void list_owners(const struct scope *scope, const char *key, struct buf *out)
{
    const char *type;
    size_t n;
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        if (option->section != scope->section || !option->only || strcmp(option->key, key) != 0)
            continue;
        for (size_t k = 0; config_word(option->only, k, &type, &n); k++) {
            buf_str(out, out->len ? ", " : "");
            buf_add(out, type, n);
        }
    }
}

int scope_refuse_key(const struct scope *scope, size_t line, const char *key)
{
    struct buf keys, owners;
    struct near near = near_to(key);
    buf_init(&keys, MESSAGE);
    buf_init(&owners, MESSAGE);
    list_keys(scope, &keys, &near);
    list_owners(scope, key, &owners);
    if (owners.len)
        scope_refuse(scope, line, key,
                     "a store of type %s has no such option, one of type %s has; allowed: %s",
                     scope->type, owners.data, keys.data);
    else if (near.best)
        scope_refuse(scope, line, key, "unknown key; did you mean %s? allowed: %s", near.best,
                     keys.data);
    else
        scope_refuse(scope, line, key, "unknown key; allowed: %s", keys.data);
    buf_free(&keys);
    buf_free(&owners);
    return -1;
}

/* ---- the table as seen from a scope ---- */

bool scope_has(const struct scope *scope, const struct config_option *option)
{
    return option->section == scope->section &&
           (!option->only || (scope->type && config_has_word(option->only, scope->type)));
}

const struct config_option *scope_find(const struct scope *scope, const char *key, size_t *ret_i)
{
    for (size_t i = 0; config_option(i); i++)
        if (scope_has(scope, config_option(i)) && strcmp(config_option(i)->key, key) == 0) {
            *ret_i = i;
            return config_option(i);
        }
    return NULL;
}

bool config_is_secret(const struct config_option *option)
{
    return option->type >= CONFIG_SECRET;
}

const struct config_option *scope_other_way(const struct scope *scope,
                                            const struct config_option *option, size_t *ret_line)
{
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *other = config_option(i);
        if (other == option || !config_is_secret(other) || !scope_has(scope, other))
            continue;
        if (other->offset == option->offset && scope->seen[i]) {
            *ret_line = scope->seen[i];
            return other;
        }
    }
    return NULL;
}

static int refuse_missing(const struct scope *scope, const struct config_option *option)
{
    const char *key = option->key;
    if (config_is_secret(option))
        return scope_refuse(scope, scope->line, key,
                            "is needed; allowed: %s, %s_file, %s_env or %s_credential", key, key,
                            key, key);
    return scope_refuse_value(scope, scope->line, option, NULL, "is needed");
}

int scope_check_needed(const struct scope *scope)
{
    for (size_t i = 0; config_option(i); i++) {
        const struct config_option *option = config_option(i);
        size_t line;
        if (!scope_has(scope, option) || option->value || scope->seen[i])
            continue;
        if (!config_is_secret(option) || !scope_other_way(scope, option, &line))
            return refuse_missing(scope, option);
    }
    return 0;
}
