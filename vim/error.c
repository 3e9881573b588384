/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "vim/error.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *vim_code_name(enum vim_code code)
{
    switch (code) { /* no default: the compiler reports a missing word */
    case VIM_OK:
        return "ok";
    case VIM_NOMEM:
        return "nomem";
    case VIM_USAGE:
        return "usage";
    case VIM_CANCELED:
        return "canceled";
    case VIM_UNREACHABLE:
        return "unreachable";
    case VIM_TIMEOUT:
        return "timeout";
    case VIM_TLS:
        return "tls";
    case VIM_HTTP:
        return "http";
    case VIM_PROTOCOL:
        return "protocol";
    case VIM_TOO_LARGE:
        return "too_large";
    case VIM_INVALID_LOGIN:
        return "invalid_login";
    case VIM_NOT_AUTHENTICATED:
        return "not_authenticated";
    case VIM_NO_PERMISSION:
        return "no_permission";
    case VIM_INVALID_ARGUMENT:
        return "invalid_argument";
    case VIM_OBJECT_GONE:
        return "object_gone";
    case VIM_REQUEST_CANCELED:
        return "request_canceled";
    case VIM_FAULT:
        return "fault";
    }
    return "unknown";
}

enum vim_code vim_fail(struct vim_error *err, enum vim_code code, const char *format, ...)
{
    if (!err)
        return code;
    memset(err, 0, sizeof *err);
    err->code = code;
    va_list args;
    va_start(args, format);
    vsnprintf(err->message, sizeof err->message, format, args);
    va_end(args);
    for (char *c = err->message; *c; c++) /* a server's text may hold anything */
        if ((unsigned char)*c < ' ' || *c == 0x7f)
            *c = ' ';
    return code;
}
