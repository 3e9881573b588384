/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Numbers of a QueryPerf reply, straight from the pieces of text that the XML parser hands out,
 * which may end anywhere, also within a number. A csv value is one list of many fields, a normal
 * one a list of one field, so both formats are read by the same machine.
 */
#include "perf_private.h"

#include <stdlib.h>
#include <string.h>

enum { SAFE_DIGITS = 18 }; /* a number of so many digits fits an int64_t */

void *perf_grow_more(void *array, size_t *room, size_t need, size_t size)
{
    size_t more = *room ? *room : 64;
    while (more < need)
        more *= 2;
    void *grown = realloc(array, more * size);
    if (grown)
        *room = more;
    return grown;
}

void perf_values_begin(struct perf_values *v)
{
    v->phase = FIELD_BLANK;
    v->negative = false;
    v->magnitude = 0;
}

enum sign_of_life { BYTE_SPACE, BYTE_SIGN, BYTE_OTHER, BYTE_KINDS };

static enum sign_of_life kind_of(char c)
{
    switch (c) {
    case ' ':
    case '\t':
    case '\n':
    case '\r':
        return BYTE_SPACE;
    case '+':
    case '-':
        return BYTE_SIGN;
    default:
        return BYTE_OTHER;
    }
}

/* What follows on a byte that is neither digit nor comma. */
static const enum perf_phase after[][BYTE_KINDS] = {
    [FIELD_BLANK] = {[BYTE_SPACE] = FIELD_BLANK, [BYTE_SIGN] = FIELD_SIGN, FIELD_BAD},
    [FIELD_SIGN] = {[BYTE_SPACE] = FIELD_BAD, [BYTE_SIGN] = FIELD_BAD, FIELD_BAD},
    [FIELD_DIGITS] = {[BYTE_SPACE] = FIELD_AFTER, [BYTE_SIGN] = FIELD_BAD, FIELD_BAD},
    [FIELD_AFTER] = {[BYTE_SPACE] = FIELD_AFTER, [BYTE_SIGN] = FIELD_BAD, FIELD_BAD},
    [FIELD_BAD] = {FIELD_BAD, FIELD_BAD, FIELD_BAD},
};

/* Ends the field under way; there is room for it. */
static bool end_field(struct perf_values *v)
{
    if (v->phase == FIELD_SIGN || v->phase == FIELD_BAD || v->magnitude > INT64_MAX)
        return false;
    bool missing = v->phase == FIELD_BLANK || (v->negative && v->magnitude);
    v->at[v->n++] = missing ? PERF_MISSING : (int64_t)v->magnitude;
    v->missing += missing;
    perf_values_begin(v);
    return true;
}

static bool reserve(struct perf_values *v, size_t n)
{
    int64_t *at = perf_grow(v->at, &v->room, v->n + n, sizeof *at);
    if (!at)
        return false;
    v->at = at;
    return true;
}

/* Reads fields that are nothing but digits, up to the comma at last; returns where the first other
 * one starts. No field is under way and there is room. A csv reply spends its time here, which is
 * why the loop looks for no end: that comma is it. */
static const char *plain_fields(struct perf_values *v, const char *text, const char *last)
{
    int64_t *out = v->at + v->n;
    while (text <= last) {
        const char *c = text;
        uint64_t value = 0;
        unsigned digit;
        while ((digit = (unsigned)(unsigned char)*c - '0') <= 9) {
            value = value * 10 + digit;
            c++;
        }
        if (*c != ',' || c == text || c - text > SAFE_DIGITS)
            break;
        *out++ = (int64_t)value;
        text = c + 1;
    }
    v->n = (size_t)(out - v->at);
    return text;
}

/* Takes the digits that text starts with into the field under way; returns where they end, or NULL
 * if they do not belong there or are too many. */
static const char *digits(struct perf_values *v, const char *text, const char *end)
{
    uint64_t magnitude = v->magnitude;
    unsigned digit;
    if (v->phase > FIELD_DIGITS)
        return NULL;
    for (; text < end && (digit = (unsigned)(unsigned char)*text - '0') <= 9; text++) {
        if (magnitude > INT64_MAX / 10)
            return NULL;
        magnitude = magnitude * 10 + digit;
    }
    v->magnitude = magnitude;
    v->phase = FIELD_DIGITS;
    return text;
}

/* A byte that is no digit. */
static bool other(struct perf_values *v, char c)
{
    if (c == ',')
        return end_field(v);
    v->phase = after[v->phase][kind_of(c)];
    v->negative |= c == '-';
    return v->phase != FIELD_BAD;
}

enum vim_code perf_values_text(struct perf_values *v, const char *text, size_t n)
{
    if (!reserve(v, n + 1)) /* a field needs at least its comma; 1 for the list's end */
        return VIM_NOMEM;
    const char *end = text + n, *last = memrchr(text, ',', n);
    while (text < end) {
        if (last && v->phase == FIELD_BLANK)
            text = plain_fields(v, text, last);
        if (text == end)
            break;
        if (*text >= '0' && *text <= '9')
            text = digits(v, text, end);
        else
            text = other(v, *text) ? text + 1 : NULL;
        if (!text)
            return VIM_PROTOCOL;
    }
    return VIM_OK;
}

enum vim_code perf_values_end(struct perf_values *v)
{
    if (!reserve(v, 1))
        return VIM_NOMEM;
    return end_field(v) ? VIM_OK : VIM_PROTOCOL;
}

bool perf_int32(const char *text, size_t n, int32_t *ret)
{
    const char *end = text + n;
    while (text < end && kind_of(*text) == BYTE_SPACE)
        text++;
    while (text < end && kind_of(end[-1]) == BYTE_SPACE)
        end--;
    bool negative = text < end && *text == '-';
    if (text < end && kind_of(*text) == BYTE_SIGN)
        text++;
    if (text == end)
        return false;
    int64_t value = 0;
    for (; text < end; text++) {
        if (*text < '0' || *text > '9')
            return false;
        value = value * 10 + (*text - '0');
        if (value > INT32_MAX)
            return false;
    }
    *ret = (int32_t)(negative ? -value : value);
    return true;
}
