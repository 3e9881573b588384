/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The SHA-256 thumbprint of a certificate, as VMware's consoles show it, and the check of a
 * server's certificate against one.
 */
#ifndef VIM_THUMBPRINT_H
#define VIM_THUMBPRINT_H

#include <openssl/ssl.h>
#include <stdbool.h>

enum { THUMBPRINT_BYTES = 32, THUMBPRINT_TEXT = 3 * THUMBPRINT_BYTES };

struct thumbprint {
    unsigned char bytes[THUMBPRINT_BYTES];
};

/* Reads 64 hex digits, pairs optionally parted by colons. False, and *ret untouched, otherwise. */
bool thumbprint_parse(const char *text, struct thumbprint *ret);

/* Writes "AB:CD:...". Returns text. */
char *thumbprint_text(const struct thumbprint *thumbprint, char text[THUMBPRINT_TEXT]);

struct thumbprint_check {
    const struct thumbprint *pin; /* NULL = verify the chain as OpenSSL does */
    bool presented;               /* a server has shown a certificate, this one: */
    struct thumbprint seen;
};

/* Makes ssl_ctx ask check at each handshake. check must outlive ssl_ctx. */
void thumbprint_install(SSL_CTX *ssl_ctx, struct thumbprint_check *check);

#endif
