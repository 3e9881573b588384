/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
#include "noise.h"

uint64_t noise_key(uint64_t a, uint64_t b)
{
    uint64_t x = a * 0x9e3779b97f4a7c15u + b + 0x632be59bd9b4e019u; /* then splitmix64's finish */
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

double noise_unit(uint64_t key)
{
    return (double)(noise_key(key, 0) >> 11) * 0x1p-53;
}

double noise_smooth(uint64_t key, int64_t time_ms, int64_t period_ms)
{
    int64_t step = time_ms / period_ms;
    double at = (double)(time_ms % period_ms) / (double)period_ms;
    double from = noise_unit(noise_key(key, (uint64_t)step));
    double to = noise_unit(noise_key(key, (uint64_t)step + 1));
    return from + (to - from) * at * at * (3 - 2 * at);
}

uint64_t noise_text(const char *text)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 0x100000001b3u;
    return noise_key(hash, 1);
}
