/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "web/answer.h"

#include <math.h>
#include <string.h>

#include "formats/json.h"

void answer_name(struct buf *out, const char *name)
{
    if (out->len && !strchr("{[", out->data[out->len - 1]))
        buf_char(out, ',');
    if (!name)
        return;
    json_string(out, name);
    buf_char(out, ':');
}

void answer_open(struct buf *out, const char *name, char bracket)
{
    answer_name(out, name);
    buf_char(out, bracket);
}

void answer_close(struct buf *out, char bracket)
{
    buf_char(out, bracket);
}

void answer_text(struct buf *out, const char *name, const char *text)
{
    answer_name(out, name);
    json_string(out, text);
}

void answer_int(struct buf *out, const char *name, int64_t value)
{
    answer_name(out, name);
    buf_int(out, value);
}

void answer_bool(struct buf *out, const char *name, bool value)
{
    answer_name(out, name);
    buf_str(out, value ? "true" : "false");
}

void answer_null(struct buf *out, const char *name)
{
    answer_name(out, name);
    buf_str(out, "null");
}

void answer_real(struct buf *out, const char *name, double value)
{
    answer_name(out, name);
    if (isfinite(value))
        buf_printf(out, "%.6g", value);
    else
        buf_str(out, "null");
}
