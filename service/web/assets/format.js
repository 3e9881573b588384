/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Figures for people. Percent, sizes, times of this place, words for durations. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export const NONE = '–';
export const count = (n) => whole.format(n).replaceAll(',', '\u202f');

/* Two or three digits that count: 0, 0.04, 1.2, 45.1, 359 */
function digits(value) {
  const size = Math.abs(value);
  if (size === 0) return '0';
  if (size < 0.005) return value < 0 ? '>−0.01' : '<0.01';
  const text = value.toFixed(size < 1 ? 2 : size < 100 ? 1 : 0);
  return text.replace('-', '−');
}

/* Percent from a percent, or from a ratio. */
export const percent = (value) => (Number.isFinite(value) ? `${digits(value)}\u202f%` : NONE);
export const ratio = (value) => (Number.isFinite(value) ? percent(value * 100) : NONE);

export const GIB = 2 ** 30;
export const MEGA = 1e6;

/* Three digits that count: 0, 1.05, 15.2, 384, 1024 */
function three(value) {
  return value >= 1000 ? value.toFixed(0) : value.toPrecision(3).replace(/\.0+$/, '');
}

/* Memory: 0, 4 KiB, 384 MiB, 15.2 GiB */
export function size(bytes) {
  if (!Number.isFinite(bytes)) return NONE;
  if (bytes === 0) return '0';
  /* 1023.9 of a unit are shown as 1 of the next */
  const [unit, one] = [
    ['TiB', 2 ** 40],
    ['GiB', GIB],
    ['MiB', 2 ** 20],
  ].find(([, least]) => bytes >= least * 0.9995) ?? ['KiB', 2 ** 10];
  return `${three(bytes / one)}\u202f${unit}`;
}

/* Bytes a second, in millions of them. */
export const rate = (value) =>
  Number.isFinite(value) ? `${digits(value / MEGA)}\u202fMB/s` : NONE;

export function quantity(value, unit) {
  if (!Number.isFinite(value)) return NONE;
  if (unit === 'ratio') return ratio(value);
  if (unit === 'bytes') return size(value);
  if (unit === 'bytes_per_second') return rate(value);
  if (unit === 'hertz')
    return value < 1e9 ? `${whole.format(value / 1e6)} MHz` : `${(value / 1e9).toFixed(2)} GHz`;
  return count(value);
}

const pad = (n) => String(n).padStart(2, '0');

export function clock(ms, seconds = true) {
  const t = new Date(ms);
  return `${pad(t.getHours())}:${pad(t.getMinutes())}${seconds ? `:${pad(t.getSeconds())}` : ''}`;
}

export function day(ms) {
  return new Date(ms).toLocaleDateString(undefined, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
  });
}

/* The time, with its day where a range is longer than one. */
export const moment = (ms, long) => (long ? `${day(ms)} ${clock(ms, false)}` : clock(ms));

export function duration(ms) {
  const s = Math.abs(ms) / 1000;
  const sign = ms < 0 ? '−' : '';
  if (s < 1) return `${sign}${Math.round(s * 1000)} ms`;
  if (s < 10) return `${sign}${s.toFixed(1)} s`;
  if (s < 120) return `${sign}${Math.round(s)} s`;
  if (s < 7200) return `${sign}${Math.round(s / 60)} min`;
  if (s < 172800) return `${sign}${Math.round(s / 3600)} h`;
  return `${sign}${Math.round(s / 86400)} d`;
}

export const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;
