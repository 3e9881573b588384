/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "collect/reports.h"

static struct metrics *metrics;
static struct report_desk desk;
static struct vim_object vm;
static struct reports *reports;

static int set_up(void **state)
{
    (void)state;
    log_set_level(LOG_ERROR + 1);
    metrics = metrics_new();
    desk = (struct report_desk){.vcenter = "vc",
                                .figures = metrics_set(metrics, METRIC_OF_VCENTER, "vc")};
    vm = (struct vim_object){.kind = VIM_VM, .name = "web", .moid = "vm-1", .guestinfo = ""};
    reports = NULL;
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    reports_free(reports, &desk);
    metrics_free(metrics);
    assert_int_equal(desk.refused, 0);
    return 0;
}

/* The guest writes a text, or NULL: it is as it was; it comes at a second of the server's clock. */
static void say(const char *text, int64_t at_s, bool first)
{
    if (text) {
        vm.guestinfo = text;
        vm.guestinfo_refused = false;
        vm.guestinfo_serial++;
    }
    const struct report_arrival arrival = {{at_s * 1000}, first};
    assert_int_equal(reports_take(&reports, &desk, &vm, arrival), 0);
}

static void expect(size_t n, const int64_t *received_s, const int64_t *guest_s)
{
    struct arena arena;
    const struct guest_report *list;
    size_t got;
    arena_init(&arena);
    assert_int_equal(reports_list(reports, &arena, &list, &got), 0);
    assert_int_equal(got, n);
    for (size_t i = 0; i < n; i++) {
        assert_int_equal(list[i].received.ms, received_s[i] * 1000);
        assert_int_equal(list[i].text.guest_s, guest_s[i]);
    }
    arena_free(&arena);
}

static void who_says_nothing_costs_nothing(void **state)
{
    (void)state;
    struct guest_text text;
    say(NULL, 1000, true);
    say("", 1001, false);
    assert_null(reports);
    assert_false(reports_refused(reports));
    assert_false(reports_newest(reports, &text));
    expect(0, NULL, NULL);
}

static void the_newest_are_kept_whole(void **state)
{
    (void)state;
    static const char *const texts[] = {"vstrata1 t=1001 i=20 rq=1", "vstrata1 t=1021 i=20 rq=2",
                                        "vstrata1 t=1041 i=20 rq=3", "vstrata1 t=1061 i=20 rq=4",
                                        "vstrata1 t=1081 i=20 rq=5 app.a.b=7 app.a.c=8"};
    for (int i = 0; i < 5; i++) {
        say(texts[i], 1001 + 20 * i, false);
        assert_false(reports_news(reports, &vm, false));
        say(NULL, 1009 + 20 * i, false);
    }
    expect(4, (int64_t[]){1021, 1041, 1061, 1081}, (int64_t[]){1021, 1041, 1061, 1081});
    struct arena arena;
    const struct guest_report *list;
    size_t n;
    arena_init(&arena);
    assert_int_equal(reports_list(reports, &arena, &list, &n), 0);
    struct guest_text want;
    assert_int_equal(guest_text_read(texts[4], strlen(texts[4]), &want), GUEST_OK);
    assert_int_equal(list[3].text.napps, 2);
    assert_string_equal(list[3].text.apps[1].name, want.apps[1].name);
    assert_int_equal(list[3].text.apps[1].number, want.apps[1].number);
    assert_int_equal(list[3].text.apps[1].milli, want.apps[1].milli);
    assert_int_equal(list[3].text.milli[GUEST_RUN_QUEUE], 5000);
    assert_int_equal(list[3].text.known, want.known);
    assert_int_equal(list[0].text.milli[GUEST_RUN_QUEUE], 2000);
    assert_int_equal(list[0].text.napps, 0);
    arena_free(&arena);
    assert_int_equal(metric_get(desk.figures, METRIC_GUEST_TEXTS), 5);
    assert_int_equal(metric_get(desk.figures, METRIC_GUEST_TEXTS_REFUSED), 0);
}

static void one_from_before_is_as_old_as_the_guest_says(void **state)
{
    (void)state;
    say("vstrata1 t=400 i=20", 1005, true);
    expect(1, (int64_t[]){400}, (int64_t[]){400});
    say(NULL, 1009, true); /* after another login the same text comes again */
    vm.guestinfo_serial = 9;
    say(NULL, 1010, false); /* as after a reread */
    expect(1, (int64_t[]){400}, (int64_t[]){400});
    say("vstrata1 t=420 i=20", 1011, false); /* one that is seen to come counts as of then */
    expect(2, (int64_t[]){400, 1011}, (int64_t[]){400, 420});
    say("vstrata1 t=90000 i=20", 1012, true); /* a guest whose clock is ahead */
    expect(3, (int64_t[]){400, 1011, 1012}, (int64_t[]){400, 420, 90000});
    say("vstrata1 t=430 i=20", 1013, true); /* times never go back */
    expect(4, (int64_t[]){400, 1011, 1012, 1012}, (int64_t[]){400, 420, 90000, 430});
}

static void the_same_second_with_other_values_is_news(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "vstrata1 t=400 i=20 rq=1",      "vstrata1 t=400 i=20 rq=2",
        "vstrata1 t=400 i=20 rq=2 cs=0", "vstrata1 t=400 i=30 rq=2 cs=0",
        "vstrata1 t=400 i=30 app.a.b=1", "vstrata1 t=400 i=30 app.a.b=2",
        "vstrata1 t=400 i=30 app.a.c=2",
    };
    for (int i = 0; i < (int)(sizeof texts / sizeof *texts); i++) {
        struct arena arena;
        const struct guest_report *list;
        size_t n;
        say(texts[i], 1000 + i, false);
        arena_init(&arena);
        assert_int_equal(reports_list(reports, &arena, &list, &n), 0);
        assert_int_equal(list[n - 1].received.ms, (1000 + i) * INT64_C(1000));
        arena_free(&arena);
    }
}

static void refused_texts_are_counted_and_told_once_for_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        bool refused;
        unsigned long told;
    } cases[] = {{"vstrata1 t=1000 i=20 rq=1", false, 0},
                 {"vstrata1 t=1020 i=20 rq=-1", true, 1},
                 {"vstrata1 t=1040 i=20 rq=-1", true, 1},
                 {"nonsense", true, 2},
                 {"nonsense too", true, 2},
                 {"vstrata1 t=1060 i=20", false, 0},
                 {"nonsense again", true, 1},
                 {"", false, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        say(cases[i].text, 1000 + 20 * (int64_t)i, false);
        assert_int_equal(reports_refused(reports), cases[i].refused);
        assert_int_equal(desk.refused, cases[i].refused);
        assert_int_equal(desk.refusing.repeats, cases[i].told); /* over: back to 0 */
    }
    expect(2, (int64_t[]){1000, 1100}, (int64_t[]){1000, 1060});       /* the good ones stay */
    assert_int_equal(metric_get(desk.figures, METRIC_GUEST_TEXTS), 7); /* none is no text */
    assert_int_equal(metric_get(desk.figures, METRIC_GUEST_TEXTS_REFUSED), 5);
}

static void one_that_is_too_long_is_refused(void **state)
{
    (void)state;
    vm.guestinfo_refused = true;
    vm.guestinfo_serial = 1;
    say(NULL, 1000, false);
    assert_true(reports_refused(reports));
    assert_int_equal(metric_get(desk.figures, METRIC_GUEST_TEXTS_REFUSED), 1);
    reports_free(reports, &desk); /* a VM that goes takes its complaint with it */
    reports = NULL;
    assert_int_equal(desk.refused, 0);
}

/* A guest that invents names: the first of them stay, the later ones make no series. */
static void invented_names_make_no_series(void **state)
{
    struct guest_text newest;
    char text[200];
    (void)state;
    for (int i = 0; i < APPS_KNOWN + 20; i++) {
        snprintf(text, sizeof text, "vstrata1 t=%d i=20 app.first.one=%d app.new.v%d=1", 1000 + i,
                 i, i);
        say(text, 1000 + i, false);
        assert_true(reports_newest(reports, &newest));
        assert_int_equal(newest.napps, i < APPS_KNOWN - 1 ? 2 : 1);
        assert_string_equal(newest.apps[0].name, "first.one");
        assert_int_equal(newest.apps[0].milli, i * 1000);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(who_says_nothing_costs_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_newest_are_kept_whole, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_from_before_is_as_old_as_the_guest_says, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(the_same_second_with_other_values_is_news, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(refused_texts_are_counted_and_told_once_for_a_reason,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_that_is_too_long_is_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(invented_names_make_no_series, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
