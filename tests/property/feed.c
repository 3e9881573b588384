/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "feed.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LIVES_MS = 60000, /* three of a guest's own intervals */
    EVERY_MS = SIM_INTERVAL_S * 1000,
    CODES = 5, /* of tools and heartbeat: 4 is none that we know */
};

static void fail(const char *what)
{
    fprintf(stderr, "property_test: %s\n", what);
    exit(2);
}

void feed_counters(const struct sim *sim, struct feed_counters *ret)
{
    for (enum counter c = 0; c < COUNTER_COUNT; c++)
        ret->of[c] = sim_counter(sim, counter_info(c)->name);
    ret->guest = ret->of[GUEST_COUNTER_RUN_QUEUE] >= 0;
}

/* ---- guests ---- */

static enum voice voice_of(int number)
{
    static const enum voice voices[] = {VOICE_SPEAKS, VOICE_SPEAKS,  VOICE_SILENT, VOICE_SPEAKS,
                                        VOICE_STOPS,  VOICE_REFUSED, VOICE_SPEAKS};
    return voices[(size_t)number % (sizeof voices / sizeof *voices)];
}

static void read_reports(struct feed *feed)
{
    struct buf text;
    buf_init(&text, 4096);
    size_t n = sim_samples(feed->hour);
    if (feed->voice == VOICE_SILENT || feed->voice == VOICE_REFUSED)
        n = 0;
    if (feed->voice == VOICE_STOPS)
        n /= 2;
    for (size_t i = 0; i < n; i++) {
        struct guest_report *report = &feed->reports[i];
        report->received.ms = sim_time_ms(feed->hour, i) + feed->phase_ms;
        buf_clear(&text);
        sim_guest_text(feed->hour, i, report->received.ms, &text);
        if (!buf_ok(&text) || guest_text_read(text.data, text.len, &report->text) != GUEST_OK)
            fail("a guest's text cannot be read");
    }
    feed->nreports = n;
    buf_free(&text);
}

/* The names of the values of applications, as collect writes them. */
static void name_devices(struct feed *feed)
{
    if (feed->nreports && feed->reports[0].text.napps)
        snprintf(feed->devices, sizeof feed->devices, "%u\t%s\n",
                 (unsigned)feed->reports[0].text.apps[0].number,
                 feed->reports[0].text.apps[0].name);
    feed->entity.label[LABEL_DEVICES] = feed->devices;
}

void feed_hearing(const struct feed *feed, size_t sample, struct hearing *ret)
{
    const int64_t now = sim_time_ms(feed->hour, sample);
    *ret = (struct hearing){.report = SIM_NO_REPORT, .none = REASON_NO_GUEST_SOURCE};
    if (feed->voice == VOICE_REFUSED)
        ret->none = REASON_GUEST_REFUSED;
    for (size_t i = 0; i < feed->nreports; i++) {
        const int64_t age = now - feed->reports[i].received.ms;
        if (age < 0)
            continue;
        ret->any = true;
        ret->age_ms = age;
        ret->report = age <= LIVES_MS ? (int)i : SIM_NO_REPORT;
        ret->none = REASON_GUEST_STALE;
    }
}

/* ---- whom it is about ---- */

static bool begin(struct feed *ret, const struct feed_counters *counters, struct sim_hour *hour)
{
    *ret = (struct feed){.counters = counters, .hour = hour};
    if (sim_samples(hour) == 0) /* it was off */
        return false;
    sim_facts(hour, &ret->facts);
    ret->entity.vcenter_uuid = "property";
    for (int i = 0; i < LABEL_COUNT; i++)
        ret->entity.label[i] = "";
    return true;
}

bool feed_vm(struct feed *ret, const struct feed_counters *counters, struct sim_hour *hour,
             int number)
{
    if (!begin(ret, counters, hour))
        return false;
    ret->entity.label[LABEL_MOID] = ret->facts.moid;
    ret->entity.label[LABEL_VM] = ret->facts.name;
    ret->number = number;
    ret->voice = voice_of(number);
    ret->phase_ms = number * 7000 % EVERY_MS;
    ret->tools = number % CODES;
    ret->heartbeat = number / CODES % CODES;
    read_reports(ret);
    name_devices(ret);
    return true;
}

bool feed_host(struct feed *ret, const struct feed_counters *counters, struct sim_hour *hour)
{
    if (!begin(ret, counters, hour))
        return false;
    ret->is_host = true;
    ret->entity.label[LABEL_MOID] = ret->facts.moid;
    ret->entity.label[LABEL_HOST] = ret->facts.name;
    ret->entity.label[LABEL_KIND] = entity_kind_name(ENTITY_HOST);
    return true;
}

/* ---- blocks ---- */

size_t feed_length(const struct feed *feed, size_t first)
{
    static const size_t lengths[] = {1, 15, 3, 45, 2, 90, 7};
    const size_t left = sim_samples(feed->hour) - first;
    const size_t at = (size_t)feed->number + first;
    const size_t n =
        feed->number % 5 == 4 ? SIM_SAMPLES_MAX : lengths[at % (sizeof lengths / sizeof *lengths)];
    return n < left ? n : left;
}

static void add_series(void *ctx, const char *instance, const int64_t *values, size_t n)
{
    struct feed_block *b = ctx;
    if (b->block.nseries == b->room) {
        b->room = b->room ? 2 * b->room : 128;
        b->series = realloc(b->series, b->room * sizeof *b->series);
    }
    int64_t *kept = arena_take_raw(&b->arena, n * sizeof *values);
    const char *name = arena_text(&b->arena, instance, strlen(instance));
    if (!b->series || !kept || !name)
        fail("out of memory");
    memcpy(kept, values, n * sizeof *values);
    b->block.guest_counters |= counter_group(b->counter) == COUNTER_GROUP_GUEST;
    b->series[b->block.nseries++] =
        (struct sample_series){.counter = b->counter, .instance = name, .values = kept};
}

static void describe_vm(const struct feed *feed, size_t newest, struct sample_block *ret)
{
    struct sim_moment moment;
    sim_moment(feed->hour, newest, &moment);
    ret->memory_bytes = feed->facts.memory_bytes;
    ret->host_mhz = feed->facts.mhz;
    ret->backing = BACKING_KNOWN;
    if (moment.raw)
        ret->backing |= BACKING_RDM;
    if (moment.files)
        ret->backing |= BACKING_FILE;
    ret->snapshot_bytes = moment.snapshot_bytes;
    ret->guest = (struct guest_facts){.tools = feed->tools,
                                      .heartbeat = feed->heartbeat,
                                      .capacity = moment.capacity,
                                      .free = moment.free,
                                      .refused = feed->voice == VOICE_REFUSED,
                                      .nreports = feed->nreports,
                                      .reports = feed->reports};
}

static void describe_host(const struct feed *feed, struct sample_block *ret)
{
    const struct sim_facts *facts = &feed->facts;
    ret->memory_bytes = facts->memory_bytes;
    ret->host = (struct host_facts){.threads = facts->threads,
                                    .cores = facts->cores,
                                    .vms = facts->vms,
                                    .vcpus = facts->vcpus,
                                    .power_policy = facts->policy};
}

void feed_block(const struct feed *feed, size_t first, size_t n, struct feed_block *ret)
{
    const unsigned of = feed->is_host ? COUNTER_OF_HOST : COUNTER_OF_VM;
    *ret = (struct feed_block){.first = first};
    arena_init(&ret->arena);
    for (size_t i = 0; i < n; i++) {
        ret->times[i].ms = sim_time_ms(feed->hour, first + i);
        ret->intervals[i] = SIM_INTERVAL_S;
    }
    for (enum counter c = 0; c < COUNTER_COUNT; c++) {
        ret->counter = c;
        if (feed->counters->of[c] >= 0 && counter_info(c)->of & of)
            sim_series(feed->hour, first, n, feed->counters->of[c], add_series, ret);
    }
    ret->block.entity = &feed->entity;
    ret->block.ntimes = n;
    ret->block.times = ret->times;
    ret->block.intervals = ret->intervals;
    ret->block.series = ret->series;
    if (feed->is_host)
        describe_host(feed, &ret->block);
    else
        describe_vm(feed, first + n - 1, &ret->block);
}

void feed_block_free(struct feed_block *block)
{
    arena_free(&block->arena);
    free(block->series);
}
