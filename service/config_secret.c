/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "config_secret.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/caps.h"

/* Reads until the end, or until the buffer's cap makes it fail. 0 or -1 with errno. */
static int drain(int fd, struct buf *out)
{
    char chunk[4096];
    ssize_t n = 0;
    while (buf_ok(out) && (n = read(fd, chunk, sizeof chunk)) != 0) {
        if (n < 0 && errno != EINTR)
            break;
        if (n > 0)
            buf_add(out, chunk, (size_t)n);
    }
    explicit_bzero(chunk, sizeof chunk);
    return n < 0 ? -1 : 0;
}

/* One newline at the end, as editors leave it, is no part of a secret. */
static size_t without_newline(const struct buf *text)
{
    size_t n = text->len;
    if (n && text->data[n - 1] == '\n')
        n--;
    if (n < text->len && n && text->data[n - 1] == '\r')
        n--;
    return n;
}

static const char *kept(const struct buf *text, const char *path, struct arena *arena,
                        struct buf *problem)
{
    const size_t n = without_newline(text);
    if (!buf_ok(text))
        buf_printf(problem, "%s is larger than %d bytes", path, CAP_CONFIG_BYTES);
    else if (n == 0)
        buf_printf(problem, "%s is empty", path);
    else if (memchr(text->data, '\0', n))
        buf_printf(problem, "%s holds a NUL byte", path);
    else
        return arena_text(arena, text->data, n);
    return NULL;
}

static const char *from_file(const char *path, struct arena *arena, struct buf *problem)
{
    const char *secret = NULL;
    struct stat st;
    struct buf text;
    buf_init(&text, CAP_CONFIG_BYTES);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0 || fstat(fd, &st) != 0) {
        buf_printf(problem, "cannot open %s: %s", path, strerror(errno));
        goto out;
    }
    if (S_ISDIR(st.st_mode)) {
        buf_printf(problem, "%s is a folder", path);
        goto out;
    }
    if (S_ISREG(st.st_mode) && st.st_mode & S_IROTH) {
        buf_printf(problem, "everybody may read %s (mode %04o); run: chmod o-rwx %s", path,
                   (unsigned)st.st_mode & 07777u, path);
        goto out;
    }
    if (drain(fd, &text) != 0)
        buf_printf(problem, "cannot read %s: %s", path, strerror(errno));
    else
        secret = kept(&text, path, arena, problem);
out:
    if (text.data)
        explicit_bzero(text.data, text.len);
    buf_free(&text);
    if (fd >= 0)
        close(fd);
    return secret;
}

static const char *from_environment(const char *name, struct arena *arena, struct buf *problem)
{
    const char *value = getenv(name);
    if (value && *value)
        return arena_text(arena, value, strlen(value));
    buf_printf(problem, "the environment variable %s is %s", name, value ? "empty" : "not set");
    return NULL;
}

static const char *from_credential(const char *name, struct arena *arena, struct buf *problem)
{
    const char *folder = getenv("CREDENTIALS_DIRECTORY");
    const char *secret = NULL;
    struct buf path;
    if (!folder || !*folder) {
        buf_printf(problem, "no systemd credentials: CREDENTIALS_DIRECTORY is not set");
        return NULL;
    }
    if (!*name || strchr(name, '/') || strcmp(name, "..") == 0 || strcmp(name, ".") == 0) {
        buf_printf(problem, "\"%s\" is not the name of a credential", name);
        return NULL;
    }
    buf_init(&path, CAP_CONFIG_BYTES);
    buf_printf(&path, "%s/%s", folder, name);
    if (buf_ok(&path))
        secret = from_file(path.data, arena, problem);
    buf_free(&path);
    return secret;
}

const char *config_secret(enum config_type type, const char *value, struct arena *arena,
                          struct buf *problem)
{
    switch (type) {
    case CONFIG_SECRET_FILE:
        return from_file(value, arena, problem);
    case CONFIG_SECRET_ENV:
        return from_environment(value, arena, problem);
    case CONFIG_SECRET_CREDENTIAL:
        return from_credential(value, arena, problem);
    default:
        return arena_text(arena, value, strlen(value));
    }
}
