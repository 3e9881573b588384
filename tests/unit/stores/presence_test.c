/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Each case is a story of batches, and what has ended before each of them, as texts:
 *     "vm-1@esx1/web 10001 <values>|"  before the row of vm-1 with the same place in the batch
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "formats/series.h"
#include "stores/presence.h"

enum { ROWS = 4, BATCHES = 6, STALE_S = 60 };

/* What a row has: letters. */
#define DEVICES "4000\tvNIC\tnet\nscsi0:0\tHard disk 1\tds1"

struct line { /* a row */
    const char *moid, *host, *name, *devices;
    int64_t s;
    const char *values; /* letters of put_value() */
};

struct story {
    const char *name;
    struct {
        struct line rows[ROWS];
        const char *ended;
    } batches[BATCHES];
};

static void put_value(struct row_batch *batch, char letter)
{
    static const struct {
        char letter;
        enum quantity quantity;
        enum form form;
        unsigned instance;
    } values[] = {
        {'a', Q_CPU_READY, FORM_TOTAL, 0},          {'b', Q_CPU_READY, FORM_INSTANCE, 1},
        {'c', Q_CPU_UNMET, FORM_TOTAL, 0},          {'d', Q_DISK_READS, FORM_INSTANCE, 0},
        {'n', Q_NET_RECEIVED, FORM_INSTANCE, 4000},
    };
    if (letter == 'r' ||
        letter == 's') { /* raw samples, whose numbers differ from batch to batch */
        const unsigned instance = row_batch_raw_instance(batch, letter == 'r' ? "0" : "vmnic1");
        row_batch_raw(batch, row_batch_raw_counter(batch, "cpu.ready.summation", "millisecond"),
                      instance, 5);
        return;
    }
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        if (values[i].letter == letter)
            row_batch_value(batch, values[i].quantity, values[i].form, values[i].instance, 5);
}

static char letter_of(const struct row_batch *batch, const struct layer_value *value)
{
    assert_true(value->ticks == SERIES_STALE);
    if (row_raw(batch, value)) {
        assert_string_equal(row_raw(batch, value)->unit, "millisecond");
        return strcmp(batch->raw_instances[value->instance], "0") == 0 ? 'r' : 's';
    }
    for (const char *c = "abcdn"; *c; c++) {
        struct row_batch one;
        row_batch_init(&one);
        row_batch_row(&one, NULL, (struct server_time){0}, 0);
        put_value(&one, *c);
        const struct layer_value *v = one.values;
        const bool same = v->quantity == value->quantity && v->form == value->form &&
                          v->instance == value->instance;
        row_batch_free(&one);
        if (same)
            return *c;
    }
    return '?';
}

static int by_letter(const void *a, const void *b)
{
    return *(const char *)a - *(const char *)b;
}

static void describe(const struct presence_ends *ends, const struct row_batch *seen,
                     char text[2000])
{
    size_t n = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ends->nends; i++) {
        const struct layer_row *row = &ends->batch.rows[ends->ends[i].row];
        char letters[32] = "";
        size_t place = 0;
        while (seen->rows[place].first != ends->ends[i].anchor)
            assert_true(++place < seen->nrows);
        for (uint32_t k = 0; k < row->count; k++)
            letters[k] = letter_of(&ends->batch, &ends->batch.values[row->first + k]);
        qsort(letters, row->count, 1, by_letter);
        n += (size_t)snprintf(text + n, 2000 - n, "%zu: %s@%s/%s %lld %s|", place,
                              row->entity->label[LABEL_MOID], row->entity->label[LABEL_HOST],
                              row->entity->label[LABEL_VM], (long long)row->time.ms, letters);
    }
}

/* A batch with entities of its own, as a journal gives it out. */
static void make_batch(const struct line *rows, size_t raw_before, struct row_batch *ret,
                       struct entity entities[ROWS])
{
    row_batch_init(ret);
    for (size_t i = 0; i < raw_before; i++) { /* other numbers than in the batch before */
        row_batch_raw_counter(ret, "other", "kiloBytes");
        row_batch_raw_instance(ret, "other");
    }
    for (size_t i = 0; i < ROWS && rows[i].moid; i++) {
        const struct line *l = &rows[i];
        const bool vcenter = strcmp(l->moid, "vc") == 0;
        entities[i] =
            (struct entity){"uuid",
                            {"vc", "dc", "cl", l->host, l->name, l->moid, "",
                             vcenter ? "vcenter" : "", l->devices ? l->devices : DEVICES}};
        row_batch_row(ret, &entities[i], (struct server_time){l->s * 1000}, 20);
        for (const char *c = l->values; *c; c++)
            put_value(ret, *c);
    }
}

static const struct story stories[] = {
    {"nothing changes",
     {{{{"vm-1", "e1", "web", NULL, 10, "abc"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, "abc"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 50, "cab"}}, ""}}},
    {"vMotion, there and back",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}}, ""},
      {{{"vm-1", "e2", "web", NULL, 30, "ab"}}, "0: vm-1@e1/web 10001 ab|"},
      {{{"vm-1", "e1", "web", NULL, 50, "ab"}}, "0: vm-1@e2/web 30001 ab|"}}},
    {"vMotion within a batch",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, "ab"}, {"vm-1", "e2", "web", NULL, 50, "a"}},
       "1: vm-1@e1/web 30001 ab|"}}},
    {"rename",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}, {"vm-2", "e1", "db", NULL, 10, "ab"}}, ""},
      {{{"vm-2", "e1", "db", NULL, 30, "ab"}, {"vm-1", "e1", "www", NULL, 30, "ab"}},
       "1: vm-1@e1/web 10001 ab|"}}},
    {"a disk is removed and comes back",
     {{{{"vm-1", "e1", "web", NULL, 10, "abdn"}}, ""},
      {{{"vm-1", "e1", "web", "4000\tvNIC\tnet", 30, "abn"}}, "0: vm-1@e1/web 10001 d|"},
      {{{"vm-1", "e1", "web", "4000\tvNIC\tnet", 50, "abn"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 70, "abdn"}}, ""}}},
    {"a disk is renamed: its series have",
     {{{{"vm-1", "e1", "web", NULL, 10, "abdn"}}, ""},
      {{{"vm-1", "e1", "web", "4000\tvNIC\tnet\nscsi0:0\tHard disk 1\tds2", 30, "abdn"}},
       "0: vm-1@e1/web 10001 d|"}}},
    {"one row lacks what another of the batch has",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, "a"}, {"vm-1", "e1", "web", NULL, 50, "b"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 70, "a"}}, "0: vm-1@e1/web 50001 b|"}}},
    {"rows by time, not by entity",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}, {"vm-2", "e1", "db", NULL, 10, "c"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, "a"},
        {"vm-2", "e1", "db", NULL, 30, "c"},
        {"vm-1", "e1", "web", NULL, 50, "b"},
        {"vm-2", "e2", "db", NULL, 50, "c"}},
       "3: vm-2@e1/db 30001 c|"}}},
    {"repeats and what comes late",
     {{{{"vm-1", "e1", "web", NULL, 50, "ab"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 50, "a"}}, ""},
      {{{"vm-1", "e2", "old", NULL, 30, "c"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 70, "ab"}}, ""}}},
    {"removed: silent while others go on",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}, {"vm-2", "e1", "db", NULL, 10, "c"}}, ""},
      {{{"vm-2", "e1", "db", NULL, 70, "c"}}, ""},
      {{{"vm-2", "e1", "db", NULL, 71, "c"}}, "0: vm-1@e1/web 10001 ab|"},
      {{{"vm-2", "e1", "db", NULL, 200, "c"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 210, "ab"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 230, "a"}}, "0: vm-1@e1/web 210001 b|"}}},
    {"several removed: one before each row, the rest later",
     {{{{"vm-1", "e1", "a", NULL, 10, "a"},
        {"vm-2", "e1", "a", NULL, 10, "a"},
        {"vm-3", "e1", "c", NULL, 10, "a"}},
       ""},
      {{{"vm-3", "e1", "c", NULL, 100, "a"}}, "*"},
      {{{"vm-3", "e1", "c", NULL, 120, "a"}}, "*"},
      {{{"vm-3", "e1", "c", NULL, 140, "a"}}, ""}}},
    {"the vCenter's own rows never end, and end nobody",
     {{{{"vc", "", "", NULL, 10, "ab"}, {"vm-1", "e1", "web", NULL, 10, "a"}}, ""},
      {{{"vc", "", "", NULL, 500, "a"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 510, "a"}}, ""}}},
    {"raw samples by their texts",
     {{{{"vm-1", "e1", "web", NULL, 10, "ars"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, "asr"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 50, "as"}}, "0: vm-1@e1/web 30001 r|"},
      {{{"vm-1", "e2", "web", NULL, 70, "as"}}, "0: vm-1@e1/web 50001 as|"}}},
    {"rows with nothing in them",
     {{{{"vm-1", "e1", "web", NULL, 10, "ab"}}, ""},
      {{{"vm-1", "e1", "web", NULL, 30, ""}}, ""},
      {{{"vm-1", "e1", "web", NULL, 50, "a"}}, "0: vm-1@e1/web 10001 b|"}}},
};

static void test_stories(void **state)
{
    (void)state;
    for (size_t s = 0; s < sizeof stories / sizeof *stories; s++) {
        struct presence *p = presence_new(STALE_S);
        for (size_t b = 0; b < BATCHES && stories[s].batches[b].ended; b++) {
            struct presence_ends ends = {0};
            struct entity entities[ROWS];
            struct row_batch batch;
            char text[2000];
            make_batch(stories[s].batches[b].rows, b % 2, &batch, entities);
            assert_true(presence_see(p, &batch, &ends));
            describe(&ends, &batch, text);
            if (strcmp(stories[s].batches[b].ended, "*") == 0)
                assert_int_equal(ends.nends, 1);
            else if (strcmp(text, stories[s].batches[b].ended) != 0)
                fail_msg("%s, batch %zu: got \"%s\", want \"%s\"", stories[s].name, b, text,
                         stories[s].batches[b].ended);
            presence_ends_clear(&ends);
            row_batch_free(&batch);
            memset(entities, 0xff, sizeof entities);
        }
        presence_free(p);
    }
}

/* Who is gone is forgotten. */
static void test_nothing_piles_up(void **state)
{
    (void)state;
    struct presence *p = presence_new(STALE_S);
    for (int i = 0; i < 500; i++) {
        char moid[16];
        snprintf(moid, sizeof moid, "vm-%d", i);
        const struct line rows[ROWS] = {{moid, "e1", moid, NULL, 10 + i * 20, "ab"},
                                        {"vm-x", "e1", "x", NULL, 10 + i * 20, "ab"}};
        struct presence_ends ends = {0};
        struct entity entities[ROWS];
        struct row_batch batch;
        make_batch(rows, 0, &batch, entities);
        assert_true(presence_see(p, &batch, &ends));
        assert_int_equal(ends.nends, i > 3);
        presence_ends_clear(&ends);
        row_batch_free(&batch);
    }
    assert_int_equal(presence_count(p), 5);
    presence_free(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stories),
        cmocka_unit_test(test_nothing_piles_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
