/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * The certificate of HTTPS: read, or made and kept in a folder so that its thumbprint stays.
 */
#ifndef VCENTER_CERTIFICATE_H
#define VCENTER_CERTIFICATE_H

#include <stdbool.h>

enum { THUMBPRINT_TEXT = 32 * 3 };

struct certificate {
    char *cert, *key;                 /* PEM; NULL = none */
    char thumbprint[THUMBPRINT_TEXT]; /* SHA-256, "AA:BB:..." */
};

/* Reads two PEM files. False if that fails. */
bool certificate_read(const char *cert_file, const char *key_file, struct certificate *ret);

/* Reads vcenter.crt and vcenter.key of a folder, after making them (for localhost, 127.0.0.1 and
 * ::1, self-signed) if they are not there. */
bool certificate_self_signed(const char *folder, const char *name, struct certificate *ret);

void certificate_free(struct certificate *certificate);

#endif
