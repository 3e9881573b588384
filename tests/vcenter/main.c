/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * vcenter-sim: reads its options, starts, tells in one line of JSON that it is ready, and waits for
 * a signal.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <libxml/parser.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "certificate.h"
#include "http.h"
#include "options.h"
#include "truth.h"

/* The whole number or no file: a reader never sees half of it. */
static bool write_port(const char *path, int port)
{
    char half[PATH_MAX];
    if (snprintf(half, sizeof half, "%s.%ld", path, (long)getpid()) >= PATH_MAX)
        return false;
    FILE *file = fopen(half, "we");
    if (!file)
        return false;
    bool ok = fprintf(file, "%d\n", port) > 0;
    ok = !fclose(file) && ok;
    return ok && !rename(half, path);
}

static void tell_ready(const struct server *server, const struct options *options, int port,
                       const struct certificate *certificate)
{
    struct buf line;
    buf_init(&line, 4096);
    char host[INET_ADDRSTRLEN] = "[::1]";
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&options->address;
    if (options->address.ss_family == AF_INET)
        inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
    buf_printf(&line, "{\"url\":\"http%s://%s:%d/sdk\",\"thumbprint\":\"%s\",\"pid\":%ld",
               certificate->cert ? "s" : "", host, port, certificate->thumbprint, (long)getpid());
    buf_printf(&line,
               ",\"vms\":%d,\"hosts\":%d,\"instance_uuid\":\"%s\",\"name\":", options->world.vms,
               options->world.hosts, server->world.instance_uuid);
    truth_json_text(&line, options->world.name);
    buf_str(&line, "}");
    if (buf_ok(&line))
        puts(line.data);
    fflush(stdout);
    buf_free(&line);
}

static void wait_for_end(const sigset_t *signals, int seconds)
{
    const struct timespec limit = {seconds, 0};
    int signal;
    do
        signal = seconds ? sigtimedwait(signals, NULL, &limit) : sigwaitinfo(signals, NULL);
    while (signal < 0 && errno == EINTR);
}

static int serve(struct server *server, const struct options *options,
                 const struct certificate *certificate, const sigset_t *signals)
{
    int status = 1;
    server->tls = certificate->cert;
    struct http *http = http_start(server, (const struct sockaddr *)&options->address,
                                   certificate->cert, certificate->key);
    if (!http) {
        fprintf(stderr, "vcenter-sim: cannot listen there: %s\n", strerror(errno));
        return status;
    }
    if (options->port_file && !write_port(options->port_file, http_port(http)))
        fprintf(stderr, "vcenter-sim: cannot write %s: %s\n", options->port_file, strerror(errno));
    else {
        tell_ready(server, options, http_port(http), certificate);
        wait_for_end(signals, options->max_seconds);
        status = 0;
    }
    http_stop(http);
    return status;
}

static bool read_certificate(const struct options *options, struct certificate *ret)
{
    if (options->self_signed)
        return certificate_self_signed(options->self_signed, options->world.name, ret);
    return !options->cert || certificate_read(options->cert, options->key, ret);
}

int main(int argc, char **argv)
{
    static struct server server;
    struct options options;
    struct certificate certificate = {NULL, NULL, ""};
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    enum options_result read = options_read(argc, argv, &options);
    if (read != OPTIONS_OK)
        return read == OPTIONS_HELP ? 0 : 2;
    sigprocmask(SIG_BLOCK, &signals, NULL); /* for all threads to come */
    signal(SIGPIPE, SIG_IGN);
    xmlInitParser();
    int status = 1;
    if (!read_certificate(&options, &certificate))
        fprintf(stderr, "vcenter-sim: certificate: cannot read or make it\n");
    else if (!server_init(&server, &options.world))
        fprintf(stderr, "vcenter-sim: too many objects, or out of memory\n");
    else {
        server.user = options.user;
        server.password = options.password;
        server.max_query_metrics = options.max_query_metrics;
        status = serve(&server, &options, &certificate, &signals);
    }
    server_free(&server);
    certificate_free(&certificate);
    xmlCleanupParser();
    return status;
}
