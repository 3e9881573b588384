/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t now(clockid_t id)
{
    struct timespec t;
    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

struct wall_time wall_now(void)
{
    return (struct wall_time){now(CLOCK_REALTIME)};
}

struct mono_time mono_now(void)
{
    return (struct mono_time){now(CLOCK_MONOTONIC)};
}

int64_t mono_between(struct mono_time a, struct mono_time b)
{
    return b.ms - a.ms;
}

struct mono_time mono_after(struct mono_time t, int64_t ms)
{
    return (struct mono_time){t.ms + ms};
}

/* Days from 1970-01-01 to the civil date; month 1..12. Counts years from March, so that the leap
 * day is the last day of its year. */
static int64_t days_of(int64_t year, int month, int day)
{
    if (month <= 2)
        year--;
    int64_t era = year / 400, of_era = year % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

/* A cursor over the text: each reader moves it on success. */
struct text {
    const char *at, *end;
};

static bool number(struct text *t, int width, int low, int high, int *ret)
{
    int value = 0;
    if (t->end - t->at < width)
        return false;
    for (int i = 0; i < width; i++) {
        char c = t->at[i];
        if (c < '0' || c > '9')
            return false;
        value = value * 10 + (c - '0');
    }
    t->at += width;
    *ret = value;
    return value >= low && value <= high;
}

static bool mark(struct text *t, char c)
{
    if (t->at == t->end || *t->at != c)
        return false;
    t->at++;
    return true;
}

static bool fraction(struct text *t, int *ms)
{
    *ms = 0;
    if (!mark(t, '.'))
        return true;
    int weight = 100, digits = 0;
    for (; t->at < t->end && *t->at >= '0' && *t->at <= '9'; t->at++, digits++) {
        *ms += (*t->at - '0') * weight;
        weight /= 10;
    }
    return digits > 0;
}

static bool zone(struct text *t, int *minutes)
{
    *minutes = 0;
    if (t->at == t->end || mark(t, 'Z'))
        return true;
    int sign = *t->at == '-' ? -1 : 1;
    int h, m;
    if (!mark(t, '+') && !mark(t, '-'))
        return false;
    if (!number(t, 2, 0, 14, &h) || !mark(t, ':') || !number(t, 2, 0, 59, &m))
        return false;
    *minutes = sign * (h * 60 + m);
    return true;
}

bool clock_parse_iso(const char *text, size_t n, struct server_time *ret)
{
    struct text t = {text, text + n};
    int year, month, day, h, m, s, ms, minutes;
    if (!number(&t, 4, 1970, 9999, &year) || !mark(&t, '-') || !number(&t, 2, 1, 12, &month) ||
        !mark(&t, '-') || !number(&t, 2, 1, 31, &day) || !mark(&t, 'T') ||
        !number(&t, 2, 0, 23, &h) || !mark(&t, ':') || !number(&t, 2, 0, 59, &m) ||
        !mark(&t, ':') || !number(&t, 2, 0, 60, &s) || !fraction(&t, &ms) || !zone(&t, &minutes) ||
        t.at != t.end)
        return false;
    int64_t of_day = ((int64_t)h * 60 + m - minutes) * 60 + s;
    int64_t seconds = days_of(year, month, day) * 86400 + of_day;
    ret->ms = seconds * 1000 + ms;
    return true;
}

char *clock_iso(struct server_time t, char text[ISO_TEXT])
{
    time_t seconds = (time_t)(t.ms / 1000);
    int ms = (int)(t.ms % 1000);
    if (ms < 0) {
        ms += 1000;
        seconds--;
    }
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(text, ISO_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    if (ms)
        snprintf(text + n, ISO_TEXT - n, ".%03dZ", ms);
    else
        snprintf(text + n, ISO_TEXT - n, "Z");
    return text;
}
