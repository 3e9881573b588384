/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * How the library reports failure. A call that can fail returns enum vim_code and takes a struct
 * vim_error of the caller, which it fills on failure and leaves alone on success. Results are
 * written last and never touched on failure. The library never logs.
 */
#ifndef VIM_ERROR_H
#define VIM_ERROR_H

enum vim_code {
    VIM_OK = 0,
    VIM_NOMEM,             /* an allocation failed */
    VIM_USAGE,             /* the caller broke a rule of the header; state is unchanged */
    VIM_CANCELED,          /* stopped by the caller */
    VIM_UNREACHABLE,       /* no connection: name, route, refused, reset, cut reply */
    VIM_TIMEOUT,           /* no answer in time */
    VIM_TLS,               /* certificate or handshake refused by us or by the server */
    VIM_HTTP,              /* an answer that is neither 200 nor a SOAP fault */
    VIM_PROTOCOL,          /* 200, but not the XML that was expected */
    VIM_TOO_LARGE,         /* a cap of base/caps.h was reached */
    VIM_INVALID_LOGIN,     /* fault InvalidLogin: user or password */
    VIM_NOT_AUTHENTICATED, /* fault NotAuthenticated: the session is gone, log in again */
    VIM_NO_PERMISSION,     /* fault NoPermission */
    VIM_INVALID_ARGUMENT,  /* fault InvalidArgument */
    VIM_OBJECT_GONE,       /* fault ManagedObjectNotFound; object says which */
    VIM_REQUEST_CANCELED,  /* fault RequestCanceled: CancelWaitForUpdates reached the waiter */
    VIM_FAULT,             /* any other fault; its name is in fault */
};

struct vim_error {
    enum vim_code code;
    int http_status;   /* 0 when no answer came */
    char fault[64];    /* name of the fault, such as "InvalidLogin"; "" if none */
    char object[64];   /* moid a fault is about; "" if none */
    char message[400]; /* one line for a person: what, where, what to do; no newline */
};

/* The code's name as in the enum, without VIM_, in lower case: "not_authenticated". */
const char *vim_code_name(enum vim_code code);

/* Fills err (which may be NULL) and returns code, so that a failure is one statement. */
enum vim_code vim_fail(struct vim_error *err, enum vim_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
