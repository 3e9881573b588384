/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "cmocka_all.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "publish.h"

enum { VMS = 120, TEXT = 2048, SECOND = 1000, TOO_LARGE = 9 * GUEST_TEXT_MAX };

static const int64_t START = INT64_C(1700000000000) / SLOT_MS * SLOT_MS + 7000;

static void start(struct world *w, int percent)
{
    struct world_options options = {.vms = VMS,
                                    .hosts = 4,
                                    .vcpus_max = 8,
                                    .guest_percent = percent,
                                    .seed = 3,
                                    .name = "test",
                                    .start_ms = START,
                                    .speed = 1e-9};
    assert_true(world_init(w, &options));
    publish_catch_up(w);
}

static void later(struct world *w, int seconds)
{
    w->options.start_ms += (int64_t)seconds * SECOND;
    publish_catch_up(w);
}

/* The text, or NULL. */
static const char *text_of(struct world *w, const struct object *vm, char text[TEXT])
{
    struct buf out;
    buf_init(&out, TEXT - 1);
    bool any = publish_text(w, vm, &out);
    assert_true(buf_ok(&out));
    assert_true(any || !out.len);
    snprintf(text, TEXT, "%s", out.len ? out.data : "");
    buf_free(&out);
    return any ? text : NULL;
}

static int64_t time_of(const char *text)
{
    int64_t t = -1;
    assert_int_equal(sscanf(text, "vstrata1 t=%" SCNd64 " i=20 rq=", &t), 1);
    return t;
}

static double number(const char *text, const char *key)
{
    char want[64];
    snprintf(want, sizeof want, " %s=", key);
    const char *at = strstr(text, want);
    assert_non_null(at);
    assert_null(strstr(at + 1, want)); /* once */
    return strtod(at + strlen(want), NULL);
}

static void near(double a, double b)
{
    assert_true(a - b < 1e-9 && b - a < 1e-9);
}

/* Every number is that of the physics in the interval that ended last. */
static void text_is_true(void **state)
{
    (void)state;
    struct world w;
    char text[TEXT];
    int applications = 0;
    start(&w, 100);
    for (uint32_t i = w.first[KIND_VM]; i < w.nobjects; i++) {
        const struct object *vm = &w.objects[i];
        assert_non_null(text_of(&w, vm, text));
        assert_true(strlen(text) <= GUEST_TEXT_MAX);
        for (const char *at = text; *at; at++)
            assert_in_range(*at, 0x20, 0x7e);
        int64_t t = time_of(text);
        assert_in_range(t, START / SECOND - 19, START / SECOND);
        struct vcpu_times vcpus[VCPUS_MAX];
        struct vm_sample s;
        assert_true(world_sample(&w, vm, t * SECOND / SLOT_MS * SLOT_MS, vcpus, &s));
        const struct guest_sample *g = &s.guest;
        near(number(text, "rq"), g->run_queue);
        near(number(text, "cs"), g->context_switches);
        near(number(text, "pgin"), g->page_in_kbps);
        near(number(text, "pgout"), g->page_out_kbps);
        near(number(text, "swap"), (double)g->swap_used_kb);
        near(number(text, "need"), (double)g->needed_kb);
        near(number(text, "avail"), (double)g->available_kb);
        near(number(text, "dq"), g->disk_queue_milli / 1e3);
        near(number(text, "ring"), g->ring_drops_milli / 1e3);
        near(number(text, "drv"), g->driver_drops_milli / 1e3);
        near(number(text, "cpu"), g->busy_milli / 1e3);
        assert_int_equal(!strstr(text, " app."), !g->heap_used_kb);
        if (g->heap_used_kb)
            near(number(text, "app.jvm.heap_used"), (double)g->heap_used_kb);
        applications += g->heap_used_kb > 0;
    }
    assert_in_range(applications, VMS / 10, VMS / 2);
    world_free(&w);
}

/* Every VM has a second of its own, and nothing of it changes at another. */
static void each_in_its_turn(void **state)
{
    (void)state;
    struct world w;
    char text[TEXT];
    int64_t last[VMS];
    unsigned turns = 0;
    start(&w, 100);
    for (uint32_t i = 0; i < VMS; i++)
        last[i] = time_of(text_of(&w, &w.objects[w.first[KIND_VM] + i], text));
    for (int second = 0; second < 40; second++) {
        uint32_t before = w.sequence;
        later(&w, 1);
        int changed = 0;
        for (uint32_t i = 0; i < VMS; i++) {
            const struct object *vm = &w.objects[w.first[KIND_VM] + i];
            int64_t t = time_of(text_of(&w, vm, text));
            assert_int_equal(t != last[i], vm->changed[ASPECT_GUESTINFO] > before);
            if (t == last[i])
                continue;
            assert_int_equal(t, START / SECOND + second + 1);
            assert_int_equal(t, last[i] + 20);
            last[i] = t;
            turns |= 1u << t % 20;
            changed++;
        }
        assert_true(changed < VMS / 4);
        assert_int_equal(w.newest[ASPECT_GUESTINFO] > before, changed > 0);
    }
    assert_int_equal(turns, (1u << 20) - 1);
    /* Long asleep: only the last turn counts. */
    uint32_t before = w.sequence;
    later(&w, 1000);
    assert_in_range(w.sequence - before, 1, 20);
    world_free(&w);
}

static void share_of_all(void **state)
{
    (void)state;
    static const struct {
        int percent, least, most;
    } rows[] = {{0, 0, 0}, {30, 20, 50}, {100, VMS, VMS}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct world w;
        char text[TEXT];
        int n = 0;
        start(&w, rows[i].percent);
        assert_int_equal(publish_next_ms(&w) < 0, !rows[i].percent);
        for (uint32_t vm = w.first[KIND_VM]; vm < w.nobjects; vm++)
            n += text_of(&w, &w.objects[vm], text) != NULL;
        assert_in_range(n, rows[i].least, rows[i].most);
        world_free(&w);
    }
}

static void power_and_tools(void **state)
{
    (void)state;
    struct world w;
    char text[TEXT];
    start(&w, 100);
    struct object *vm = world_find(&w, "vm-3");
    struct epoch to = *world_present(vm);
    int64_t t = time_of(text_of(&w, vm, text));
    world_set_tools(&w, vm, TOOLS_NOT_RUNNING);
    later(&w, 60);
    assert_int_equal(time_of(text_of(&w, vm, text)), t); /* what was said last stays, and ages */
    world_set_tools(&w, vm, TOOLS_RUNNING);
    later(&w, 20);
    assert_int_equal(time_of(text_of(&w, vm, text)), t + 80);

    uint32_t before = w.sequence;
    to.on = false;
    assert_true(world_change(&w, vm, to));
    assert_null(text_of(&w, vm, text));
    assert_true(vm->changed[ASPECT_GUESTINFO] > before);
    later(&w, 60);
    assert_null(text_of(&w, vm, text));
    to.on = true;
    assert_true(world_change(&w, vm, to));
    later(&w, 20); /* not a whole interval yet */
    assert_null(text_of(&w, vm, text));
    later(&w, 40);
    assert_non_null(text_of(&w, vm, text));
    world_free(&w);
}

static void told_by_a_test(void **state)
{
    (void)state;
    struct world w;
    char text[TEXT];
    start(&w, 100);
    struct object *vm = world_find(&w, "vm-3");
    uint32_t before = w.sequence;
    assert_true(publish_tell(&w, vm, "anything <&> \xc3\xbc"));
    assert_true(vm->changed[ASPECT_GUESTINFO] > before);
    later(&w, 60);
    assert_string_equal(text_of(&w, vm, text), "anything <&> \xc3\xbc");
    assert_true(publish_tell(&w, vm, ""));
    assert_string_equal(text_of(&w, vm, text), "");
    assert_false(publish_tell(&w, vm, "a\x01"));
    char *large = malloc(TOO_LARGE);
    assert_non_null(large);
    memset(large, 'x', TOO_LARGE - 1);
    large[TOO_LARGE - 1] = '\0';
    assert_false(publish_tell(&w, vm, large));
    free(large);
    assert_string_equal(text_of(&w, vm, text), "");
    assert_true(publish_tell(&w, vm, NULL));
    later(&w, 60);
    assert_null(text_of(&w, vm, text));
    publish_untell(&w, vm);
    later(&w, 20);
    assert_true(time_of(text_of(&w, vm, text)) > START / SECOND + 120);
    world_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_true),   cmocka_unit_test(each_in_its_turn),
        cmocka_unit_test(share_of_all),   cmocka_unit_test(power_and_tools),
        cmocka_unit_test(told_by_a_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
