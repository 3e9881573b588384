/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as a guest's text: what is read is within its bounds, written out and read again it is
 * the same.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "collect/guest_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { WORD = 128 }; /* the longest: a name and 19 digits */

static const char *const keys[GUEST_FIELDS] = {
    [GUEST_RUN_QUEUE] = "rq",
    [GUEST_CONTEXT_SWITCHES] = "cs",
    [GUEST_PAGE_IN] = "pgin",
    [GUEST_PAGE_OUT] = "pgout",
    [GUEST_SWAP_USED] = "swap",
    [GUEST_MEM_NEEDED] = "need",
    [GUEST_MEM_AVAILABLE] = "avail",
    [GUEST_DISK_QUEUE] = "dq",
    [GUEST_RING_DROPS] = "ring",
    [GUEST_DRIVER_DROPS] = "drv",
    [GUEST_CPU] = "cpu",
};

static void check(bool holds)
{
    if (!holds)
        abort();
}

static void append(char *text, const char *prefix, const char *name, int64_t milli)
{
    size_t n = strlen(text);
    check(milli >= 0 && milli <= INT64_C(999999999999999999));
    snprintf(text + n, WORD, " %s%s=%" PRId64 ".%03d", prefix, name, milli / 1000,
             (int)(milli % 1000));
}

static void write_text(const struct guest_text *guest, char *text)
{
    sprintf(text, "vstrata1 t=%" PRId64 " i=%d", guest->guest_s, (int)guest->interval_s);
    for (int i = 0; i < GUEST_FIELDS; i++) {
        if (guest->known & 1u << i)
            append(text, "", keys[i], guest->milli[i]);
        else
            check(guest->milli[i] == 0);
    }
    for (size_t i = 0; i < guest->napps; i++) {
        check(guest->apps[i].number != 0 && strlen(guest->apps[i].name) < GUEST_APP_NAME);
        append(text, "app.", guest->apps[i].name, guest->apps[i].milli);
    }
}

static void check_same(const struct guest_text *a, const struct guest_text *b)
{
    check(a->guest_s == b->guest_s && a->interval_s == b->interval_s && a->known == b->known);
    check(a->napps == b->napps && memcmp(a->milli, b->milli, sizeof a->milli) == 0);
    for (size_t i = 0; i < a->napps; i++) {
        check(strcmp(a->apps[i].name, b->apps[i].name) == 0);
        check(a->apps[i].number == b->apps[i].number && a->apps[i].milli == b->apps[i].milli);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct guest_text guest, again;
    char text[WORD * (2 + GUEST_FIELDS + GUEST_APPS)];
    enum guest_refusal refusal = guest_text_read((const char *)data, size, &guest);
    check(refusal < GUEST_REFUSALS);
    if (refusal != GUEST_OK)
        return 0;
    check(guest.interval_s >= 1 && guest.interval_s <= GUEST_INTERVAL_MAX_S);
    check(guest.napps <= GUEST_APPS && guest.known < 1u << GUEST_FIELDS);
    write_text(&guest, text);
    if (strlen(text) > CAP_GUEST_TEXT) /* zeros that were not in the text */
        return 0;
    check(guest_text_read(text, strlen(text), &again) == GUEST_OK);
    check_same(&guest, &again);
    return 0;
}
