/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Options into the fields of their struct.
 */
#ifndef SERVICE_CONFIG_SET_H
#define SERVICE_CONFIG_SET_H

#include "base/arena.h"
#include "config_table.h"

/* Sets the option's field in the struct at base from a text, by type, range and check. NULL, or
 * what is wrong with the text: "is out of range". */
const char *config_set(struct arena *arena, const struct config_option *option, void *base,
                       const char *text);

/* What is wrong with a text, or with one of a list, or NULL. */
const char *config_text_problem(struct arena *arena, const struct config_option *option,
                                const char *text);

/* Sets a field of text to this very text. */
void config_set_pointer(const struct config_option *option, void *base, const char *text);

#endif
