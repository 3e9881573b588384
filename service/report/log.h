/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The service's log: one line an event, key=value, to standard error (the journal adds the time
 * under systemd; otherwise a time stamp is written). Libraries never log; the room that handles a
 * failure logs it once.
 */
#ifndef REPORT_LOG_H
#define REPORT_LOG_H

#include "base/clock.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };

/* Lines below the level are dropped. Default LOG_INFO. */
void log_set_level(enum log_level level);

/* "debug", "info", "warn", "error"; -1 for another word. */
int log_level_of(const char *word);

/* The text as a value of a log line: in quotes, with quotes and backslashes of its own escaped and
 * cut to fit, so that a hostile name or message cannot forge a key. Good until the thread has
 * called it four more times. */
const char *log_quote(const char *text);

/* Writes "level=info room=collect event=login" + " " + the formatted rest. Thread-safe. Control
 * characters of the rest are replaced, so a hostile name cannot forge a line. Values of
 * other people's words go through log_quote: "vm=%s". */
void log_event(enum log_level level, const char *room, const char *event, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* A failure that may repeat: says it at once, then after 1, 2, 4 ... up to 60 minutes with the
 * number of repeats, and says when it is over. One per place that can fail; zero-initialised. */
struct complaint {
    struct mono_time next;
    int64_t wait_ms;
    unsigned long repeats;
    int active;
};
void complain(struct complaint *complaint, enum log_level level, const char *room,
              const char *event, const char *format, ...) __attribute__((format(printf, 5, 6)));
/* The thing works again: one line if it had been complained about. */
void complain_over(struct complaint *complaint, const char *room, const char *event,
                   const char *format, ...) __attribute__((format(printf, 4, 5)));

#endif
