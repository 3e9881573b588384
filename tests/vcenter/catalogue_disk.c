/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * virtualDisk sees what the guest asks of each disk; datastore what files on it are asked for,
 * which a raw disk is not; disk all that goes to block devices, which NFS does not.
 */
#include "catalogue_values.h"

/* Of one disk, or of all. */
#define DISK(counter, member)                                              \
    int64_t value_disk_##counter(const struct vm_sample *s, int at)        \
    {                                                                      \
        int64_t sum = 0;                                                   \
        for (int i = 0; i < s->disks.n; i++)                               \
            sum += at == AGGREGATE || at == i ? s->disks.of[i].member : 0; \
        return sum;                                                        \
    }

DISK(reads, reads)
DISK(writes, writes)
DISK(read, read_kbps)
DISK(write, write_kbps)
DISK(read_us, read_us)
DISK(write_us, write_us)
DISK(read_oio, outstanding_reads)
DISK(write_oio, outstanding_writes)
DISK(aborted, aborts)
DISK(resets, resets)

int64_t value_disk_throughput(const struct vm_sample *s, int at)
{
    return value_disk_read(s, at) + value_disk_write(s, at);
}

enum { MS_US = 1000 };

int64_t value_disk_read_ms(const struct vm_sample *s, int at)
{
    return value_disk_read_us(s, at) / MS_US;
}

int64_t value_disk_write_ms(const struct vm_sample *s, int at)
{
    return value_disk_write_us(s, at) / MS_US;
}

static bool is_vmfs(const struct disk_place *place)
{
    return datastores[place->datastore].type[0] == 'V';
}

int64_t value_datastore_reads(const struct vm_sample *s, int datastore)
{
    const struct disk_set *d = &s->disks;
    int64_t reads = d->place[0].datastore == datastore ? d->swap_reads : 0;
    for (int i = 0; i < d->n; i++)
        if (!d->place[i].rdm && d->place[i].datastore == datastore)
            reads += d->of[i].reads + d->of[i].extra_reads;
    return reads;
}

int64_t value_datastore_writes(const struct vm_sample *s, int datastore)
{
    const struct disk_set *d = &s->disks;
    int64_t writes = d->place[0].datastore == datastore ? d->swap_writes : 0;
    for (int i = 0; i < d->n; i++)
        if (!d->place[i].rdm && d->place[i].datastore == datastore)
            writes += d->of[i].writes + d->of[i].extra_writes;
    return writes;
}

int64_t value_datastore_read(const struct vm_sample *s, int datastore)
{
    const struct disk_set *d = &s->disks;
    int64_t kbps = d->place[0].datastore == datastore ? d->swap_read_kbps : 0;
    for (int i = 0; i < d->n; i++)
        if (!d->place[i].rdm && d->place[i].datastore == datastore)
            kbps += d->of[i].read_kbps + d->of[i].extra_read_kbps;
    return kbps;
}

int64_t value_datastore_write(const struct vm_sample *s, int datastore)
{
    const struct disk_set *d = &s->disks;
    int64_t kbps = d->place[0].datastore == datastore ? d->swap_write_kbps : 0;
    for (int i = 0; i < d->n; i++)
        if (!d->place[i].rdm && d->place[i].datastore == datastore)
            kbps += d->of[i].write_kbps + d->of[i].extra_write_kbps;
    return kbps;
}

/* The slowest of the VM's disks there. */
int64_t value_datastore_read_ms(const struct vm_sample *s, int datastore)
{
    int32_t most = 0;
    for (int i = 0; i < s->disks.n; i++)
        if (!s->disks.place[i].rdm && s->disks.place[i].datastore == datastore &&
            s->disks.of[i].read_us > most)
            most = s->disks.of[i].read_us;
    return most / MS_US;
}

int64_t value_datastore_write_ms(const struct vm_sample *s, int datastore)
{
    int32_t most = 0;
    for (int i = 0; i < s->disks.n; i++)
        if (!s->disks.place[i].rdm && s->disks.place[i].datastore == datastore &&
            s->disks.of[i].write_us > most)
            most = s->disks.of[i].write_us;
    return most / MS_US;
}

int64_t value_datastore_latency(const struct vm_sample *s, int at)
{
    int32_t most = 0;
    (void)at;
    for (int i = 0; i < s->disks.n; i++)
        if (!s->disks.place[i].rdm && s->disks.of[i].peak_us > most)
            most = s->disks.of[i].peak_us;
    return most / MS_US;
}

static bool is_block(const struct disk_place *place)
{
    return place->rdm || is_vmfs(place);
}

int64_t value_device_read(const struct vm_sample *s, int at)
{
    const struct disk_set *d = &s->disks;
    int64_t kbps = is_vmfs(&d->place[0]) ? d->swap_read_kbps : 0;
    (void)at;
    for (int i = 0; i < d->n; i++)
        if (is_block(&d->place[i]))
            kbps += d->of[i].read_kbps + d->of[i].extra_read_kbps;
    return kbps;
}

int64_t value_device_write(const struct vm_sample *s, int at)
{
    const struct disk_set *d = &s->disks;
    int64_t kbps = is_vmfs(&d->place[0]) ? d->swap_write_kbps : 0;
    (void)at;
    for (int i = 0; i < d->n; i++)
        if (is_block(&d->place[i]))
            kbps += d->of[i].write_kbps + d->of[i].extra_write_kbps;
    return kbps;
}

int64_t value_device_usage(const struct vm_sample *s, int at)
{
    return value_device_read(s, at) + value_device_write(s, at);
}

int64_t value_device_latency(const struct vm_sample *s, int at)
{
    int32_t most = 0;
    (void)at;
    for (int i = 0; i < s->disks.n; i++)
        if (is_block(&s->disks.place[i]) && s->disks.of[i].peak_us > most)
            most = s->disks.of[i].peak_us;
    return most / MS_US;
}
