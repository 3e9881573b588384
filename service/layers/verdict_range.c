/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Ranges as people write them, and values as people read them. A threshold is one division of two
 * whole numbers, as are the values set against it, so that 5 % of a vCPU is 5% to the last bit.
 */
#include <math.h>
#include <string.h>

#include "layers/verdict.h"

enum { DIGITS_MAX = 9, DECIMALS_MAX = 3, UNITS = 5 };

/* A unit is large / small of the measure's own. Ascending. */
struct range_unit {
    const char *word;
    int64_t large, small;
};

#define ALLOWED(range) "a range like " range ", or off"

static const struct measure_info {
    struct range_unit units[UNITS];
    const char *gap;     /* before the unit, for people */
    const char *allowed; /* of a range */
    const char *wrong;
} measures[] = {
    [MEASURE_PERCENT] = {{{"%", 1, 100}}, " ", ALLOWED("5% to 20%"), "is not a range of percents"},
    [MEASURE_SECONDS] = {{{"us", 1, 1000000}, {"ms", 1, 1000}, {"s", 1, 1}},
                         " ",
                         ALLOWED("20ms to 60ms"),
                         "is not a range of times"},
    [MEASURE_BYTES] = {{{"B", 1, 1},
                        {"KiB", 1 << 10, 1},
                        {"MiB", 1 << 20, 1},
                        {"GiB", 1 << 30, 1},
                        {"TiB", INT64_C(1) << 40, 1}},
                       " ",
                       ALLOWED("50GiB to 500GiB"),
                       "is not a range of sizes"},
    [MEASURE_BYTES_PER_SECOND] =
        {{{"B/s", 1, 1}, {"KiB/s", 1 << 10, 1}, {"MiB/s", 1 << 20, 1}, {"GiB/s", 1 << 30, 1}},
         " ",
         ALLOWED("1MiB/s to 20MiB/s"),
         "is not a range of rates"},
    [MEASURE_PER_SECOND] = {{{"/s", 1, 1}}, "", ALLOWED("0/s to 50/s"), "is not a range of rates"},
    [MEASURE_NUMBER] = {{{"", 1, 1}}, "", ALLOWED("3 to 10"), "is not a range of numbers"},
};

const char *verdict_range_allowed(enum measure measure)
{
    return measures[measure].allowed;
}

/* "12.5": whole = 125, decimals = 1. */
static bool number(const char **at, int64_t *ret, int64_t *ret_part)
{
    int digits = 0, decimals = 0;
    bool point = false;
    *ret = 0;
    *ret_part = 1;
    for (;; ++*at) {
        if (**at == '.' && digits && !point) {
            point = true;
            continue;
        }
        if (**at < '0' || **at > '9')
            break;
        if (++digits > DIGITS_MAX || (point && ++decimals > DECIMALS_MAX))
            return false;
        *ret = *ret * 10 + (**at - '0');
        *ret_part *= point ? 10 : 1;
    }
    return digits && (!point || decimals);
}

/* The longest unit that stands here: "KiB/s" is no "K". */
static const struct range_unit *unit(const struct measure_info *info, const char **at)
{
    const size_t n = strcspn(*at, " ");
    for (int i = 0; i < UNITS && info->units[i].word; i++)
        if (strlen(info->units[i].word) == n && memcmp(info->units[i].word, *at, n) == 0) {
            *at += n;
            return &info->units[i];
        }
    return NULL;
}

static bool threshold(const struct measure_info *info, const char **at, double *ret)
{
    int64_t whole, part;
    if (!number(at, &whole, &part))
        return false;
    const struct range_unit *u = unit(info, at);
    if (!u)
        return false;
    *ret = (double)whole * (double)u->large / (double)(part * u->small);
    return true;
}

const char *verdict_range_read(enum measure measure, const char *text, struct verdict_range *ret)
{
    static const char to[] = " to ";
    const struct measure_info *info = &measures[measure];
    struct verdict_range range = {.off = false};
    /* YAML 1.1 calls them so, too. */
    if (strcmp(text, "off") == 0 || strcmp(text, "no") == 0 || strcmp(text, "false") == 0) {
        ret->off = true;
        return NULL;
    }
    if (!threshold(info, &text, &range.from) || strncmp(text, to, sizeof to - 1) != 0)
        return info->wrong;
    text += sizeof to - 1;
    if (!threshold(info, &text, &range.full) || *text)
        return info->wrong;
    if (range.from >= range.full)
        return "does not rise";
    *ret = range;
    return NULL;
}

void verdict_value_write(struct buf *out, enum measure measure, double value)
{
    const struct measure_info *info = &measures[measure];
    const struct range_unit *best = &info->units[0];
    for (int i = 1; i < UNITS && info->units[i].word; i++)
        if (fabs(value) * (double)info->units[i].small >= (double)info->units[i].large)
            best = &info->units[i];
    double shown = value * (double)best->small / (double)best->large;
    /* One decimal below 100, and none that is 0. */
    const bool whole = fabs(shown) >= 99.95 || (int64_t)(fabs(shown) * 10 + 0.5) % 10 == 0;
    if (fabs(shown) < 0.05)
        shown = 0;
    buf_printf(out, "%.*f%s%s", whole ? 0 : 1, shown, info->gap, best->word);
}
