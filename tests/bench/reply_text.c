/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "reply_text.h"

#include <stdint.h>
#include <string.h>

#include "base/clock.h"

#define T0 INT64_C(1623682000000)
enum { REFRESH_S = 20 };

const struct reply_shape reply_shapes[4] = {
    {"norm15", 15, false},
    {"csv15", 15, true},
    {"norm1", 1, false},
    {"csv1", 1, true},
};

const struct reply_shape *reply_shape_find(const char *name)
{
    for (size_t i = 0; i < sizeof reply_shapes / sizeof *reply_shapes; i++)
        if (strcmp(reply_shapes[i].name, name) == 0)
            return &reply_shapes[i];
    return NULL;
}

/* Times of a vCPU in ms, most of them four or five digits long. */
static int64_t number(int vm, int series, int sample)
{
    uint32_t x = (uint32_t)vm * 2654435761u ^ (uint32_t)series * 40503u ^ (uint32_t)sample * 97u;
    x ^= x >> 13;
    x *= 2246822519u;
    return (int64_t)((x ^ (x >> 16)) % (series % 4 ? 20000 : 100));
}

void reply_head(struct buf *to)
{
    buf_str(to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\""
                " xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\""
                " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\n"
                "<soapenv:Body>\n<QueryPerfResponse xmlns=\"urn:vim25\">");
}

void reply_tail(struct buf *to)
{
    buf_str(to, "</QueryPerfResponse>\n</soapenv:Body>\n</soapenv:Envelope>\n");
}

void reply_entity(struct buf *to, int vm, bool csv)
{
    buf_printf(to,
               "<returnval xsi:type=\"PerfEntityMetric%s\">"
               "<entity type=\"VirtualMachine\">vm-%d</entity>",
               csv ? "CSV" : "", 1000 + vm);
}

void reply_samples(struct buf *to, bool csv, int first, int samples)
{
    char iso[ISO_TEXT];
    if (csv)
        buf_str(to, "<sampleInfoCSV>");
    for (int k = 0; k < samples; k++) {
        clock_iso((struct server_time){T0 + (int64_t)(first + k) * REFRESH_S * 1000}, iso);
        if (csv)
            buf_printf(to, "%s%d,%s", k ? "," : "", REFRESH_S, iso);
        else
            buf_printf(to,
                       "<sampleInfo><timestamp>%s</timestamp><interval>%d</interval></sampleInfo>",
                       iso, REFRESH_S);
    }
    if (csv)
        buf_str(to, "</sampleInfoCSV>");
}

static void series(const struct reply_shape *shape, int vm, int i, struct buf *to)
{
    buf_printf(to, "<value xsi:type=\"%s\"><id><counterId>%d</counterId><instance>",
               shape->csv ? "PerfMetricSeriesCSV" : "PerfMetricIntSeries", 2 + i / 5 * 33);
    if (i % 5) /* four vCPUs and the aggregate */
        buf_int(to, i % 5 - 1);
    buf_str(to, shape->csv ? "</instance></id><value>" : "</instance></id>");
    for (int k = 0; k < shape->samples; k++) {
        buf_str(to, shape->csv ? (k ? "," : "") : "<value>");
        buf_int(to, number(vm, i, k));
        buf_str(to, shape->csv ? "" : "</value>");
    }
    buf_str(to, shape->csv ? "</value></value>" : "</value>");
}

void reply_text(const struct reply_shape *shape, struct buf *to)
{
    reply_head(to);
    for (int vm = 0; vm < REPLY_VMS; vm++) {
        reply_entity(to, vm, shape->csv);
        reply_samples(to, shape->csv, 0, shape->samples);
        for (int i = 0; i < REPLY_SERIES; i++)
            series(shape, vm, i, to);
        buf_str(to, "</returnval>");
    }
    reply_tail(to);
}
