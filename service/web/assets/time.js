/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Time ranges, ticks of a time axis, and gaps. */
import { api } from './api.js';
import { clock, day } from './format.js';

const MINUTE = 60e3;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/* Longer ranges are read in steps, about a thousand points wide; the figure then says so. */
export const RANGES = [
  { key: '15m', text: '15 min', ms: 15 * MINUTE, step: 0 },
  { key: '1h', text: '1 h', ms: HOUR, step: 0 },
  { key: '6h', text: '6 h', ms: 6 * HOUR, step: 0 },
  { key: '24h', text: '24 h', ms: DAY, step: 2 * MINUTE },
  { key: '7d', text: '7 d', ms: 7 * DAY, step: 10 * MINUTE },
];
export const rangeOf = (key) => RANGES.find((range) => range.key === key) ?? RANGES[1];

const STEPS = [
  MINUTE,
  2 * MINUTE,
  5 * MINUTE,
  10 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
];

/* Round times of this place between from and to, at most `most` of them. */
export function ticks(from, to, most) {
  const step = STEPS.find((one) => (to - from) / one <= most) ?? DAY;
  const shift = new Date(from).getTimezoneOffset() * MINUTE;
  const list = [];
  for (let t = Math.ceil((from - shift) / step) * step + shift; t <= to; t += step) list.push(t);
  return list;
}

export function tickText(ms, span) {
  const midnight = clock(ms, false) === '00:00';
  return span > 12 * HOUR && midnight ? day(ms) : clock(ms, false);
}

/* What a figure cannot show, and why. A gap is a time that is missing, or one whose row has a status
 * and no values; neighbours with the same reason are one gap.
 *   data: {times, interval, step}, rowReason(i): text, or null if the row i has layers */
export function gapsOf(data, from, to, rowReason) {
  const pace = data.step || data.interval * 1000;
  const gaps = [];
  const samples = (ms) => Math.round(ms / 1000 / data.interval);
  const add = (start, end, reason, rows) => {
    const last = gaps.at(-1);
    if (last && last.reason === reason && start - last.to < pace / 2) {
      last.to = end;
      last.rows += rows;
    } else gaps.push({ from: start, to: end, reason, rows });
  };
  /* A sample covers the interval that ends at its time. */
  let covered = from;
  data.times.forEach((t, i) => {
    const start = t - pace;
    if (start - covered > pace / 2) add(covered, start, null, samples(start - covered));
    const reason = rowReason(i);
    if (reason) add(start, t, reason, 1);
    covered = t;
  });
  if (to - covered > pace * 2.5) add(covered, to, null, samples(to - covered));
  return gaps;
}

/* A range that begins without rows: is that a gap, or is there nothing older at all? Then the first gap
 * is marked as `before`. */
export async function seeBefore({ vcenter, moid }, quantity, from, first, signal) {
  if (!first || first.reason || first.from !== from) return;
  const older = { quantities: quantity, from: from - 30 * DAY, to: from, step: DAY };
  const { times } = await api.series(vcenter, moid, older, signal);
  first.before = times.length === 0;
}
