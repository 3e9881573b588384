/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * What a guest says of itself: the text that config/guest/ publishes as guestinfo.vstrata. Pure.
 *
 *     vstrata1 t=1732330000 i=20 rq=2 cs=15300 need=2097152 dq=0.45 app.jvm.heap_used=123456
 *
 * One line of words, each KEY=NUMBER, in any order. Whoever may log in to a guest may write this
 * text, so it is trusted with nothing: it is read whole or refused whole, with a reason.
 */
#ifndef COLLECT_GUEST_TEXT_H
#define COLLECT_GUEST_TEXT_H

#include <stddef.h>
#include <stdint.h>

enum guest_field {
    GUEST_RUN_QUEUE,        /* rq: threads that wait, or run beyond the reader */
    GUEST_CONTEXT_SWITCHES, /* cs: per second */
    GUEST_PAGE_IN,          /* pgin: KiB/s */
    GUEST_PAGE_OUT,         /* pgout: KiB/s */
    GUEST_SWAP_USED,        /* swap: KiB */
    GUEST_MEM_NEEDED,       /* need: KiB */
    GUEST_MEM_AVAILABLE,    /* avail: KiB */
    GUEST_DISK_QUEUE,       /* dq: operations, average */
    GUEST_RING_DROPS,       /* ring: packets per second */
    GUEST_DRIVER_DROPS,     /* drv: packets per second */
    GUEST_CPU,              /* cpu: vCPUs busy by the guest's own clock */
    GUEST_FIELDS
};

enum { GUEST_APPS = 16, GUEST_APP_NAME = 66, GUEST_INTERVAL_MAX_S = 3600 };

struct guest_app {
    uint16_t number;           /* a hash of the name, never 0: the same in every text */
    char name[GUEST_APP_NAME]; /* "jvm.heap_used" */
    int64_t milli;
};

struct guest_text {
    int64_t guest_s;             /* t: seconds since 1970 by the guest's clock */
    int32_t interval_s;          /* i: what rates cover, 1 to GUEST_INTERVAL_MAX_S */
    unsigned known;              /* bit 1u << field: the text has it */
    int64_t milli[GUEST_FIELDS]; /* thousandths of the unit in the text; 0 if not known */
    size_t napps;
    struct guest_app apps[GUEST_APPS];
};

enum guest_refusal {
    GUEST_OK,
    GUEST_TOO_LONG,      /* more than CAP_GUEST_TEXT bytes */
    GUEST_NOT_PRINTABLE, /* a byte outside of ' ' to '~' */
    GUEST_VERSION,       /* the first word is not vstrata1 */
    GUEST_BAD_NUMBER,    /* of a key that we know */
    GUEST_TWICE,         /* a key that we know, or an application value */
    GUEST_BAD_NAME,      /* app. without NAME.VALUE of the right letters and lengths */
    GUEST_TOO_MANY_APPS, /* more than GUEST_APPS */
    GUEST_BAD_INTERVAL,  /* i of 0, or beyond GUEST_INTERVAL_MAX_S */
    GUEST_NO_TIME,       /* t or i is missing */
    GUEST_REFUSALS
};

/* Reads the n bytes of text; anything but GUEST_OK leaves ret as it was. A word without a key that
 * we know is passed over, whatever its value. Of two application values whose names have the same
 * number only the first is kept, since rows could not tell them apart. */
enum guest_refusal guest_text_read(const char *text, size_t n, struct guest_text *ret);

/* "a number is malformed": for the log. */
const char *guest_refusal_text(enum guest_refusal refusal);

#endif
