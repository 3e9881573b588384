/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * From YAML to struct config, by the table of options.
 */
#ifndef SERVICE_CONFIG_READ_H
#define SERVICE_CONFIG_READ_H

#include "base/arena.h"
#include "base/caps.h"
#include "config.h"

struct config_lines { /* where the entries of lists begin */
    size_t vcenter[CAP_VCENTERS], store[CAP_STORES];
};

/* Fills *config; texts live in the arena. Every option is set, by the file or by its default, but
 * defaults that depend on other options are still "". 0, or -1 with err filled. */
int config_read(const char *text, size_t n, const char *file, struct arena *arena,
                struct config *config, struct config_lines *lines, struct config_error *err);

#endif
