/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "truth_parts.h"

enum { KB = 1024, SECOND_US = 1000000 };

/* ---- what adds up over the disks ---- */

static int64_t reads(const struct disk_sample *d)
{
    return d->reads;
}

static int64_t writes(const struct disk_sample *d)
{
    return d->writes;
}

static int64_t iops(const struct disk_sample *d)
{
    return (int64_t)d->reads + d->writes;
}

static int64_t read_rate(const struct disk_sample *d)
{
    return (int64_t)d->read_kbps * KB;
}

static int64_t write_rate(const struct disk_sample *d)
{
    return (int64_t)d->write_kbps * KB;
}

static int64_t throughput(const struct disk_sample *d)
{
    return read_rate(d) + write_rate(d);
}

static int64_t outstanding_reads(const struct disk_sample *d)
{
    return d->outstanding_reads;
}

static int64_t outstanding_writes(const struct disk_sample *d)
{
    return d->outstanding_writes;
}

static int64_t outstanding(const struct disk_sample *d)
{
    return (int64_t)d->outstanding_reads + d->outstanding_writes;
}

static int64_t aborted(const struct disk_sample *d)
{
    return (int64_t)d->aborts + d->resets;
}

typedef int64_t disk_fn(const struct disk_sample *disk);

static const struct {
    const char *name;
    disk_fn *value;
    bool worst;
} sums[] = {
    {"disk.reads", reads, false},
    {"disk.writes", writes, false},
    {"disk.iops", iops, false},
    {"disk.read_rate", read_rate, false},
    {"disk.write_rate", write_rate, false},
    {"disk.throughput", throughput, false},
    {"disk.outstanding_reads", outstanding_reads, false},
    {"disk.outstanding_writes", outstanding_writes, false},
    {"disk.outstanding", outstanding, true},
    {"disk.aborted", aborted, false},
};

static int64_t sum(const struct disk_set *d, disk_fn *value)
{
    int64_t all = 0;
    for (int i = 0; i < d->n; i++)
        all += value(&d->of[i]);
    return all;
}

/* ---- what does not: a quotient of two sums, of one disk as of all ---- */

/* Microseconds that all reads, or writes, of a second took together. */
static int64_t read_time(const struct disk_sample *d)
{
    return (int64_t)d->reads * d->read_us;
}

static int64_t write_time(const struct disk_sample *d)
{
    return (int64_t)d->writes * d->write_us;
}

static int64_t all_time(const struct disk_sample *d)
{
    return read_time(d) + write_time(d);
}

/* A mean to the whole microsecond, in seconds; of nothing it is 0. */
static double mean(int64_t time_us, int64_t ios)
{
    int64_t us = ios ? (2 * time_us + ios) / (2 * ios) : 0;
    return (double)us / SECOND_US;
}

static const struct {
    const char *name;
    disk_fn *time, *ios;
} latencies[] = {
    {"disk.latency", all_time, iops},
    {"disk.read_latency", read_time, reads},
    {"disk.write_latency", write_time, writes},
};

struct teller {
    const struct disk_set *disks;
    truth_fn *tell;
    void *ctx;
};

static void total(const struct teller *t, const char *name, double value)
{
    t->tell(t->ctx, name, "total", NULL, value);
}

static void instance(const struct teller *t, const char *name, int disk, double value)
{
    char text[DISK_TEXT];
    t->tell(t->ctx, name, "vdisk", disk_instance(&t->disks->place[disk], text), value);
}

static void tell_sum(const struct teller *t, const char *name, disk_fn *value, bool worst)
{
    const struct disk_set *d = t->disks;
    int64_t most = 0;
    total(t, name, (double)sum(d, value));
    for (int i = 0; i < d->n; i++)
        most = value(&d->of[i]) > most ? value(&d->of[i]) : most;
    if (worst)
        t->tell(t->ctx, name, "worst", NULL, (double)most);
    for (int i = 0; i < d->n; i++)
        instance(t, name, i, (double)value(&d->of[i]));
}

static void tell_latency(const struct teller *t, const char *name, disk_fn *time, disk_fn *ios)
{
    const struct disk_set *d = t->disks;
    double most = 0;
    total(t, name, mean(sum(d, time), sum(d, ios)));
    for (int i = 0; i < d->n; i++) {
        double one = mean(time(&d->of[i]), ios(&d->of[i]));
        most = one > most ? one : most;
    }
    t->tell(t->ctx, name, "worst", NULL, most);
    for (int i = 0; i < d->n; i++)
        instance(t, name, i, mean(time(&d->of[i]), ios(&d->of[i])));
}

/* By Little's law: IOs per second x seconds. */
static void tell_in_flight(const struct teller *t)
{
    const struct disk_set *d = t->disks;
    total(t, "disk.in_flight", (double)sum(d, all_time) / SECOND_US);
    for (int i = 0; i < d->n; i++)
        instance(t, "disk.in_flight", i, (double)all_time(&d->of[i]) / SECOND_US);
}

/* To whole bytes. */
static double io_size(int64_t bytes, int64_t ios)
{
    int64_t size = bytes / ios;
    return (double)size;
}

static void tell_io_size(const struct teller *t)
{
    const struct disk_set *d = t->disks;
    if (sum(d, iops))
        total(t, "disk.io_size", io_size(sum(d, throughput), sum(d, iops)));
    for (int i = 0; i < d->n; i++)
        if (iops(&d->of[i]))
            instance(t, "disk.io_size", i, io_size(throughput(&d->of[i]), iops(&d->of[i])));
}

/* ---- snapshots: what storage does for the VM beyond what its disks ask, swap files included ----
 */

static int64_t extra_reads(const struct disk_sample *d)
{
    return d->extra_reads;
}

static int64_t extra_writes(const struct disk_sample *d)
{
    return d->extra_writes;
}

static int64_t extra_read_rate(const struct disk_sample *d)
{
    return (int64_t)d->extra_read_kbps * KB;
}

static int64_t extra_write_rate(const struct disk_sample *d)
{
    return (int64_t)d->extra_write_kbps * KB;
}

static bool any_raw(const struct disk_set *d)
{
    bool any = false;
    for (int i = 0; i < d->n; i++)
        any = any || d->place[i].rdm;
    return any;
}

static bool any_on_files(const struct disk_set *d)
{
    bool any = false;
    for (int i = 0; i < d->n; i++)
        any = any || datastores[d->place[i].datastore].type[0] == 'N';
    return any;
}

/* A datastore does not see raw disks, and what sees block devices does not see NFS: of a VM that
 * has those nobody can know the difference. */
static void tell_snapshots(const struct teller *t)
{
    const struct disk_set *d = t->disks;
    int64_t read = sum(d, extra_reads) + d->swap_reads;
    int64_t write = sum(d, extra_writes) + d->swap_writes;
    if (!any_raw(d)) {
        total(t, "disk.snapshot_reads", (double)read);
        total(t, "disk.snapshot_writes", (double)write);
        total(t, "disk.snapshot_iops", (double)(read + write));
    }
    if (!any_on_files(d)) {
        total(t, "disk.snapshot_read_rate",
              (double)(sum(d, extra_read_rate) + (int64_t)d->swap_read_kbps * KB));
        total(t, "disk.snapshot_write_rate",
              (double)(sum(d, extra_write_rate) + (int64_t)d->swap_write_kbps * KB));
    }
    total(t, "disk.snapshot_space", (double)(d->snapshot_kb * KB));
}

/* The host's highest is in whole milliseconds. */
static double counter_latency(const struct disk_set *d)
{
    int32_t most = 0;
    for (int i = 0; i < d->n; i++)
        most = d->of[i].peak_us > most ? d->of[i].peak_us : most;
    int32_t ms = most / 1000;
    return ms / 1e3;
}

void truth_disk(const struct vm_sample *sample, truth_fn *tell, void *ctx)
{
    const struct teller t = {&sample->disks, tell, ctx};
    for (size_t i = 0; i < sizeof sums / sizeof *sums; i++)
        tell_sum(&t, sums[i].name, sums[i].value, sums[i].worst);
    for (size_t i = 0; i < sizeof latencies / sizeof *latencies; i++)
        tell_latency(&t, latencies[i].name, latencies[i].time, latencies[i].ios);
    tell_in_flight(&t);
    tell_io_size(&t);
    tell_snapshots(&t);
    total(&t, "disk.counter_latency", counter_latency(t.disks));
    total(&t, "disk.count", t.disks->n);
}
