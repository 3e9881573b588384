/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "boards/json_tree.h"

#include <stddef.h>

#include "formats/json.h"

enum { INDENT = 2 };

static void line(struct json_tree *json)
{
    buf_char(json->out, '\n');
    for (unsigned i = 0; i < json->depth * INDENT; i++)
        buf_char(json->out, ' ');
}

/* What stands before a member. */
static void member(struct json_tree *json, const char *key)
{
    if (json->depth) {
        if (json->begun[json->depth])
            buf_char(json->out, ',');
        json->begun[json->depth] = true;
        line(json);
    }
    if (key) {
        json_string(json->out, key);
        buf_str(json->out, ": ");
    }
}

static void enter(struct json_tree *json, const char *key, char bracket)
{
    member(json, key);
    buf_char(json->out, bracket);
    if (json->depth + 1 < JSON_DEPTH)
        json->depth++;
    else
        json->out->failed = true; /* a mistake of ours: no board is that deep */
    json->begun[json->depth] = false;
}

static void leave(struct json_tree *json, char bracket)
{
    const bool begun = json->begun[json->depth];
    json->depth--;
    if (begun)
        line(json);
    buf_char(json->out, bracket);
}

void json_tree_init(struct json_tree *json, struct buf *out)
{
    *json = (struct json_tree){.out = out};
}

void json_object(struct json_tree *json, const char *key)
{
    enter(json, key, '{');
}

void json_list(struct json_tree *json, const char *key)
{
    enter(json, key, '[');
}

void json_object_end(struct json_tree *json)
{
    leave(json, '}');
}

void json_list_end(struct json_tree *json)
{
    leave(json, ']');
}

void json_text(struct json_tree *json, const char *key, const char *value)
{
    member(json, key);
    json_string(json->out, value);
}

void json_number(struct json_tree *json, const char *key, int64_t value)
{
    member(json, key);
    buf_int(json->out, value);
}

void json_flag(struct json_tree *json, const char *key, bool value)
{
    json_raw(json, key, value ? "true" : "false");
}

void json_raw(struct json_tree *json, const char *key, const char *value)
{
    member(json, key);
    buf_str(json->out, value);
}
