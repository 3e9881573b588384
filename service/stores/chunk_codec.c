/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "stores/chunk_codec.h"

enum { VARINT_BYTES = 10, VARINT_BITS = 64 };

/* Differences and sums wrap, so that INT64_MIN next to INT64_MAX is a delta like any other. */
static int64_t minus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static int64_t plus(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

static uint64_t zigzag(int64_t value)
{
    return ((uint64_t)value << 1) ^ (value < 0 ? UINT64_MAX : 0);
}

static int64_t unzigzag(uint64_t code)
{
    return (int64_t)((code >> 1) ^ (code & 1 ? UINT64_MAX : 0));
}

static void put_varint(struct buf *out, uint64_t value)
{
    unsigned char bytes[VARINT_BYTES];
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[n++] = (unsigned char)(value | 0x80);
    bytes[n++] = (unsigned char)value;
    buf_add(out, bytes, n);
}

static bool get_varint(struct delta_reader *reader, uint64_t *ret)
{
    uint64_t value = 0;
    for (unsigned shift = 0; shift < VARINT_BITS && reader->at < reader->end; shift += 7) {
        unsigned char byte = *reader->at++;
        uint64_t bits = byte & 0x7f;
        if (bits << shift >> shift != bits)
            return false; /* more than 64 bits */
        value |= bits << shift;
        if (!(byte & 0x80)) {
            *ret = value;
            return true;
        }
    }
    return false;
}

void delta_put(struct delta_writer *writer, int64_t delta)
{
    if (delta == 0) {
        writer->zeros++;
        return;
    }
    delta_end(writer);
    put_varint(writer->out, zigzag(delta));
}

void delta_end(struct delta_writer *writer)
{
    if (!writer->zeros)
        return;
    put_varint(writer->out, 0);
    put_varint(writer->out, writer->zeros - 1);
    writer->zeros = 0;
}

bool delta_get(struct delta_reader *reader, int64_t *ret)
{
    uint64_t code = 0;
    if (reader->zeros) {
        reader->zeros--;
    } else {
        if (!get_varint(reader, &code))
            return false;
        if (code == 0 && !get_varint(reader, &reader->zeros))
            return false;
    }
    *ret = unzigzag(code);
    return true;
}

void chunk_encode(struct buf *out, int64_t t0, const struct embedded_point *points, size_t n)
{
    struct delta_writer writer = {.out = out};
    int64_t time = t0, step = 0, ticks = 0;
    for (size_t i = 0; i < n; i++) {
        int64_t d = points[i].time.ms - time;
        delta_put(&writer, d - step);
        step = d;
        time = points[i].time.ms;
    }
    delta_end(&writer);
    for (size_t i = 0; i < n; i++) {
        delta_put(&writer, minus(points[i].ticks, ticks));
        ticks = points[i].ticks;
    }
    delta_end(&writer);
}

static bool decode_times(struct delta_reader *reader, int64_t t0, size_t n,
                         struct embedded_point *ret)
{
    int64_t offset = 0, step = 0, delta;
    for (size_t i = 0; i < n; i++) {
        if (!delta_get(reader, &delta))
            return false;
        step = plus(step, delta);
        /* Both bounds before the sum, so that it cannot wrap. */
        if (step < (i ? 1 : 0) || step >= CHUNK_MS - offset)
            return false;
        offset += step;
        ret[i].time.ms = t0 + offset;
    }
    return reader->zeros == 0;
}

static bool decode_values(struct delta_reader *reader, size_t n, struct embedded_point *ret)
{
    int64_t ticks = 0, delta;
    for (size_t i = 0; i < n; i++) {
        if (!delta_get(reader, &delta))
            return false;
        ticks = plus(ticks, delta);
        ret[i].ticks = ticks;
    }
    return reader->zeros == 0 && reader->at == reader->end;
}

bool chunk_decode(const void *data, size_t len, int64_t t0, size_t n, struct embedded_point *ret)
{
    if (n == 0 || n > CHUNK_POINTS_MAX || !data)
        return false;
    const unsigned char *bytes = data;
    struct delta_reader reader = {.at = bytes, .end = bytes + len};
    return decode_times(&reader, t0, n, ret) && decode_values(&reader, n, ret);
}
