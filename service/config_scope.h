/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * One map of the file while it is read: which options it may have, which were seen, and how
 * messages speak of them.
 */
#ifndef SERVICE_CONFIG_SCOPE_H
#define SERVICE_CONFIG_SCOPE_H

#include "config.h"
#include "config_table.h"

enum { SCOPE_PATH = 80 };

struct scope { /* the top, a section, or an element of a list */
    const char *file;
    struct config_error *err;
    enum config_section section;
    void *base;            /* what offsets count from */
    const char *type;      /* the store's type; NULL in other sections */
    char path[SCOPE_PATH]; /* "stores[1]"; "" at the top */
    size_t line;           /* where it begins */
    size_t seen[CONFIG_OPTIONS];
};

/* Fills err: "vstrata.yaml:12: collect.lag: ...". Line 0 and path "" are left out. Returns -1. */
int config_refuse(struct config_error *err, const char *file, size_t line, const char *path,
                  const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The same of a key of the scope (NULL = the scope itself). */
int scope_refuse(const struct scope *scope, size_t line, const char *key, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Why the value of an option cannot be, and what can. value NULL = it is not repeated. */
int scope_refuse_value(const struct scope *scope, size_t line, const struct config_option *option,
                       const char *value, const char *problem);

/* A key that the scope does not have: of another store type, or misspelt. */
int scope_refuse_key(const struct scope *scope, size_t line, const char *key);

/* True if the option may stand in the scope. */
bool scope_has(const struct scope *scope, const struct config_option *option);

/* The option of this key in the scope and its place in the table, or NULL. */
const struct config_option *scope_find(const struct scope *scope, const char *key, size_t *ret_i);

/* True for the four types of secrets. */
bool config_is_secret(const struct config_option *option);

/* Another way to the same secret that was taken already, and its line; NULL if none. */
const struct config_option *scope_other_way(const struct scope *scope,
                                            const struct config_option *option, size_t *ret_line);

/* -1 if an option that must be given was not. */
int scope_check_needed(const struct scope *scope);

#endif
