/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The reader of a QueryPerf reply: libxml2's SAX2 push parser, our own handlers only, and a table
 * of places (perf_places.c) that says what an element means.
 *
 * The peer is not trusted. What libxml2 does not bound, or not in pure SAX, is bounded here:
 * DOCTYPE, nesting, text of an element, attributes of a tag, the gap between two '<' (bounds a tag
 * before libxml2 has seen its end, and so its search for repeated attributes), and encodings in
 * which that gap cannot be seen. After xmlStopParser the parser is only ever freed.
 */
#include "vim/perf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "perf_private.h"

enum { PIECE_BYTES = 16 << 10 }; /* given to libxml2 at once; less than CAP_XML_GAP */

/* ---- failure ---- */

static size_t offset(const struct perf_reader *r)
{
    long at = xmlByteConsumed(r->xml);
    return at < 0 ? (size_t)r->reply->bytes : (size_t)at;
}

void perf_fail(struct perf_reader *r, enum vim_code code, const char *format, ...)
{
    if (r->error.code)
        return;
    char what[256];
    va_list args;
    va_start(args, format);
    vsnprintf(what, sizeof what, format, args);
    va_end(args);
    vim_fail(&r->error, code, "QueryPerf reply: %s at byte %zu", what, offset(r));
    xmlStopParser(r->xml);
}

void perf_fail_element(struct perf_reader *r, enum vim_code code)
{
    const struct perf_place_row *at = r->at;
    int shown = r->text.len > 48 ? 48 : (int)r->text.len;
    if (code == VIM_NOMEM)
        perf_fail(r, code, "out of memory in <%s>", at->name);
    else if (code == VIM_TOO_LARGE)
        perf_fail(r, code, "<%s> is longer, or comes more often, than its cap", at->name);
    else if (at->text == TEXT_KEPT)
        perf_fail(r, code, "<%s> holds \"%.*s\"", at->name, shown, shown ? r->text.data : "");
    else
        perf_fail(r, code, "<%s> holds something else than numbers", at->name);
}

/* ---- what libxml2 calls ---- */

/* The parser stops by itself after a fatal error; the words of libxml2 end in a newline. */
static void on_error(void *user, xmlErrorPtr error)
{
    struct perf_reader *r = user;
    if (r->error.code || error->level < XML_ERR_FATAL)
        return;
    const char *words = error->message ? error->message : "unknown error";
    vim_fail(&r->error, error->code == XML_ERR_NO_MEMORY ? VIM_NOMEM : VIM_PROTOCOL,
             "QueryPerf reply: not well-formed at byte %zu: %.*s", offset(r),
             (int)strcspn(words, "\n"), words);
}

/* SOAP forbids a document type; here end all attacks by entities. */
static void on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *uri)
{
    (void)name, (void)id, (void)uri;
    perf_fail(user, VIM_PROTOCOL, "DOCTYPE, which SOAP forbids,");
}

static void on_reference(void *user, const xmlChar *name)
{
    perf_fail(user, VIM_PROTOCOL, "entity \"%.64s\"", (const char *)name);
}

/* Where the element of this name leads from here. The parser keeps one copy of each name, so the
 * address nearly always decides. */
static const struct perf_place_row *step(const struct perf_reader *r, const xmlChar *name)
{
    for (const uint8_t *inner = r->at->inner; *inner; inner++) {
        const xmlChar *known = r->names[*inner];
        if (known == name || (*known == *name && xmlStrEqual(known, name)))
            return &perf_places[*inner];
    }
    return &perf_places[AT_UNKNOWN];
}

/* Says which guard of a tag was hit. */
__attribute__((cold)) static void refuse_tag(struct perf_reader *r, const xmlChar *name)
{
    if (r->depth == CAP_XML_DEPTH)
        perf_fail(r, VIM_TOO_LARGE, "element nesting over %d", CAP_XML_DEPTH);
    else
        perf_fail(r, VIM_TOO_LARGE, "over %d attributes in <%.64s>", CAP_XML_ATTRIBUTES,
                  (const char *)name);
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int nnamespaces, const xmlChar **namespaces, int nattributes, int ndefaulted,
                     const xmlChar **attributes)
{
    (void)prefix, (void)namespaces, (void)ndefaulted;
    struct perf_reader *r = user;
    if (r->error.code)
        return;
    if (r->depth == CAP_XML_DEPTH || nattributes + nnamespaces > CAP_XML_ATTRIBUTES) {
        refuse_tag(r, name);
        return;
    }
    const struct perf_place_row *row = step(r, name);
    if (!r->depth && row == &perf_places[AT_UNKNOWN]) {
        perf_fail(r, VIM_PROTOCOL, "<%.64s> instead of a SOAP envelope", (const char *)name);
        return;
    }
    r->outer[r->depth++] = r->at;
    r->at = row;
    r->text_bytes = 0;
    if (row->text == TEXT_KEPT)
        buf_clear(&r->text);
    if (row->open)
        row->open(r, uri, attributes, (size_t)nattributes);
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    (void)name, (void)prefix, (void)uri;
    struct perf_reader *r = user;
    if (r->error.code)
        return;
    if (r->at->close)
        r->at->close(r);
    r->at = r->outer[--r->depth];
}

static void keep_text(struct perf_reader *r, const xmlChar *text, size_t n)
{
    if (n > r->text.cap - r->text.len) {
        perf_fail_element(r, VIM_TOO_LARGE);
        return;
    }
    buf_add(&r->text, text, n);
    if (!buf_ok(&r->text))
        perf_fail_element(r, VIM_NOMEM);
}

static void on_text(void *user, const xmlChar *text, int len)
{
    struct perf_reader *r = user;
    size_t n = (size_t)len;
    if (r->error.code)
        return;
    r->text_bytes += n;
    if (r->text_bytes > CAP_XML_TEXT) {
        perf_fail(r, VIM_TOO_LARGE, "over %d bytes of text", CAP_XML_TEXT);
        return;
    }
    switch (r->at->text) {
    case TEXT_NONE:
        break;
    case TEXT_KEPT:
        keep_text(r, text, n);
        break;
    case TEXT_NUMBERS:
        perf_check(r, perf_values_text(&r->draft.values, (const char *)text, n));
        break;
    }
}

/* ---- what the caller calls ---- */

static enum vim_code report(const struct perf_reader *r, struct vim_error *err)
{
    if (r->error.code && err)
        *err = r->error;
    return r->error.code;
}

/* Every reply is read as UTF-8, whatever it declares to be: what is not fails as such, and no
 * converter (which would also write to standard error) is ever at work. */
static xmlParserCtxtPtr new_parser(struct perf_reader *r)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
        .reference = on_reference,
        .serror = on_error,
    };
    xmlParserCtxtPtr xml = xmlCreatePushParserCtxt(&sax, r, NULL, 0, NULL);
    if (xml)
        xmlCtxtUseOptions(xml, XML_PARSE_NONET | XML_PARSE_IGNORE_ENC);
    return xml;
}

static bool learn_names(struct perf_reader *r)
{
    for (size_t i = 0; i < PERF_PLACES; i++) {
        r->names[i] = xmlDictLookup(r->xml->dict, (const xmlChar *)perf_places[i].name, -1);
        if (!r->names[i])
            return false;
    }
    return true;
}

enum vim_code perf_reader_new(struct perf_reader **ret, struct vim_error *err)
{
    struct perf_reader *r = calloc(1, sizeof *r);
    if (!r)
        return vim_fail(err, VIM_NOMEM, "QueryPerf reply: out of memory");
    r->at = &perf_places[AT_START];
    perf_draft_init(&r->draft);
    buf_init(&r->text, CAP_XML_TEXT);
    buf_str(&r->text, "");
    r->reply = calloc(1, sizeof *r->reply);
    r->xml = new_parser(r);
    if (!buf_ok(&r->text) || !r->reply || !r->xml || !learn_names(r)) {
        perf_reader_free(r);
        return vim_fail(err, VIM_NOMEM, "QueryPerf reply: out of memory");
    }
    *ret = r;
    return VIM_OK;
}

/* Encodings with more than a byte a character hide '<' from refuse_gap. Those that libxml2 would
 * find out by itself show a mark or a NUL here; a declared one is ignored (see new_parser). */
static bool refuse_head(struct perf_reader *r, const char *bytes, size_t n)
{
    static const char starts[] = "<\xef \t\r\n"; /* 0xef: UTF-8's mark */
    for (size_t i = 0, at = (size_t)r->reply->bytes; i < n && at < 4; i++, at++)
        if (!bytes[i] || (!at && !strchr(starts, bytes[i]))) {
            perf_fail(r, VIM_PROTOCOL, "no XML in UTF-8");
            return true;
        }
    return false;
}

/* '<' stands neither in a tag nor in text, so its absence shows one that is too long. n is less
 * than the cap, so only the ends of the piece matter. */
static bool refuse_gap(struct perf_reader *r, const char *bytes, size_t n)
{
    const char *first = memchr(bytes, '<', n);
    size_t gap = r->gap + (first ? (size_t)(first - bytes) : n);
    if (gap > CAP_XML_GAP) {
        perf_fail(r, VIM_TOO_LARGE, "over %d bytes in one tag or text", CAP_XML_GAP);
        return true;
    }
    const char *last = first ? memrchr(first, '<', (size_t)(bytes + n - first)) : NULL;
    r->gap = last ? (size_t)(bytes + n - last) : gap;
    return false;
}

static void feed_piece(struct perf_reader *r, const char *bytes, size_t n)
{
    if (n > CAP_REPLY_BYTES - r->reply->bytes) {
        perf_fail(r, VIM_TOO_LARGE, "over %d bytes", CAP_REPLY_BYTES);
        return;
    }
    if (refuse_head(r, bytes, n) || refuse_gap(r, bytes, n))
        return;
    r->reply->bytes += n;
    xmlParseChunk(r->xml, bytes, (int)n, 0);
    if (!r->error.code && !r->xml->wellFormed)
        perf_fail(r, VIM_PROTOCOL, "not well-formed");
}

enum vim_code perf_reader_feed(struct perf_reader *r, const char *bytes, size_t n,
                               struct vim_error *err)
{
    if (r->taken)
        return vim_fail(err, VIM_USAGE, "QueryPerf reply: bytes after the end");
    while (n && !r->error.code) {
        size_t piece = n < PIECE_BYTES ? n : PIECE_BYTES;
        feed_piece(r, bytes, piece);
        bytes += piece;
        n -= piece;
    }
    return report(r, err);
}

/* The end of the bytes: the message counts only if all of it was there. */
static void end(struct perf_reader *r)
{
    struct perf_reply *reply = r->reply;
    xmlParseChunk(r->xml, NULL, 0, 1);
    if (!r->xml->wellFormed || !r->whole)
        perf_fail(r, VIM_PROTOCOL, "cut before the end of the envelope");
    if (!r->answered)
        perf_fail(r, VIM_PROTOCOL, "no QueryPerfResponse in the envelope");
    if (r->error.code)
        return;
    size_t n = reply->nentities * sizeof(void *);
    reply->entities = arena_take_raw(&reply->arena, n);
    if (!reply->entities)
        perf_fail(r, VIM_NOMEM, "out of memory");
    else if (n)
        memcpy((void *)reply->entities, (const void *)r->entities, n);
}

enum vim_code perf_reader_finish(struct perf_reader *r, struct perf_reply **ret,
                                 struct vim_error *err)
{
    if (r->taken)
        return vim_fail(err, VIM_USAGE, "QueryPerf reply: finished twice");
    if (!r->error.code)
        end(r);
    if (r->error.code)
        return report(r, err);
    *ret = r->reply;
    r->reply = NULL;
    r->taken = true;
    return VIM_OK;
}

void perf_reader_free(struct perf_reader *r)
{
    if (!r)
        return;
    if (r->xml) {
        xmlFreeDoc(r->xml->myDoc);
        xmlFreeParserCtxt(r->xml);
    }
    perf_reply_free(r->reply);
    perf_draft_free(&r->draft);
    buf_free(&r->text);
    free((void *)r->entities);
    free(r);
}

void perf_reply_free(struct perf_reply *reply)
{
    if (!reply)
        return;
    arena_free(&reply->arena);
    free(reply);
}
