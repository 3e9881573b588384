/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "options.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SECOND_MS = 1000 };

struct option {
    const char *name, *argument, *missing, *help;
    bool (*set)(struct options *options, const char *value);
};

static bool number(const char *text, long low, long high, long *ret)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, 10);
    if (end == text || *end || errno || value < low || value > high)
        return false;
    *ret = value;
    return true;
}

static bool number_into(int *ret, const char *text, long low, long high)
{
    long value;
    if (!number(text, low, high, &value))
        return false;
    *ret = (int)value;
    return true;
}

/* "127.0.0.1:8989", "[::1]:0", "localhost:0", ":0"; nothing that leaves this machine. */
static bool set_listen(struct options *o, const char *value)
{
    char host[64];
    long port;
    const char *colon = strrchr(value, ':');
    if (!colon || (size_t)(colon - value) >= sizeof host || !number(colon + 1, 0, 65535, &port))
        return false;
    snprintf(host, sizeof host, "%.*s", (int)(colon - value), value);
    struct sockaddr_in *v4 = (struct sockaddr_in *)&o->address;
    struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&o->address;
    memset(&o->address, 0, sizeof o->address);
    if (!strcmp(host, "[::1]")) {
        v6->sin6_family = AF_INET6;
        v6->sin6_port = htons((uint16_t)port);
        v6->sin6_addr = in6addr_loopback;
        return true;
    }
    v4->sin_family = AF_INET;
    v4->sin_port = htons((uint16_t)port);
    if (!*host || !strcmp(host, "localhost"))
        v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (inet_pton(AF_INET, host, &v4->sin_addr) != 1)
        return false;
    return ntohl(v4->sin_addr.s_addr) >> 24 == 127;
}

static bool set_port_file(struct options *o, const char *value)
{
    o->port_file = value;
    return *value;
}

static bool set_vms(struct options *o, const char *value)
{
    return number_into(&o->world.vms, value, 0, 200000);
}

static bool set_hosts(struct options *o, const char *value)
{
    return number_into(&o->world.hosts, value, 1, HOSTS_MAX);
}

static bool set_vcpus(struct options *o, const char *value)
{
    return number_into(&o->world.vcpus_max, value, 1, VCPUS_MAX);
}

static bool set_off(struct options *o, const char *value)
{
    return number_into(&o->world.off_percent, value, 0, 100);
}

static bool set_guest(struct options *o, const char *value)
{
    return number_into(&o->world.guest_percent, value, 0, 100);
}

static bool set_seed(struct options *o, const char *value)
{
    long seed;
    if (!number(value, 0, 0x7fffffff, &seed))
        return false;
    o->world.seed = (uint64_t)seed;
    return true;
}

static bool set_scenario(struct options *o, const char *value)
{
    o->world.scenario = scenario_find(value);
    return o->world.scenario || !strcmp(value, "mixed");
}

/* "-300s", "90", "+5m", "-1h", "2d": away from our clock; or a date. */
static bool set_start(struct options *o, const char *value)
{
    static const char units[] = "smhd";
    static const int seconds[] = {1, 60, 3600, 86400};
    struct server_time date;
    if (clock_parse_iso(value, strlen(value), &date)) {
        o->world.start_ms = date.ms;
        return true;
    }
    char *end;
    errno = 0;
    long away = strtol(value, &end, 10);
    const char *unit = *end ? strchr(units, *end) : units;
    if (end == value || errno || !unit || (*end && end[1]) || away > 100000000 || away < -100000000)
        return false;
    o->world.start_ms = wall_now().ms + (int64_t)away * seconds[unit - units] * SECOND_MS;
    return true;
}

static bool set_speed(struct options *o, const char *value)
{
    char *end;
    o->world.speed = strtod(value, &end);
    return end != value && !*end && o->world.speed > 0 && o->world.speed <= 10000;
}

static bool set_guest_counters(struct options *o, const char *value)
{
    o->world.guest_counters = !strcmp(value, "yes");
    return o->world.guest_counters || !strcmp(value, "no");
}

static bool set_user(struct options *o, const char *value)
{
    o->user = value;
    return *value;
}

static bool set_password(struct options *o, const char *value)
{
    o->password = value;
    return *value;
}

static bool set_uuid(struct options *o, const char *value)
{
    o->world.instance_uuid = value;
    return *value && strlen(value) < UUID_TEXT &&
           strspn(value, "0123456789abcdef-") == strlen(value);
}

static bool set_name(struct options *o, const char *value)
{
    o->world.name = value;
    return *value && strlen(value) < 64;
}

static bool set_self_signed(struct options *o, const char *value)
{
    o->self_signed = value;
    return *value;
}

static bool set_cert(struct options *o, const char *value)
{
    o->cert = value;
    return *value;
}

static bool set_key(struct options *o, const char *value)
{
    o->key = value;
    return *value;
}

static bool set_max_seconds(struct options *o, const char *value)
{
    return number_into(&o->max_seconds, value, 0, 100000000);
}

static bool set_max_query_metrics(struct options *o, const char *value)
{
    return number_into(&o->max_query_metrics, value, -1, 1000000);
}

static const struct option table[] = {
    {"--listen", "ADDRESS:PORT", "127.0.0.1:0", "loopback only; port 0 = any free one", set_listen},
    {"--port-file", "FILE", NULL, "write the port there when ready", set_port_file},
    {"--vms", "N", "200", "virtual machines", set_vms},
    {"--hosts", "N", "8", "hosts", set_hosts},
    {"--vcpus-max", "N", "8", "vCPUs of the largest VM", set_vcpus},
    {"--off-percent", "N", "3", "share of VMs that are powered off", set_off},
    {"--guest", "PERCENT", "0", "share of VMs that publish guestinfo.vstrata", set_guest},
    {"--guest-counters", "yes|no", "no", "have the counters of group guest, which vCenters hide",
     set_guest_counters},
    {"--seed", "N", "1", "another number, other VMs and values", set_seed},
    {"--scenario", "NAME", "mixed", "of all VMs, see below", set_scenario},
    {"--start", "OFFSET|DATE", "-300s", "server clock at launch, by our clock or a date",
     set_start},
    {"--speed", "X", "1", "server seconds per second", set_speed},
    {"--user", "NAME", "administrator@vsphere.local", "who may log in", set_user},
    {"--password", "TEXT", "vstrata", "and the password", set_password},
    {"--instance-uuid", "UUID", NULL, "of this vCenter; default: made of name and seed", set_uuid},
    {"--name", "NAME", "vcenter-sim", "VirtualCenter.InstanceName", set_name},
    {"--self-signed", "DIR", NULL, "HTTPS with vcenter.crt and .key there, made if missing",
     set_self_signed},
    {"--cert", "FILE", NULL, "HTTPS with this certificate (PEM)", set_cert},
    {"--key", "FILE", NULL, "and its key", set_key},
    {"--max-query-metrics", "N", "256", "config.vpxd.stats.maxQueryMetrics (told, not enforced)",
     set_max_query_metrics},
    {"--max-seconds", "N", "0", "end by itself after N seconds; 0 = never", set_max_seconds},
};

enum { OPTIONS = sizeof table / sizeof *table };

static void print_help(void)
{
    printf("usage: vcenter-sim [OPTION VALUE]...\n\nA simulated vCenter on the loopback "
           "interface.\n\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        char left[48];
        snprintf(left, sizeof left, "%s %s", table[i].name, table[i].argument);
        printf("  %-28s %s", left, table[i].help);
        if (table[i].missing)
            printf(" (%s)", table[i].missing);
        putchar('\n');
    }
    printf("\nscenarios:\n  %-28s a mix of all, most of them quiet\n", "mixed");
    for (size_t i = 0; i < scenario_count(); i++)
        printf("  %-28s %s\n", scenario_at(i)->name, scenario_at(i)->help);
}

static bool set(struct options *o, const char *name, const char *value)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        if (strcmp(table[i].name, name) != 0)
            continue;
        if (value && table[i].set(o, value))
            return true;
        fprintf(stderr, "vcenter-sim: %s %s: %s\n", name, table[i].argument, table[i].help);
        return false;
    }
    fprintf(stderr, "vcenter-sim: %s: no such option, see --help\n", name);
    return false;
}

enum options_result options_read(int argc, char **argv, struct options *ret)
{
    struct options o = {0};
    for (size_t i = 0; i < OPTIONS; i++)
        if (table[i].missing && !table[i].set(&o, table[i].missing))
            abort(); /* a wrong table */
    for (int i = 1; i < argc; i += 2) {
        if (!strcmp(argv[i], "--help")) {
            print_help();
            return OPTIONS_HELP;
        }
        if (!set(&o, argv[i], i + 1 < argc ? argv[i + 1] : NULL))
            return OPTIONS_BAD;
    }
    if (!o.cert != !o.key || (o.cert && o.self_signed)) {
        fprintf(stderr, "vcenter-sim: either --cert and --key, or --self-signed\n");
        return OPTIONS_BAD;
    }
    *ret = o;
    return OPTIONS_OK;
}
