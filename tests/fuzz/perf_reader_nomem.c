/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Reads one reply again and again, with the first, second, third ... allocation failing, ours and
 * libxml2's alike: each time the reader must say so and give everything back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

#include "vim/perf.h"

/* The linker sends our objects' allocations here. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long until_failure = -1; /* allocations that still work; -1 = all of them */

static bool fails(void)
{
    if (until_failure < 0)
        return false;
    return until_failure == 0 || until_failure-- == 0;
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}
void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}
void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

/* The same for libxml2, which is told by function. */
static void *xml_malloc(size_t n)
{
    return __wrap_malloc(n);
}
static void *xml_realloc(void *p, size_t n)
{
    return __wrap_realloc(p, n);
}
static char *xml_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    char *copy = __wrap_malloc(n);
    return copy ? memcpy(copy, text, n) : NULL;
}

static const char text[] =
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    "<s:Envelope xmlns:s=\"http://schemas.xmlsoap.org/soap/envelope/\"><s:Body>"
    "<QueryPerfResponse xmlns=\"urn:vim25\"><returnval><entity type=\"VirtualMachine\">vm-1"
    "</entity><sampleInfoCSV>20,2021-06-14T15:00:20Z,20,2021-06-14T15:00:40Z</sampleInfoCSV>"
    "<value><id><counterId>2</counterId><instance>disk&amp;0</instance></id><value>1,2</value>"
    "</value><value><id><counterId>2</counterId></id><value>1</value></value></returnval>"
    "<returnval><entity>vm-2</entity><sampleInfo><timestamp>2021-06-14T15:00:20Z</timestamp>"
    "<interval>20</interval></sampleInfo></returnval>"
    "</QueryPerfResponse></s:Body></s:Envelope>";

static enum vim_code read_once(struct perf_reply **ret)
{
    enum { PIECE = 100 };
    struct perf_reader *reader = NULL;
    struct vim_error err = {.message = ""};
    enum vim_code code = perf_reader_new(&reader, &err);
    for (size_t at = 0; !code && at < sizeof text - 1; at += PIECE) {
        size_t left = sizeof text - 1 - at;
        code = perf_reader_feed(reader, text + at, left < PIECE ? left : PIECE, &err);
    }
    if (!code)
        code = perf_reader_finish(reader, ret, &err);
    assert_true(!code || strstr(err.message, "QueryPerf reply: "));
    perf_reader_free(reader);
    return code;
}

static void check(struct perf_reply *reply)
{
    assert_int_equal(reply->nentities, 2);
    assert_string_equal(reply->entities[0]->series[0].instance, "disk&0");
    assert_int_equal(reply->values, 2);
    assert_int_equal(reply->refused, 1);
    perf_reply_free(reply);
}

/* libxml2 can do without some of its allocations: then the reply must be right all the same. */
static void any_allocation_may_fail(void **state)
{
    (void)state;
    enum { ENOUGH = 5000 };
    bool failed = true;
    long n = 0;
    for (; failed && n < ENOUGH; n++) {
        struct perf_reply *reply = NULL;
        until_failure = n;
        enum vim_code code = read_once(&reply);
        failed = until_failure == 0;
        until_failure = -1;
        assert_true(code == VIM_NOMEM || !code);
        if (!code)
            check(reply);
    }
    assert_false(failed);
    assert_in_range(n, 30, ENOUGH - 1); /* so many allocations were made, and failed once each */
}

static void silent(void *ctx, const char *format, ...)
{
    (void)ctx, (void)format;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(any_allocation_may_fail)};
    if (xmlMemSetup(free, xml_malloc, xml_realloc, xml_strdup))
        return EXIT_FAILURE;
    xmlInitParser();
    xmlSetGenericErrorFunc(NULL, silent);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    xmlCleanupParser();
    return failed;
}
