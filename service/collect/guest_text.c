/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "collect/guest_text.h"

#include <stdbool.h>
#include <string.h>

#include "base/caps.h"

enum {
    WHOLE_DIGITS = 15, /* with three more behind the point an int64_t cannot overflow */
    POINT_DIGITS = 3,
    MILLI = 1000,
    NAME_MAX_LEN = 32, /* of an application, and of its value */
};

enum { KEY_TIME = GUEST_FIELDS, KEY_INTERVAL, KEYS }; /* behind the fields */

static const char version[] = "vstrata1";
static const char app_prefix[] = "app.";

static const struct {
    const char *key;
    bool whole; /* no fraction */
} keys[KEYS] = {
    [GUEST_RUN_QUEUE] = {"rq", false},
    [GUEST_CONTEXT_SWITCHES] = {"cs", false},
    [GUEST_PAGE_IN] = {"pgin", false},
    [GUEST_PAGE_OUT] = {"pgout", false},
    [GUEST_SWAP_USED] = {"swap", false},
    [GUEST_MEM_NEEDED] = {"need", false},
    [GUEST_MEM_AVAILABLE] = {"avail", false},
    [GUEST_DISK_QUEUE] = {"dq", false},
    [GUEST_RING_DROPS] = {"ring", false},
    [GUEST_DRIVER_DROPS] = {"drv", false},
    [GUEST_CPU] = {"cpu", false},
    [KEY_TIME] = {"t", true},
    [KEY_INTERVAL] = {"i", true},
};

struct span {
    const char *at;
    size_t n;
};

struct reading {
    unsigned seen; /* bit 1u << key */
    int64_t milli[KEYS];
    size_t napps;
    struct guest_app apps[GUEST_APPS];
};

/* Characters of at, at most n, that are among `among`: like strspn, without a zero at the end. */
static size_t span_of(const char *at, size_t n, const char *among)
{
    size_t i = 0;
    while (i < n && at[i] && strchr(among, at[i]))
        i++;
    return i;
}

static bool span_is(struct span span, const char *word)
{
    return span.n == strlen(word) && memcmp(span.at, word, span.n) == 0;
}

/* What stands before the first `end` of rest, which then begins behind it. */
static struct span cut(struct span *rest, char end)
{
    const char *found = rest->n ? memchr(rest->at, end, rest->n) : NULL;
    struct span head = {rest->at, found ? (size_t)(found - rest->at) : rest->n};
    size_t taken = head.n + (found ? 1 : 0);
    *rest = (struct span){rest->at + taken, rest->n - taken};
    return head;
}

/* Adds the digits of a span to *ret; false if it is none, more than most, or has other characters.
 */
static bool digits(struct span span, size_t most, int64_t *ret)
{
    if (span.n == 0 || span.n > most || span_of(span.at, span.n, "0123456789") != span.n)
        return false;
    for (size_t i = 0; i < span.n; i++)
        *ret = *ret * 10 + (span.at[i] - '0');
    return true;
}

/* "12.5" is 12500; no sign, no exponent, a digit on both sides of a point. */
static bool number(struct span text, int64_t *ret)
{
    struct span rest = text;
    struct span whole = cut(&rest, '.');
    int64_t milli = 0;
    if (!digits(whole, WHOLE_DIGITS, &milli))
        return false;
    if (whole.n < text.n && !digits(rest, POINT_DIGITS, &milli))
        return false;
    for (size_t i = whole.n < text.n ? rest.n : 0; i < POINT_DIGITS; i++)
        milli *= 10;
    *ret = milli;
    return true;
}

static bool good_name(struct span name)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
    return name.n > 0 && name.n <= NAME_MAX_LEN && span_of(name.at, name.n, letters) == name.n;
}

/* FNV-1a, its halves folded: short, and any two of few names rarely meet. */
static uint16_t app_number(struct span name)
{
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < name.n; i++)
        hash = (hash ^ (unsigned char)name.at[i]) * 16777619u;
    hash = (hash >> 16) ^ (hash & 0xffff);
    return (uint16_t)(hash ? hash : 1);
}

static enum guest_refusal read_app(struct reading *reading, struct span name, struct span value)
{
    struct span rest = name;
    struct span app = cut(&rest, '.');
    if (!good_name(app) || !good_name(rest))
        return GUEST_BAD_NAME;
    for (size_t i = 0; i < reading->napps; i++)
        if (span_is(name, reading->apps[i].name))
            return GUEST_TWICE;
    if (reading->napps == GUEST_APPS)
        return GUEST_TOO_MANY_APPS;
    struct guest_app *next = &reading->apps[reading->napps];
    if (!number(value, &next->milli))
        return GUEST_BAD_NUMBER;
    memcpy(next->name, name.at, name.n);
    next->name[name.n] = '\0';
    next->number = app_number(name);
    reading->napps++;
    return GUEST_OK;
}

static enum guest_refusal read_word(struct reading *reading, struct span word)
{
    const size_t prefix = sizeof app_prefix - 1;
    struct span value = word;
    struct span key = cut(&value, '=');
    if (key.n >= prefix && memcmp(key.at, app_prefix, prefix) == 0)
        return read_app(reading, (struct span){key.at + prefix, key.n - prefix}, value);
    for (int i = 0; i < KEYS; i++) {
        if (!span_is(key, keys[i].key))
            continue;
        if (reading->seen & 1u << i)
            return GUEST_TWICE;
        if (!number(value, &reading->milli[i]) || (keys[i].whole && memchr(value.at, '.', value.n)))
            return GUEST_BAD_NUMBER;
        reading->seen |= 1u << i;
    }
    return GUEST_OK;
}

static enum guest_refusal read_words(struct reading *reading, struct span rest)
{
    if (!span_is(cut(&rest, ' '), version))
        return GUEST_VERSION;
    while (rest.n > 0) {
        struct span word = cut(&rest, ' ');
        enum guest_refusal refusal = word.n > 0 ? read_word(reading, word) : GUEST_OK;
        if (refusal != GUEST_OK)
            return refusal;
    }
    const unsigned times = 1u << KEY_TIME | 1u << KEY_INTERVAL;
    if ((reading->seen & times) != times)
        return GUEST_NO_TIME;
    int64_t interval_s = reading->milli[KEY_INTERVAL] / MILLI;
    return interval_s >= 1 && interval_s <= GUEST_INTERVAL_MAX_S ? GUEST_OK : GUEST_BAD_INTERVAL;
}

static bool has_number(const struct guest_text *text, uint16_t wanted)
{
    for (size_t i = 0; i < text->napps; i++)
        if (text->apps[i].number == wanted)
            return true;
    return false;
}

enum guest_refusal guest_text_read(const char *text, size_t n, struct guest_text *ret)
{
    struct reading reading = {0};
    if (n > CAP_GUEST_TEXT)
        return GUEST_TOO_LONG;
    for (size_t i = 0; i < n; i++)
        if (text[i] < ' ' || text[i] > '~')
            return GUEST_NOT_PRINTABLE;
    enum guest_refusal refusal = read_words(&reading, (struct span){n ? text : "", n});
    if (refusal != GUEST_OK)
        return refusal;
    *ret = (struct guest_text){
        .guest_s = reading.milli[KEY_TIME] / MILLI,
        .interval_s = (int32_t)(reading.milli[KEY_INTERVAL] / MILLI),
        .known = reading.seen & ((1u << GUEST_FIELDS) - 1),
    };
    memcpy(ret->milli, reading.milli, sizeof ret->milli);
    for (size_t i = 0; i < reading.napps; i++)
        if (!has_number(ret, reading.apps[i].number))
            ret->apps[ret->napps++] = reading.apps[i];
    return GUEST_OK;
}

const char *guest_refusal_text(enum guest_refusal refusal)
{
    static const char *const texts[GUEST_REFUSALS] = {
        [GUEST_OK] = "ok",
        [GUEST_TOO_LONG] = "the text is too long",
        [GUEST_NOT_PRINTABLE] = "the text has a character that is not printable ASCII",
        [GUEST_VERSION] = "the text does not begin with vstrata1",
        [GUEST_BAD_NUMBER] = "a number is malformed",
        [GUEST_TWICE] = "a value is given twice",
        [GUEST_BAD_NAME] = "the name of an application value is malformed",
        [GUEST_TOO_MANY_APPS] = "there are too many application values",
        [GUEST_BAD_INTERVAL] = "the interval is out of range",
        [GUEST_NO_TIME] = "the time or the interval is missing",
    };
    return (unsigned)refusal < GUEST_REFUSALS ? texts[refusal] : "the text is refused";
}
