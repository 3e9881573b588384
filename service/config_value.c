/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_value.h"

#include <ctype.h>
#include <string.h>

struct unit {
    const char *name;
    int64_t size;
};

/* Largest first, for writing. */
static const struct unit durations[] = {{"d", 86400000}, {"h", 3600000}, {"m", 60000},
                                        {"s", 1000},     {"ms", 1},      {NULL, 0}};
static const struct unit sizes[] = {{"TiB", (int64_t)1 << 40},
                                    {"GiB", (int64_t)1 << 30},
                                    {"MiB", (int64_t)1 << 20},
                                    {"KiB", (int64_t)1 << 10},
                                    {"B", 1},
                                    {NULL, 0}};

enum { MOST_DIGITS = 15 };

/* The digits at the front; *text moves behind them. */
static bool digits(const char **text, int64_t *ret)
{
    int64_t value = 0;
    int n = 0;
    for (; **text >= '0' && **text <= '9'; (*text)++, n++) {
        if (n == MOST_DIGITS)
            return false;
        value = value * 10 + (**text - '0');
    }
    *ret = value;
    return n > 0;
}

static bool with_unit(const char *text, const struct unit *units, int64_t *ret)
{
    int64_t value;
    if (!digits(&text, &value))
        return false;
    if (!*text && value == 0) { /* nothing is nothing in any unit */
        *ret = 0;
        return true;
    }
    for (; units->name; units++) {
        if (strcmp(text, units->name) != 0)
            continue;
        return !__builtin_mul_overflow(value, units->size, ret);
    }
    return false;
}

bool config_duration(const char *text, int64_t *ret_ms)
{
    return with_unit(text, durations, ret_ms);
}

bool config_size(const char *text, int64_t *ret)
{
    return with_unit(text, sizes, ret);
}

bool config_number(const char *text, int64_t *ret)
{
    return digits(&text, ret) && !*text;
}

bool config_bool(const char *text, bool *ret)
{
    static const char *const words[2][3] = {{"false", "no", "off"}, {"true", "yes", "on"}};
    for (int value = 0; value < 2; value++)
        for (int i = 0; i < 3; i++)
            if (strcmp(text, words[value][i]) == 0) {
                *ret = value;
                return true;
            }
    return false;
}

static void write_unit(struct buf *out, int64_t value, const struct unit *units)
{
    while (units->size > 1 && value % units->size)
        units++;
    buf_int(out, value / units->size);
    buf_str(out, units->name);
}

void config_write_duration(struct buf *out, int64_t ms)
{
    if (ms)
        write_unit(out, ms, durations);
    else
        buf_str(out, "0s");
}

void config_write_size(struct buf *out, int64_t bytes)
{
    if (bytes)
        write_unit(out, bytes, sizes);
    else
        buf_str(out, "0B");
}

/* Behind the scheme, or NULL. */
static const char *authority(const char *url)
{
    static const char *const schemes[] = {"https://", "http://"};
    for (int i = 0; i < 2; i++)
        if (strncmp(url, schemes[i], strlen(schemes[i])) == 0)
            return url + strlen(schemes[i]);
    return NULL;
}

const char *config_url_host(const char *url, size_t *ret_n)
{
    const char *host = authority(url);
    if (!host) {
        *ret_n = 0;
        return url;
    }
    *ret_n = *host == '[' ? strcspn(host, "]/?#") : strcspn(host, ":/?#");
    if (host[*ret_n] == ']')
        ++*ret_n;
    return host;
}

bool config_is_url(const char *text)
{
    size_t n;
    const char *host = config_url_host(text, &n);
    if (n == 0 || strpbrk(text, " \"<>\\"))
        return false;
    return !memchr(host, '@', strcspn(host, "/?#"));
}

bool config_is_listen(const char *text)
{
    int64_t port;
    const char *colon = strrchr(text, ':');
    if (!colon || colon == text || strpbrk(text, " /"))
        return false;
    if (text[0] == '[' ? colon[-1] != ']' : memchr(text, ':', (size_t)(colon - text)) != NULL)
        return false;
    return config_number(colon + 1, &port) && port <= 65535;
}

bool config_is_thumbprint(const char *text)
{
    int n = 0;
    for (; *text; text++) {
        if (isxdigit((unsigned char)*text))
            n++;
        else if (*text != ':' || n == 0 || n % 2 || text[-1] == ':')
            return false;
    }
    return n == 0 || n == 64;
}

bool config_is_filled(const char *text)
{
    return *text != '\0';
}
