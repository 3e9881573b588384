/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "publish.h"

#include <stdlib.h>
#include <string.h>

#include "noise.h"

enum { SECOND = 1000, TURNS = GUEST_EVERY_MS / SECOND, LOOK_MS = 200, NOISE_CHOSEN = 20 };

bool publish_enlist(struct world *w, struct object *vm)
{
    uint64_t key = noise_key(noise_key(w->options.seed, NOISE_CHOSEN), vm->number);
    vm->publishes = noise_unit(key) * 100 < w->options.guest_percent;
    size_t turn = (size_t)(noise_unit(noise_key(key, 1)) * TURNS);
    return !vm->publishes || object_list_add(&w->publishers[turn], world_index(w, vm));
}

/* Not while its guest is off, has just been started, or has no Tools that would take it along. */
static bool can_publish(const struct object *vm, int64_t time_ms)
{
    return !vm->gone && !vm->told && vm->tools != TOOLS_NOT_RUNNING &&
           world_epoch(vm, time_ms - time_ms % SLOT_MS);
}

static bool take_turn(struct world *w, int64_t second)
{
    const struct object_list *list = &w->publishers[second % TURNS];
    bool any = false;
    for (uint32_t i = 0; i < list->n; i++) {
        struct object *vm = &w->objects[list->items[i]];
        if (!can_publish(vm, second * SECOND))
            continue;
        vm->published_ms = second * SECOND;
        if (!any)
            w->newest[ASPECT_GUESTINFO] = ++w->sequence;
        vm->changed[ASPECT_GUESTINFO] = w->sequence;
        any = true;
    }
    return any;
}

void publish_catch_up(struct world *w)
{
    int64_t now = world_now(w) / SECOND;
    if (w->options.guest_percent <= 0 || now <= w->published_s)
        return;
    /* Of turns that were missed only the last counts. */
    int64_t from = w->published_s < now - TURNS ? now - TURNS : w->published_s;
    bool any = false;
    for (int64_t second = from + 1; second <= now; second++)
        any = take_turn(w, second) || any;
    w->published_s = now;
    if (any)
        pthread_cond_broadcast(&w->changed);
}

int64_t publish_next_ms(const struct world *w)
{
    if (w->options.guest_percent <= 0)
        return -1;
    int64_t left = (w->published_s + 1) * SECOND - world_now(w);
    int64_t ms = (int64_t)((double)left / w->options.speed) + 1;
    return ms < LOOK_MS ? LOOK_MS : ms;
}

/* At most three decimals, as many as there are. */
static void milli(struct buf *out, const char *key, int64_t thousandths)
{
    buf_printf(out, " %s=", key);
    buf_scaled(out, thousandths, 1000);
}

static void whole(struct buf *out, const char *key, int64_t number)
{
    buf_printf(out, " %s=", key);
    buf_int(out, number);
}

void publish_write(const struct guest_sample *g, int64_t time_ms, struct buf *out)
{
    buf_str(out, "vstrata1");
    whole(out, "t", time_ms / SECOND);
    whole(out, "i", SLOT_MS / SECOND);
    whole(out, "rq", g->run_queue);
    whole(out, "cs", g->context_switches);
    whole(out, "pgin", g->page_in_kbps);
    whole(out, "pgout", g->page_out_kbps);
    whole(out, "swap", g->swap_used_kb);
    whole(out, "need", g->needed_kb);
    whole(out, "avail", g->available_kb);
    milli(out, "dq", g->disk_queue_milli);
    milli(out, "ring", g->ring_drops_milli);
    milli(out, "drv", g->driver_drops_milli);
    milli(out, "cpu", g->busy_milli);
    if (g->heap_used_kb)
        whole(out, "app.jvm.heap_used", g->heap_used_kb);
}

bool publish_text(struct world *w, const struct object *vm, struct buf *out)
{
    struct vcpu_times vcpus[VCPUS_MAX];
    struct vm_sample sample;
    if (vm->told && vm->guestinfo)
        buf_str(out, vm->guestinfo);
    if (vm->told || !vm->published_ms)
        return vm->guestinfo;
    int64_t slot_ms = vm->published_ms - vm->published_ms % SLOT_MS;
    if (!world_sample(w, vm, slot_ms, vcpus, &sample))
        return false;
    publish_write(&sample.guest, vm->published_ms, out);
    return true;
}

/* XML has no other control characters. */
static bool can_be_told(const char *text)
{
    for (const char *at = text; *at; at++)
        if ((unsigned char)*at < 0x20 && !strchr("\t\n\r", *at))
            return false;
    /* A vCenter takes more than a reader has to: that is for a test to find out. */
    return strlen(text) <= 8 * (size_t)GUEST_TEXT_MAX;
}

bool publish_tell(struct world *w, struct object *vm, const char *text)
{
    char *copy = NULL;
    if (text && (!can_be_told(text) || !(copy = strdup(text))))
        return false;
    free(vm->guestinfo);
    vm->guestinfo = copy;
    vm->told = true;
    world_touch(w, vm, ASPECT_GUESTINFO);
    return true;
}

void publish_untell(struct world *w, struct object *vm)
{
    free(vm->guestinfo);
    vm->guestinfo = NULL;
    vm->told = false;
    vm->published_ms = 0;
    world_touch(w, vm, ASPECT_GUESTINFO);
}
