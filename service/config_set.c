/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_set.h"

#include <string.h>

#include "config_value.h"

enum { PROBLEM = 400 };

static void put(const struct config_option *option, void *base, const void *value, size_t n)
{
    memcpy((char *)base + option->offset, value, n);
}

void config_set_pointer(const struct config_option *option, void *base, const char *text)
{
    put(option, base, &text, sizeof text);
}

static const char *put_text(struct arena *arena, const struct config_option *option, void *base,
                            const char *text)
{
    const char *copy = arena_text(arena, text, strlen(text));
    if (!copy)
        return "cannot be kept: out of memory";
    config_set_pointer(option, base, copy);
    return NULL;
}

static const char *put_choice(struct arena *arena, const struct config_option *option, void *base,
                              const char *text)
{
    const char *word;
    size_t n;
    for (size_t i = 0; config_word(option->choices, i, &word, &n); i++)
        if (strlen(text) == n && memcmp(word, text, n) == 0)
            return put_text(arena, option, base, text);
    return "is none of the words";
}

static const char *put_integer(const struct config_option *option, void *base, const char *text)
{
    static const struct {
        bool (*read)(const char *, int64_t *);
        const char *problem;
    } kinds[] = {
        [CONFIG_NUMBER] = {config_number, "is not a number"},
        [CONFIG_DURATION] = {config_duration, "is not a duration (500ms, 20s, 5m, 1h, 7d)"},
        [CONFIG_SIZE] = {config_size, "is not a size (64KiB, 16MiB, 1GiB)"},
    };
    int64_t value, unit = option->unit ? option->unit : 1;
    if (!kinds[option->type].read(text, &value))
        return kinds[option->type].problem;
    if (value < option->low || value > option->high)
        return "is out of range";
    if (value % unit)
        return unit == 1000 ? "is not a whole number of seconds" : "is not a whole number of days";
    value /= unit;
    put(option, base, &value, sizeof value);
    return NULL;
}

static const char *put_bool(const struct config_option *option, void *base, const char *text)
{
    bool value;
    if (!config_bool(text, &value))
        return "is not a truth value";
    if (option->type == CONFIG_BOOL)
        put(option, base, &value, sizeof value);
    else
        put(option, base, &(int){value}, sizeof(int));
    return NULL;
}

static const char *put_range(const struct config_option *option, void *base, const char *text)
{
    struct verdict_range range = {.off = false};
    const char *problem = verdict_range_read(option->measure, text, &range);
    if (!problem)
        put(option, base, &range, sizeof range);
    return problem;
}

const char *config_text_problem(struct arena *arena, const struct config_option *option,
                                const char *text)
{
    struct buf why;
    const char *problem = NULL;
    if (option->high && strlen(text) > (size_t)option->high)
        return "is too long";
    if (option->check && !option->check(text))
        return "is not valid";
    if (!option->explain)
        return NULL;
    buf_init(&why, PROBLEM);
    if (!option->explain(text, &why))
        problem = why.len ? arena_text(arena, why.data, why.len) : "is not valid";
    buf_free(&why);
    return problem;
}

/* A list is set here only to its default, which is empty; the reader checks each of its texts. */
static const char *set_text(struct arena *arena, const struct config_option *option, void *base,
                            const char *text)
{
    const char *problem =
        option->type == CONFIG_LIST ? NULL : config_text_problem(arena, option, text);
    return problem ? problem : put_text(arena, option, base, text);
}

const char *config_set(struct arena *arena, const struct config_option *option, void *base,
                       const char *text)
{
    switch (option->type) {
    case CONFIG_CHOICE:
        return put_choice(arena, option, base, text);
    case CONFIG_NUMBER:
    case CONFIG_DURATION:
    case CONFIG_SIZE:
        return put_integer(option, base, text);
    case CONFIG_BOOL:
    case CONFIG_FLAG:
        return put_bool(option, base, text);
    case CONFIG_RANGE:
        return put_range(option, base, text);
    default:
        return set_text(arena, option, base, text);
    }
}
