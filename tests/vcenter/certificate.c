/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "certificate.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"

enum { PEM_CAP = 1 << 20, DAY_S = 86400, LIFE_DAYS = 825 };

static char *read_file(const char *path)
{
    struct buf text;
    char piece[4096];
    buf_init(&text, PEM_CAP);
    FILE *file = fopen(path, "re");
    if (!file)
        return NULL;
    for (size_t n; (n = fread(piece, 1, sizeof piece, file)) > 0;)
        buf_add(&text, piece, n);
    bool ok = !ferror(file);
    fclose(file);
    char *content = buf_take(&text);
    if (ok)
        return content;
    free(content);
    return NULL;
}

static bool thumbprint_of(const char *pem, char text[THUMBPRINT_TEXT])
{
    unsigned char digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;
    BIO *bio = BIO_new_mem_buf(pem, -1);
    X509 *x509 = bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;
    bool ok = x509 && X509_digest(x509, EVP_sha256(), digest, &n) == 1;
    for (unsigned i = 0; i < n && ok; i++)
        snprintf(text + (size_t)i * 3, i + 1 < n ? 4 : 3, i + 1 < n ? "%02X:" : "%02X", digest[i]);
    X509_free(x509);
    BIO_free(bio);
    return ok;
}

bool certificate_read(const char *cert_file, const char *key_file, struct certificate *ret)
{
    struct certificate c = {.cert = read_file(cert_file), .key = read_file(key_file)};
    if (c.cert && c.key && thumbprint_of(c.cert, c.thumbprint)) {
        *ret = c;
        return true;
    }
    certificate_free(&c);
    return false;
}

void certificate_free(struct certificate *c)
{
    free(c->cert);
    free(c->key);
    *c = (struct certificate){NULL, NULL, ""};
}

static bool extend(X509 *x509, int nid, const char *value)
{
    X509V3_CTX context;
    X509V3_set_ctx(&context, x509, x509, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    bool ok = extension && X509_add_ext(x509, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return ok;
}

static bool describe(X509 *x509, const char *name)
{
    X509_NAME *subject = X509_get_subject_name(x509);
    uint64_t serial = 0;
    return RAND_bytes((unsigned char *)&serial, 7) == 1 && X509_set_version(x509, 2) == 1 &&
           ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509), serial) == 1 &&
           X509_gmtime_adj(X509_getm_notBefore(x509), -DAY_S) &&
           X509_gmtime_adj(X509_getm_notAfter(x509), (long)LIFE_DAYS * DAY_S) &&
           X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_UTF8,
                                      (const unsigned char *)"vstrata simulator", -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, (const unsigned char *)name, -1,
                                      -1, 0) == 1 &&
           X509_set_issuer_name(x509, subject) == 1 &&
           extend(x509, NID_basic_constraints, "critical,CA:TRUE") &&
           extend(x509, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");
}

static FILE *create_file(const char *path, mode_t mode)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file && fd >= 0)
        close(fd);
    return file;
}

static bool make(const char *cert_file, const char *key_file, const char *name)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x509 = X509_new();
    FILE *cert = create_file(cert_file, 0644), *secret = create_file(key_file, 0600);
    bool ok = key && x509 && cert && secret && describe(x509, name) &&
              X509_set_pubkey(x509, key) == 1 && X509_sign(x509, key, EVP_sha256()) > 0 &&
              PEM_write_X509(cert, x509) == 1 &&
              PEM_write_PrivateKey(secret, key, NULL, NULL, 0, NULL, NULL) == 1;
    if (cert)
        ok = !fclose(cert) && ok;
    if (secret)
        ok = !fclose(secret) && ok;
    X509_free(x509);
    EVP_PKEY_free(key);
    return ok;
}

bool certificate_self_signed(const char *folder, const char *name, struct certificate *ret)
{
    char cert[PATH_MAX], key[PATH_MAX];
    int n = snprintf(cert, sizeof cert, "%s/vcenter.crt", folder);
    int m = snprintf(key, sizeof key, "%s/vcenter.key", folder);
    if (n >= PATH_MAX || m >= PATH_MAX)
        return false;
    mkdir(folder, 0755);
    if (access(cert, R_OK) != 0 || access(key, R_OK) != 0)
        if (!make(cert, key, name))
            return false;
    return certificate_read(cert, key, ret);
}
