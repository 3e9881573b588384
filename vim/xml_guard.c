/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "xml_guard.h"

#include <string.h>

#include "base/caps.h"

static const char doctype[] = "<!DOCTYPE";

const char *xml_guard(const char *bytes, size_t n)
{
    if (n && memchr(bytes, '\0', n))
        return "a NUL byte";
    const char *end = bytes + n;
    const char *from = bytes;
    while (from < end) {
        const char *tag = memchr(from, '<', (size_t)(end - from));
        if ((size_t)((tag ? tag : end) - from) > CAP_XML_GAP)
            return "a tag or text beyond 64 KiB";
        if (!tag)
            break;
        if ((size_t)(end - tag) >= sizeof doctype - 1 && !memcmp(tag, doctype, sizeof doctype - 1))
            return "a DOCTYPE";
        from = tag + 1;
    }
    return NULL;
}
