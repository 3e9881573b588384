/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What reading a QueryPerf reply costs, against libxml2's push parser with handlers that do
 * nothing, on the same bytes in the same pieces. Under callgrind only measured() is counted.
 *
 *   perf_reader_bench SHAPE reader|empty [ROUNDS]
 *
 * prints "SHAPE HOW BYTES SERIES NANOSECONDS", the time being the CPU's and the fastest round's.
 */
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "reply_text.h"
#include "vim/perf.h"

enum { PIECE = 16 << 10, REPLY_CAP = 16 << 20 };

static bool by_reader(const struct buf *text)
{
    struct perf_reader *reader = NULL;
    struct perf_reply *reply = NULL;
    struct vim_error err;
    bool ok = perf_reader_new(&reader, &err) == VIM_OK;
    for (size_t at = 0; ok && at < text->len; at += PIECE) {
        size_t n = text->len - at < PIECE ? text->len - at : PIECE;
        ok = perf_reader_feed(reader, text->data + at, n, &err) == VIM_OK;
    }
    ok = ok && perf_reader_finish(reader, &reply, &err) == VIM_OK;
    ok = ok && reply->nentities == REPLY_VMS && !reply->refused;
    perf_reply_free(reply);
    perf_reader_free(reader);
    return ok;
}

static void start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                  int nnamespaces, const xmlChar **namespaces, int nattributes, int ndefaulted,
                  const xmlChar **attributes)
{
    (void)user, (void)name, (void)prefix, (void)uri, (void)nnamespaces, (void)namespaces;
    (void)nattributes, (void)ndefaulted, (void)attributes;
}

static void end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)user, (void)name, (void)prefix, (void)uri;
}

static void characters(void *user, const xmlChar *text, int n)
{
    (void)user, (void)text, (void)n;
}

static bool by_empty_handlers(const struct buf *text)
{
    xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
                         .startElementNs = start,
                         .endElementNs = end,
                         .characters = characters,
                         .cdataBlock = characters};
    xmlParserCtxtPtr xml = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
    if (!xml)
        return false;
    for (size_t at = 0; at < text->len; at += PIECE) {
        size_t n = text->len - at < PIECE ? text->len - at : PIECE;
        xmlParseChunk(xml, text->data + at, (int)n, 0);
    }
    xmlParseChunk(xml, NULL, 0, 1);
    bool ok = xml->wellFormed;
    xmlFreeParserCtxt(xml);
    return ok;
}

static const struct way {
    const char *name;
    bool (*read)(const struct buf *text);
} ways[] = {{"reader", by_reader}, {"empty", by_empty_handlers}};

/* Where callgrind counts; kept apart and visible for that. */
__attribute__((noinline)) bool measured(const struct way *way, const struct buf *text);
bool measured(const struct way *way, const struct buf *text)
{
    return way->read(text);
}

static int64_t cpu_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int run(const struct way *way, const struct reply_shape *shape, long rounds)
{
    struct buf text;
    buf_init(&text, REPLY_CAP);
    reply_text(shape, &text);
    bool ok = buf_ok(&text);
    int64_t best = INT64_MAX;
    for (long i = 0; ok && i < rounds; i++) {
        int64_t before = cpu_ns();
        ok = measured(way, &text);
        int64_t taken = cpu_ns() - before;
        best = taken < best ? taken : best;
    }
    if (ok)
        printf("%s %s %zu %d %lld\n", shape->name, way->name, text.len, REPLY_VMS * REPLY_SERIES,
               (long long)best);
    buf_free(&text);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    const struct reply_shape *shape = argc > 2 ? reply_shape_find(argv[1]) : NULL;
    long rounds = argc > 3 ? strtol(argv[3], NULL, 10) : 1;
    for (size_t i = 0; shape && rounds > 0 && i < sizeof ways / sizeof *ways; i++)
        if (strcmp(ways[i].name, argv[2]) == 0)
            return run(&ways[i], shape, rounds);
    fprintf(stderr, "usage: %s norm15|csv15|norm1|csv1 reader|empty [ROUNDS]\n", argv[0]);
    return 2;
}
