/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Where secrets come from. They never come from the command line and are in no error message.
 */
#ifndef SERVICE_CONFIG_SECRET_H
#define SERVICE_CONFIG_SECRET_H

#include "base/arena.h"
#include "base/buf.h"
#include "config_table.h"

/* Follows what the option of this type says (the secret itself, a file, a variable, a credential).
 * The secret in the arena's memory, or NULL with the reason appended to problem. */
const char *config_secret(enum config_type type, const char *value, struct arena *arena,
                          struct buf *problem);

#endif
