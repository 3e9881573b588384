/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "perf_info.h"

#include "xml.h"

static void description(struct buf *out, const char *element, const char *key, const char *label)
{
    buf_printf(out, "<%s>", element);
    xml_element(out, "label", label);
    xml_element(out, "summary", label);
    xml_element(out, "key", key);
    buf_printf(out, "</%s>", element);
}

void perf_info_counter(const struct catalogue *c, size_t row, const char *element, struct buf *out)
{
    const struct counter *counter = catalogue_row(row);
    buf_printf(out, "<%s>", element);
    xml_element_int(out, "key", c->id[row]);
    description(out, "nameInfo", counter->name, counter->label);
    description(out, "groupInfo", counter->group, counter->group);
    description(out, "unitInfo", counter->unit, counter->unit);
    xml_element(out, "rollupType", counter->rollup);
    xml_element(out, "statsType", counter->stats);
    xml_element_int(out, "level", counter->level);
    xml_element_int(out, "perDeviceLevel", counter->device_level);
    buf_printf(out, "</%s>", element);
}

/* In order of the ids, as a server that has them in a table would. */
void perf_info_counters(const struct catalogue *c, const char *element, struct buf *out)
{
    for (int32_t last = 0;;) {
        size_t next = c->n;
        for (size_t i = 0; i < c->n; i++)
            if (c->id[i] > last && (next == c->n || c->id[i] < c->id[next]))
                next = i;
        if (next == c->n)
            return;
        last = c->id[next];
        if (catalogue_listed(c, next))
            perf_info_counter(c, next, element, out);
    }
}

void perf_info_intervals(struct buf *out)
{
    static const struct {
        int period, length;
        const char *name;
    } intervals[] = {{300, 86400, "Past day"},
                     {1800, 604800, "Past week"},
                     {7200, 2592000, "Past month"},
                     {86400, 31536000, "Past year"}};
    for (int i = 0; i < 4; i++) {
        buf_str(out, "<PerfInterval>");
        xml_element_int(out, "key", i + 1);
        xml_element_int(out, "samplingPeriod", intervals[i].period);
        xml_element(out, "name", intervals[i].name);
        xml_element_int(out, "length", intervals[i].length);
        xml_element_int(out, "level", 1);
        xml_element(out, "enabled", "true");
        buf_str(out, "</PerfInterval>");
    }
}
