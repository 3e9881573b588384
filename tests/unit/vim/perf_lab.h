/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* QueryPerf replies as text, and what the tests of the reader do with them. */
#ifndef VIM_PERF_LAB_H
#define VIM_PERF_LAB_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/caps.h"
#include "vim/perf.h"

enum { TEXT_CAP = 8 << 20 };

/* ---- reading and showing ---- */

static inline enum vim_code read_in_pieces(const char *text, size_t len, size_t (*piece)(void),
                                           struct perf_reply **ret, struct vim_error *err)
{
    struct perf_reader *reader;
    enum vim_code code = perf_reader_new(&reader, err);
    assert_int_equal(code, VIM_OK);
    for (size_t at = 0; !code && at < len;) {
        size_t n = piece();
        n = n < len - at ? n : len - at;
        char *own = malloc(n ? n : 1); /* so that a byte read too far is seen */
        assert_non_null(own);
        memcpy(own, text + at, n);
        code = perf_reader_feed(reader, own, n, err);
        free(own);
        at += n;
    }
    if (!code)
        code = perf_reader_finish(reader, ret, err);
    perf_reader_free(reader);
    return code;
}

static inline size_t whole(void)
{
    return SIZE_MAX;
}
static inline size_t one(void)
{
    return 1;
}
static inline size_t three(void)
{
    return 3;
}
static inline size_t any(void)
{
    static uint32_t x = 1;
    x = x * 1664525 + 1013904223;
    return (x >> 24) % 40;
}
static size_t (*const pieces[])(void) = {whole, one, three, any, any, any};
enum { WAYS = sizeof pieces / sizeof *pieces };

static inline void show_series(const struct perf_entity *e, struct buf *to)
{
    for (size_t i = 0; i < e->nseries; i++) {
        buf_printf(to, " %d/%s=", e->series[i].counter, e->series[i].instance);
        for (size_t k = 0; k < e->nsamples; k++)
            buf_printf(to, "%s%lld", k ? "," : "", (long long)e->series[i].values[k]);
    }
}

/* "VirtualMachine:vm-1 20@T 20@T 2/=5,6 2/0=1,2 refused 1; ..." with T in s since 15:00:00 */
static inline void show(const struct perf_reply *reply, struct buf *to)
{
    const int64_t base = 1623682800000;
    for (size_t i = 0; i < reply->nentities; i++) {
        const struct perf_entity *e = reply->entities[i];
        buf_printf(to, "%s%s:%s", i ? "; " : "", e->type, e->moid);
        for (size_t k = 0; k < e->nsamples; k++)
            buf_printf(to, " %d@%g", e->intervals[k], (double)(e->times[k].ms - base) / 1000);
        show_series(e, to);
        if (e->refused)
            buf_printf(to, " refused %u", e->refused);
    }
    buf_printf(to, "|%llu,%llu,%llu", (unsigned long long)reply->values,
               (unsigned long long)reply->missing, (unsigned long long)reply->refused);
}

static inline void expect(const char *name, const char *text, size_t len, const char *shown)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct perf_reply *reply = NULL;
        struct vim_error err = {.message = ""};
        struct buf got;
        buf_init(&got, TEXT_CAP);
        if (read_in_pieces(text, len, pieces[i], &reply, &err))
            fail_msg("%s, way %zu: %s", name, i, err.message);
        show(reply, &got);
        if (strcmp(got.data, shown) != 0)
            fail_msg("%s, way %zu:\n  got  %s\n  want %s", name, i, got.data, shown);
        assert_int_equal(reply->bytes, len);
        buf_free(&got);
        perf_reply_free(reply);
    }
}

static inline void expect_failure(const char *name, const char *text, size_t len,
                                  enum vim_code code, const char *words)
{
    for (size_t i = 0; i < WAYS; i++) {
        struct perf_reply *reply = (void *)1;
        struct vim_error err = {.message = ""};
        enum vim_code got = read_in_pieces(text, len, pieces[i], &reply, &err);
        if (got != code || err.code != code || !strstr(err.message, words))
            fail_msg("%s, way %zu: %s \"%s\", want %s \"%s\"", name, i, vim_code_name(got),
                     err.message, vim_code_name(code), words);
        assert_true(strncmp(err.message, "QueryPerf reply: ", 17) == 0);
        assert_non_null(strstr(err.message, " at byte "));
        assert_ptr_equal(reply, (void *)1); /* untouched */
    }
}

#define ENVELOPE                                                                    \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"                                  \
    "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\"" \
    " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n<soapenv:Body>\n"
#define HEAD ENVELOPE "<QueryPerfResponse xmlns=\"urn:vim25\">"
#define TAIL "</QueryPerfResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n"
#define VM "<entity type=\"VirtualMachine\">vm-1</entity>"
#define TWO "<sampleInfoCSV>20,2021-06-14T15:00:20Z,20,2021-06-14T15:00:40Z</sampleInfoCSV>"
#define ONE "<sampleInfoCSV>20,2021-06-14T15:00:20Z</sampleInfoCSV>"
#define ID(counter, instance) \
    "<id><counterId>" counter "</counterId><instance>" instance "</instance></id>"
#define CSV(values) "<value>" ID("2", "") "<value>" values "</value></value>"
#define INFO(time) "<sampleInfo><timestamp>" time "</timestamp><interval>20</interval></sampleInfo>"
#define METRIC(inside) "<returnval>" VM inside "</returnval>"

#endif
