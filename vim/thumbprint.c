/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "thumbprint.h"

#include <ctype.h>
#include <openssl/crypto.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>

static int digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool thumbprint_parse(const char *text, struct thumbprint *ret)
{
    struct thumbprint t;
    for (size_t i = 0; i < THUMBPRINT_BYTES; i++) {
        if (i && *text == ':')
            text++;
        int high = digit(text[0]);
        int low = high < 0 ? -1 : digit(text[1]);
        if (low < 0)
            return false;
        t.bytes[i] = (unsigned char)(high << 4 | low);
        text += 2;
    }
    if (*text)
        return false;
    *ret = t;
    return true;
}

char *thumbprint_text(const struct thumbprint *thumbprint, char text[THUMBPRINT_TEXT])
{
    static const char hex[] = "0123456789ABCDEF";
    char *out = text;
    for (size_t i = 0; i < THUMBPRINT_BYTES; i++) {
        if (i)
            *out++ = ':';
        *out++ = hex[thumbprint->bytes[i] >> 4];
        *out++ = hex[thumbprint->bytes[i] & 15];
    }
    *out = '\0';
    return text;
}

/* Runs inside the handshake, before a byte of the request is sent. 1 = go on. */
static int verify(X509_STORE_CTX *store, void *arg)
{
    struct thumbprint_check *check = arg;
    X509 *certificate = X509_STORE_CTX_get0_cert(store);
    unsigned int n = 0;
    check->presented = certificate &&
                       X509_digest(certificate, EVP_sha256(), check->seen.bytes, &n) &&
                       n == THUMBPRINT_BYTES;
    if (!check->pin)
        return X509_verify_cert(store);
    bool same =
        check->presented && !CRYPTO_memcmp(check->seen.bytes, check->pin->bytes, THUMBPRINT_BYTES);
    X509_STORE_CTX_set_error(store, same ? X509_V_OK : X509_V_ERR_CERT_UNTRUSTED);
    return same;
}

void thumbprint_install(SSL_CTX *ssl_ctx, struct thumbprint_check *check)
{
    SSL_CTX_set_cert_verify_callback(ssl_ctx, verify, check);
}
