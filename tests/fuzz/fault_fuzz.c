/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Any bytes as the body of an answer with status 500: the decoder must end in a failure code with
 * a message of one line. gSOAP reads behind the same guard in every other reply.
 */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/caps.h"
#include "transport.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vim_error err;
    struct buf body;
    buf_init(&body, CAP_REPLY_BYTES);
    buf_add(&body, data, size);
    enum vim_code code = fault_decode(&body, 500, &err);
    buf_free(&body);
    if (code == VIM_OK || code != err.code || err.http_status != 500 ||
        !memchr(err.message, '\0', sizeof err.message) || strpbrk(err.message, "\r\n"))
        abort();
    return 0;
}
