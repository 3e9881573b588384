/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * JSON that people read and compare: indented, a member a line, commas set by the writer.
 */
#ifndef BOARDS_JSON_TREE_H
#define BOARDS_JSON_TREE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum { JSON_DEPTH = 24 };

struct json_tree {
    struct buf *out;
    unsigned depth;
    bool begun[JSON_DEPTH]; /* the object or list of this depth has a member */
};

/* Starts; what is written is appended to out. */
void json_tree_init(struct json_tree *json, struct buf *out);

/* Opens an object or a list; key NULL in a list. */
void json_object(struct json_tree *json, const char *key);
void json_list(struct json_tree *json, const char *key);

/* Closes the innermost object or list. */
void json_object_end(struct json_tree *json);
void json_list_end(struct json_tree *json);

/* Members; key NULL in a list. json_raw takes a value that is JSON already. */
void json_text(struct json_tree *json, const char *key, const char *value);
void json_number(struct json_tree *json, const char *key, int64_t value);
void json_flag(struct json_tree *json, const char *key, bool value);
void json_raw(struct json_tree *json, const char *key, const char *value);

#endif
