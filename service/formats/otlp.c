/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "formats/otlp.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "formats/utf8.h"

/* Numbers of the fields of opentelemetry-proto; all are below 16, so that a tag is one byte. */
enum {
    REQUEST_RESOURCE_METRICS = 1,
    RESOURCE_METRICS_RESOURCE = 1,
    RESOURCE_METRICS_SCOPE_METRICS = 2,
    RESOURCE_ATTRIBUTES = 1,
    SCOPE_METRICS_SCOPE = 1,
    SCOPE_METRICS_METRICS = 2,
    SCOPE_NAME = 1,
    SCOPE_VERSION = 2,
    METRIC_NAME = 1,
    METRIC_DESCRIPTION = 2,
    METRIC_UNIT = 3,
    METRIC_GAUGE = 5,
    GAUGE_POINTS = 1,
    POINT_TIME = 3,
    POINT_DOUBLE = 4,
    POINT_ATTRIBUTES = 7,
    POINT_FLAGS = 8,
    KEY_VALUE_KEY = 1,
    KEY_VALUE_VALUE = 2,
    VALUE_STRING = 1,
    ANSWER_PARTIAL_SUCCESS = 1,
    PARTIAL_SUCCESS_REJECTED = 1,
};
enum { NO_RECORDED_VALUE = 1 }; /* of POINT_FLAGS */
enum wire { VARINT = 0, FIXED64 = 1, BYTES = 2, FIXED32 = 5 };
enum { MOST_VARINT = 10, KEY = 32, NAME = 4 * CAP_NAME };

struct otlp {
    struct series_walk *walk;
    size_t nlabels; /* of the configuration */
    const struct series_tag *labels;
    char keys[LABEL_TAGS][KEY]; /* of entity labels: "vm", "exported_vm" if one of those is "vm" */

    /* The request under way */
    struct buf *out;
    const struct entity *entity;           /* NULL = no message is open */
    size_t resource, scope, metric, gauge; /* where open messages begin; metric 0 = none */
    struct buf name, next;                 /* of the open metric, of the series at hand */
    struct buf attributes;                 /* of the points of the series at hand */
};

/* ---- protobuf ---- */

static size_t put_varint(char *to, uint64_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        to[n++] = (char)(0x80 | (value & 0x7f));
    to[n++] = (char)value;
    return n;
}

static void add_varint(struct buf *out, uint64_t value)
{
    char bytes[MOST_VARINT];
    buf_add(out, bytes, put_varint(bytes, value));
}

static void add_tag(struct buf *out, int field, enum wire wire)
{
    buf_char(out, (char)(field << 3 | (int)wire));
}

static void add_fixed64(struct buf *out, int field, uint64_t value)
{
    char bytes[8];
    for (int i = 0; i < 8; i++)
        bytes[i] = (char)(value >> 8 * i);
    add_tag(out, field, FIXED64);
    buf_add(out, bytes, sizeof bytes);
}

/* Begins a message whose length is known only at its end; where its content begins. */
static size_t open_message(struct buf *out, int field)
{
    add_tag(out, field, BYTES);
    return out->len;
}

/* Puts the length before the content. */
static void close_message(struct buf *out, size_t begin)
{
    char bytes[MOST_VARINT];
    if (!buf_ok(out))
        return;
    const size_t content = out->len - begin, n = put_varint(bytes, content);
    char *end = buf_room(out, n);
    if (!end)
        return;
    char *at = out->data + begin;
    memmove(at + n, at, content);
    memcpy(at, bytes, n);
    buf_end(out, end + n);
}

/* Bytes of the character at text, at most n; 0 = it is none. */
static size_t character(const char *text, size_t n)
{
    const size_t length = (unsigned char)*text < 0x80 ? 1 : utf8_length(text);
    return length <= n ? length : 0;
}

/* A text field. A receiver refuses a whole request for one byte that is not UTF-8. */
static void add_text(struct buf *out, int field, const char *text, size_t n)
{
    static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
    size_t bad = 0;
    for (size_t i = 0, c; i < n; i += c ? c : 1) {
        c = character(text + i, n - i);
        bad += c == 0;
    }
    add_tag(out, field, BYTES);
    add_varint(out, n + bad * (sizeof replacement - 2));
    for (size_t i = 0, c; bad && i < n; i += c ? c : 1) {
        c = character(text + i, n - i);
        buf_add(out, c ? text + i : replacement, c ? c : sizeof replacement - 1);
    }
    if (!bad)
        buf_add(out, text, n);
}

static void add_attribute(struct buf *out, int field, const char *key, size_t key_n,
                          const char *value, size_t value_n)
{
    const size_t pair = open_message(out, field);
    add_text(out, KEY_VALUE_KEY, key, key_n);
    const size_t any = open_message(out, KEY_VALUE_VALUE);
    add_text(out, VALUE_STRING, value, value_n);
    close_message(out, any);
    close_message(out, pair);
}

/* ---- resources ---- */

static const struct series_tag *label(const struct otlp *o, const char *key, size_t n)
{
    for (size_t i = 0; i < o->nlabels; i++)
        if (o->labels[i].key_n == n && memcmp(o->labels[i].key, key, n) == 0)
            return &o->labels[i];
    return NULL;
}

static void add_own(struct otlp *o, const char *key, const char *value)
{
    if (!label(o, key, strlen(key)))
        add_attribute(o->out, RESOURCE_ATTRIBUTES, key, strlen(key), value, strlen(value));
}

static void add_resource(struct otlp *o)
{
    const struct entity *e = o->entity;
    const size_t resource = open_message(o->out, RESOURCE_METRICS_RESOURCE);
    buf_clear(&o->next);
    buf_printf(&o->next, "%s/%s", e->vcenter_uuid, e->label[LABEL_MOID]);
    add_own(o, "service.name", "vstrata");
    add_own(o, "service.instance.id", buf_ok(&o->next) ? o->next.data : "");
    for (int l = 0; l < LABEL_TAGS; l++)
        if (*e->label[l])
            add_attribute(o->out, RESOURCE_ATTRIBUTES, o->keys[l], strlen(o->keys[l]), e->label[l],
                          strlen(e->label[l]));
    for (size_t i = 0; i < o->nlabels; i++)
        add_attribute(o->out, RESOURCE_ATTRIBUTES, o->labels[i].key, o->labels[i].key_n,
                      o->labels[i].value, o->labels[i].value_n);
    close_message(o->out, resource);
}

/* The tag says what the resource says. */
static bool is_resources(const struct otlp *o, const struct series_tag *tag)
{
    for (int l = 0; l < LABEL_TAGS; l++) {
        const char *value = o->entity->label[l];
        if (strlen(o->keys[l]) == tag->key_n && memcmp(o->keys[l], tag->key, tag->key_n) == 0 &&
            strlen(value) == tag->value_n && memcmp(value, tag->value, tag->value_n) == 0)
            return true;
    }
    return label(o, tag->key, tag->key_n);
}

/* ---- metrics ---- */

/* UCUM, with words for what is counted in braces, as the semantic conventions have it: "1" alone is
 * for shares, of which receivers make "_ratio". */
static const char *unit_of(const struct series *series)
{
    static const struct {
        const char *word, *ucum;
    } units[] = {
        {"ratio", "1"},
        {"hertz", "Hz"},
        {"count", "{count}"},
        {"code", "{code}"},
        {"bytes", "By"},
        {"bytes_per_second", "By/s"},
        {"seconds", "s"},
        {"operations", "{operation}"},
        {"operations_per_second", "{operation}/s"},
        {"packets_per_second", "{packet}/s"},
        /* of a vCenter: */
        {"number", "{count}"},
        {"kiloBytes", "KiBy"},
        {"megaBytes", "MiBy"},
        {"teraBytes", "TiBy"},
        {"kiloBytesPerSecond", "KiBy/s"},
        {"megaBytesPerSecond", "MiBy/s"},
        {"megaHertz", "MHz"},
        {"nanosecond", "ns"},
        {"microsecond", "us"},
        {"millisecond", "ms"},
        {"second", "s"},
        {"watt", "W"},
        {"joule", "J"},
        {"celsius", "Cel"},
    };
    if (strcmp(series->unit, "percent") == 0) /* hundredths come from the server */
        return series->raw_scale == 100 ? "%" : "{0.01%}";
    for (size_t i = 0; i < sizeof units / sizeof *units; i++)
        if (strcmp(series->unit, units[i].word) == 0)
            return units[i].ucum;
    return "";
}

static void end_metric(struct otlp *o)
{
    if (o->metric) {
        close_message(o->out, o->gauge);
        close_message(o->out, o->metric);
    }
    o->metric = 0;
}

static void end_resource(struct otlp *o)
{
    end_metric(o);
    if (o->entity) {
        close_message(o->out, o->scope);
        close_message(o->out, o->resource);
    }
    o->entity = NULL;
}

static void begin_resource(struct otlp *o, const struct entity *entity)
{
    o->entity = entity;
    o->resource = open_message(o->out, REQUEST_RESOURCE_METRICS);
    add_resource(o);
    o->scope = open_message(o->out, RESOURCE_METRICS_SCOPE_METRICS);
    const size_t scope = open_message(o->out, SCOPE_METRICS_SCOPE);
    add_text(o->out, SCOPE_NAME, "vstrata", strlen("vstrata"));
    add_text(o->out, SCOPE_VERSION, VSTRATA_VERSION, strlen(VSTRATA_VERSION));
    close_message(o->out, scope);
}

static bool begin_metric(struct otlp *o, const struct series *series)
{
    const char *unit = unit_of(series);
    o->metric = open_message(o->out, SCOPE_METRICS_METRICS);
    add_text(o->out, METRIC_NAME, o->next.data, o->next.len);
    if (*series->help)
        add_text(o->out, METRIC_DESCRIPTION, series->help, strlen(series->help));
    if (*unit)
        add_text(o->out, METRIC_UNIT, unit, strlen(unit));
    o->gauge = open_message(o->out, METRIC_GAUGE);
    buf_clear(&o->name);
    buf_add(&o->name, o->next.data, o->next.len);
    return buf_ok(&o->name);
}

/* Opens the metric of the series, unless it is the one before. */
static bool take_metric(struct otlp *o, const struct series *series)
{
    buf_clear(&o->next);
    buf_str(&o->next, series->measurement);
    buf_str(&o->next, *series->field ? "_" : "");
    buf_str(&o->next, series->field);
    if (!buf_ok(&o->next) || !o->next.len)
        return false;
    if (o->metric && o->name.len == o->next.len &&
        memcmp(o->name.data, o->next.data, o->next.len) == 0)
        return true;
    end_metric(o);
    return begin_metric(o, series);
}

/* ---- points ---- */

static void add_point(struct otlp *o, const struct series *series,
                      const struct series_sample *sample)
{
    const size_t point = open_message(o->out, GAUGE_POINTS);
    const double value = series_value(series, sample->ticks);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_fixed64(o->out, POINT_TIME, (uint64_t)sample->time.ms * 1000000);
    if (sample->ticks != SERIES_STALE)
        add_fixed64(o->out, POINT_DOUBLE, bits);
    buf_add(o->out, o->attributes.data, o->attributes.len);
    if (sample->ticks == SERIES_STALE) {
        add_tag(o->out, POINT_FLAGS, VARINT);
        add_varint(o->out, NO_RECORDED_VALUE);
    }
    close_message(o->out, point);
}

static bool take_series(void *ctx, const struct series *series)
{
    struct otlp *o = ctx;
    if (o->entity != series->entity) {
        end_resource(o);
        begin_resource(o, series->entity);
    }
    if (!take_metric(o, series))
        return false;
    buf_clear(&o->attributes);
    for (size_t i = 0; i < series->ntags; i++) {
        const struct series_tag *tag = &series->tags[i];
        if (!is_resources(o, tag))
            add_attribute(&o->attributes, POINT_ATTRIBUTES, tag->key, tag->key_n, tag->value,
                          tag->value_n);
    }
    for (size_t i = 0; i < series->nsamples; i++)
        add_point(o, series, &series->samples[i]);
    return buf_ok(&o->attributes) && buf_ok(o->out);
}

bool otlp_write(struct otlp *o, const struct row_batch *batch, size_t first, size_t last,
                struct buf *out)
{
    o->out = out;
    const bool walked =
        series_walk_rows(o->walk, batch, first, last, SERIES_BY_ENTITY, take_series, o);
    end_resource(o);
    if (!walked) { /* half a message would be none */
        buf_free(out);
        out->failed = true;
    }
    return buf_ok(out);
}

struct otlp *otlp_new(const struct schema *schema, const char *labels)
{
    struct otlp *o = calloc(1, sizeof *o);
    if (!o)
        return NULL;
    buf_init(&o->name, NAME);
    buf_init(&o->next, NAME);
    buf_init(&o->attributes, CAP_STORE_BODY);
    o->walk = series_walk_new(schema, labels);
    if (!o->walk) {
        otlp_free(o);
        return NULL;
    }
    o->nlabels = series_walk_labels(o->walk, &o->labels);
    for (int l = 0; l < LABEL_TAGS; l++) {
        const char *name = entity_label_name((enum entity_label)l);
        snprintf(o->keys[l], KEY, "%s%s", label(o, name, strlen(name)) ? "exported_" : "", name);
    }
    return o;
}

void otlp_free(struct otlp *o)
{
    if (!o)
        return;
    series_walk_free(o->walk);
    buf_free(&o->name);
    buf_free(&o->next);
    buf_free(&o->attributes);
    free(o);
}

/* ---- the answer ---- */

struct reader {
    const unsigned char *at, *end;
};

static bool get_varint(struct reader *r, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && r->at < r->end; shift += 7) {
        const unsigned char byte = *r->at++;
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80) {
            *ret = value;
            return true;
        }
    }
    return false;
}

/* The next field: its number, its wire type, and its value or (BYTES) its length; FIXED ones are
 * passed by. */
static bool get_field(struct reader *r, uint64_t *field, enum wire *wire, uint64_t *value)
{
    uint64_t tag;
    if (!get_varint(r, &tag) || tag >> 3 == 0)
        return false;
    *field = tag >> 3;
    *wire = (enum wire)(tag & 7);
    *value = *wire == FIXED64 ? 8 : 4;
    if ((*wire == VARINT || *wire == BYTES) && !get_varint(r, value))
        return false;
    if (*wire == VARINT)
        return true;
    const bool known = *wire == BYTES || *wire == FIXED64 || *wire == FIXED32;
    if (!known || *value > (uint64_t)(r->end - r->at))
        return false;
    r->at += *value;
    return true;
}

static bool read_partial(struct reader r, uint64_t *rejected)
{
    uint64_t field, value;
    enum wire wire;
    while (r.at < r.end) {
        if (!get_field(&r, &field, &wire, &value))
            return false;
        if (field == PARTIAL_SUCCESS_REJECTED && wire == VARINT)
            *rejected = value <= INT64_MAX ? value : 0;
    }
    return true;
}

bool otlp_rejected(const void *answer, size_t n, uint64_t *ret)
{
    struct reader r = {answer, (const unsigned char *)answer + n};
    uint64_t field, value, rejected = 0;
    enum wire wire;
    while (r.at < r.end) {
        if (!get_field(&r, &field, &wire, &value))
            return false;
        if (field == ANSWER_PARTIAL_SUCCESS && wire == BYTES &&
            !read_partial((struct reader){r.at - value, r.at}, &rejected))
            return false;
    }
    *ret = rejected;
    return true;
}
