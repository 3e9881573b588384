/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/*
 * Chance that can be asked again: hashes of keys instead of a generator with a state, so that any
 * value at any time is the same whoever asks first.
 */
#ifndef VCENTER_NOISE_H
#define VCENTER_NOISE_H

#include <stdint.h>

/* A hash of two keys; different orders give different hashes. */
uint64_t noise_key(uint64_t a, uint64_t b);

/* 0 <= value < 1, uniform, of one key. */
double noise_unit(uint64_t key);

/* 0 <= value <= 1, moving smoothly from one random level to the next every period_ms. */
double noise_smooth(uint64_t key, int64_t time_ms, int64_t period_ms);

/* A hash of a text, for options that a person gives. */
uint64_t noise_text(const char *text);

#endif
