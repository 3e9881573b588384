/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as an answer to RetrievePropertiesEx of layoutEx, behind the guard that every reply
 * passes: the bytes of its snapshots are never less than none, nor more than all its files'.
 */
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "snapshot_space_private.h"
#include "soap_context.h"
#include "text.h"
#include "xml_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct _vim__layout *layout)
{
    int64_t bytes = layout_snapshot_bytes(layout), most = 0;
    for (int i = 0; i < layout->__sizefile; i++)
        most += text_int(layout->file[i].size, 0, INT64_MAX / CAP_LAYOUT_FILES, 0);
    if (bytes < 0 ? bytes != LAYOUT_TOO_LARGE : bytes > most)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vim__RetrievePropertiesExResponse__ reply;
    char *text = malloc(size + 1);
    if (!text || xml_guard((const char *)data, size)) {
        free(text);
        return 0;
    }
    memcpy(text, data, size);
    text[size] = '\0';
    struct soap *soap = soap_context_new();
    soap->is = text;
    if (!soap_recv_vim__RetrievePropertiesEx__(soap, &reply) && reply.returnval)
        for (int i = 0; i < reply.returnval->__sizeobjects; i++)
            for (int k = 0; k < reply.returnval->objects[i].__sizepropSet; k++)
                if (reply.returnval->objects[i].propSet[k].val)
                    check(reply.returnval->objects[i].propSet[k].val);
    soap_context_free(soap);
    free(text);
    return 0;
}
