/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "report/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"

enum {
    LINE_BYTES = 2048,
    FIRST_WAIT_MS = 60 * 1000,
    LAST_WAIT_MS = 3600 * 1000,
    QUOTED_RING = 5,
    QUOTED_BYTES = 700
};

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* The only state shared by threads: the level, and the order of whole lines. */
static _Atomic enum log_level threshold = LOG_INFO;
static pthread_mutex_t order = PTHREAD_MUTEX_INITIALIZER;

void log_set_level(enum log_level level)
{
    threshold = level;
}

int log_level_of(const char *word)
{
    for (int i = LOG_DEBUG; i <= LOG_ERROR; i++)
        if (strcmp(word, level_names[i]) == 0)
            return i;
    return -1;
}

const char *log_quote(const char *text)
{
    static _Thread_local char ring[QUOTED_RING][QUOTED_BYTES];
    static _Thread_local unsigned turn;
    char *quoted = ring[turn++ % QUOTED_RING], *at = quoted;
    const char *end = quoted + QUOTED_BYTES - 3; /* room for an escaped character and the end */
    *at++ = '"';
    for (; *text && at < end; text++) {
        if (*text == '"' || *text == '\\')
            *at++ = '\\';
        *at++ = *text;
    }
    *at++ = '"';
    *at = '\0';
    return quoted;
}

/* Under systemd the journal stamps each line itself. */
static const char *stamp(char text[ISO_TEXT + 1])
{
    if (getenv("JOURNAL_STREAM"))
        return "";
    struct server_time here = {wall_now().ms};
    clock_iso(here, text);
    size_t n = strlen(text);
    text[n] = ' ';
    text[n + 1] = '\0';
    return text;
}

__attribute__((format(printf, 4, 0))) static void
vlog(enum log_level level, const char *room, const char *event, const char *format, va_list args)
{
    if (level < threshold)
        return;
    char when[ISO_TEXT + 1];
    struct buf line;
    buf_init(&line, LINE_BYTES);
    buf_printf(&line, "%slevel=%s room=%s event=%s", stamp(when), level_names[level], room, event);
    if (*format) {
        char rest[LINE_BYTES / 2]; /* a longer text is cut, not lost */
        vsnprintf(rest, sizeof rest, format, args);
        buf_printf(&line, " %s", rest);
    }
    for (size_t i = 0; i < line.len; i++)
        if ((unsigned char)line.data[i] < ' ' || line.data[i] == 0x7f)
            line.data[i] = '?';
    pthread_mutex_lock(&order);
    fprintf(stderr, "%s\n", line.data ? line.data : "level=error room=log event=out_of_memory");
    fflush(stderr);
    pthread_mutex_unlock(&order);
    buf_free(&line);
}

void log_event(enum log_level level, const char *room, const char *event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vlog(level, room, event, format, args);
    va_end(args);
}

void complain(struct complaint *complaint, enum log_level level, const char *room,
              const char *event, const char *format, ...)
{
    struct mono_time now = mono_now();
    complaint->repeats++;
    if (complaint->active && mono_between(now, complaint->next) > 0)
        return;
    char text[LINE_BYTES / 2];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (complaint->repeats > 1)
        log_event(level, room, event, "%s repeats=%lu", text, complaint->repeats);
    else
        log_event(level, room, event, "%s", text);
    complaint->wait_ms = complaint->active ? complaint->wait_ms * 2 : FIRST_WAIT_MS;
    if (complaint->wait_ms > LAST_WAIT_MS)
        complaint->wait_ms = LAST_WAIT_MS;
    complaint->next = mono_after(now, complaint->wait_ms);
    complaint->active = 1;
}

void complain_over(struct complaint *complaint, const char *room, const char *event,
                   const char *format, ...)
{
    if (complaint->active) {
        va_list args;
        va_start(args, format);
        vlog(LOG_INFO, room, event, format, args);
        va_end(args);
    }
    *complaint = (struct complaint){0};
}
