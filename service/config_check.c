/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_check.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "config_near.h"
#include "config_value.h"
#include "stores/filter.h"

#define DIGITS "0123456789"
#define SMALL "abcdefghijklmnopqrstuvwxyz"
#define LETTERS SMALL "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

/* The bytes at the front that make a name: of these characters, no digit first. */
static size_t name_length(const char *text, const char *characters)
{
    return isdigit((unsigned char)*text) ? 0 : strspn(text, characters);
}

bool config_is_address(const char *text)
{
    const char *colon = strrchr(text, ':');
    int64_t port;
    return config_is_listen(text) && config_number(colon + 1, &port) && port > 0;
}

bool config_is_brokers(const char *text)
{
    char one[256];
    for (size_t n;; text += n + 1) {
        n = strcspn(text, ",");
        if (n >= sizeof one)
            return false;
        memcpy(one, text, n);
        one[n] = '\0';
        if (!config_is_address(one))
            return false;
        if (!text[n])
            return true;
    }
}

bool config_is_topic(const char *text)
{
    return *text && !text[strspn(text, LETTERS DIGITS "._-")] && strcmp(text, ".") != 0 &&
           strcmp(text, "..") != 0;
}

bool config_is_property(const char *text)
{
    const size_t n = name_length(text, LETTERS DIGITS "._");
    return n > 0 && text[n] == '=';
}

bool config_is_prefix(const char *text)
{
    const size_t n = strlen(text);
    return n == strspn(text, LETTERS DIGITS "_-.") && *text != '.' && !strstr(text, "..") &&
           (n == 0 || text[n - 1] != '.');
}

/* A connection string is shown by `check`, so it must not hold a secret. */
bool config_is_connection(const char *text)
{
    return *text && !strcasestr(text, "password") && !strstr(text, "://");
}

bool config_is_table(const char *text)
{
    const size_t n = name_length(text, SMALL DIGITS "_");
    return n > 0 && !text[n];
}

bool config_is_header(const char *text)
{
    const size_t n = strspn(text, LETTERS DIGITS "!#$%&'*+-.^_`|~");
    return n > 0 && text[n] == ':' && text[n + 1 + strspn(text + n + 1, " ")];
}

bool config_is_label(const char *text)
{
    const size_t n = name_length(text, LETTERS DIGITS "_");
    return n > 0 && text[n] == '=' && text[n + 1];
}

bool config_is_counter(const char *text)
{
    return *text && (islower((unsigned char)*text) || *text == '*') &&
           !text[strspn(text, LETTERS DIGITS ".*")];
}

bool config_selector(const char *text, struct buf *problem)
{
    struct filter_fault fault;
    const char *word;
    if (filter_check(text, &fault))
        return true;
    buf_str(problem, fault.problem);
    struct near near = near_to(fault.word);
    for (size_t i = 0; (word = filter_word(&fault, i)); i++)
        near_try(&near, word);
    if (near.best)
        buf_printf(problem, "; did you mean %s?", near.best);
    return false;
}
