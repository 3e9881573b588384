/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "layers/instance.h"

#include <stdio.h>
#include <string.h>

#include "base/caps.h"

enum {
    UNIT_BITS = 9,
    CONTROLLER_BITS = 4,
    UNITS = 1 << UNIT_BITS,
    CONTROLLERS = 1 << CONTROLLER_BITS,
    KEY_TEXT = 32,
};

static const char *const buses[] = {"scsi", "sata", "nvme", "ide"};
enum { BUSES = sizeof buses / sizeof *buses };

const char *instance_word(enum instance_kind kind)
{
    static const char *const words[INSTANCE_KINDS] = {"", "vcpu", "vdisk", "vnic", "app"};
    return words[kind];
}

/* A decimal number below `limit` as a server writes it: digits alone, no leading zero. */
static bool number(const char **at, unsigned limit, unsigned *ret)
{
    const char *s = *at;
    unsigned value = 0;
    if (*s < '0' || *s > '9' || (*s == '0' && s[1] >= '0' && s[1] <= '9'))
        return false;
    for (; *s >= '0' && *s <= '9'; s++) {
        value = value * 10 + (unsigned)(*s - '0');
        if (value >= limit)
            return false;
    }
    *at = s;
    *ret = value;
    return true;
}

static bool read_disk(const char *text, uint16_t *ret)
{
    for (unsigned bus = 0; bus < BUSES; bus++) {
        size_t n = strlen(buses[bus]);
        unsigned controller, unit;
        if (strncmp(text, buses[bus], n) != 0)
            continue;
        text += n;
        if (!number(&text, CONTROLLERS, &controller) || *text++ != ':' ||
            !number(&text, UNITS, &unit) || *text)
            return false;
        *ret = (uint16_t)((bus << CONTROLLER_BITS | controller) << UNIT_BITS | unit);
        return true;
    }
    return false;
}

bool instance_read(enum instance_kind kind, const char *text, uint16_t *ret)
{
    unsigned value;
    if (kind == INSTANCE_DISK)
        return read_disk(text, ret);
    if (kind == INSTANCE_NONE ||
        !number(&text, kind == INSTANCE_VCPU ? CAP_VCPUS : 1u << 16, &value) || *text)
        return false;
    *ret = (uint16_t)value;
    return true;
}

/* The key of an instance in the device names. */
static void write_key(enum instance_kind kind, uint16_t number, char text[KEY_TEXT])
{
    const unsigned bus = (unsigned)number >> (CONTROLLER_BITS + UNIT_BITS);
    const unsigned controller = number >> UNIT_BITS & (CONTROLLERS - 1);
    if (kind == INSTANCE_DISK)
        snprintf(text, KEY_TEXT, "%s%u:%u", bus < BUSES ? buses[bus] : "bus", controller,
                 number & (UNITS - 1u));
    else
        snprintf(text, KEY_TEXT, "%u", (unsigned)number);
}

void instance_write(struct buf *out, enum instance_kind kind, uint16_t number,
                    const struct entity *entity)
{
    char key[KEY_TEXT];
    const char *name, *backing;
    size_t n, backing_n;
    write_key(kind, number, key);
    if (kind != INSTANCE_APP)
        buf_str(out, key);
    else if (entity && instance_name(entity, kind, number, &name, &n, &backing, &backing_n))
        buf_add(out, name, n);
    else
        buf_printf(out, "app-%s", key);
}

/* The number of an app might be a device key, too: the line of an app has no backing. */
bool instance_name(const struct entity *entity, enum instance_kind kind, uint16_t number,
                   const char **ret_name, size_t *ret_name_n, const char **ret_backing,
                   size_t *ret_backing_n)
{
    char key[KEY_TEXT];
    write_key(kind, number, key);
    const size_t n = strlen(key);
    for (const char *line = entity->label[LABEL_DEVICES]; *line; line += *line == '\n') {
        const char *end = line + strcspn(line, "\n");
        const char *name = line + n + 1, *tab = memchr(line, '\t', (size_t)(end - line));
        const char *next = tab ? memchr(tab + 1, '\t', (size_t)(end - tab - 1)) : NULL;
        const bool is_app = tab && !next;
        if (tab == line + n && memcmp(line, key, n) == 0 && is_app == (kind == INSTANCE_APP)) {
            *ret_name = name;
            *ret_name_n = (size_t)((next ? next : end) - name);
            *ret_backing = next ? next + 1 : end;
            *ret_backing_n = (size_t)(end - *ret_backing);
            return true;
        }
        line = end;
    }
    return false;
}
