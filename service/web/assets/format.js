/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Figures for people. Percent, sizes, times of this place, words for durations. */

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

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

/* Bytes a second, in millions of them, small ones in thousands. */
export function rate(value) {
  if (!Number.isFinite(value)) return NONE;
  const small = value > 0 && value < MEGA / 10;
  return small ? `${digits(value / 1e3)}\u202fkB/s` : `${digits(value / MEGA)}\u202fMB/s`;
}

/* Seconds of a disk's latency: 0.40 ms, 12.3 ms, 1.25 s */
export function latency(seconds) {
  if (!Number.isFinite(seconds)) return NONE;
  if (seconds >= 1) return `${three(seconds)}\u202fs`;
  return `${digits(seconds * 1e3)}\u202fms`;
}

/* A number that may have parts: 2, 0.25, 15.2, 1 204 */
export const amount = (value) => {
  if (!Number.isFinite(value)) return NONE;
  if (Math.abs(value) >= 100) return count(value).replace('-', '−');
  return digits(value).replace(/\.0$/, '');
};

/* For a narrow axis: 0.5, 12, 1.2M */
export const compact = (value) => short.format(value).replace('-', '−');

/* So many things: '1 204/s' */
export const perSecond = (value) =>
  Number.isFinite(value) ? `${amount(value)}\u202f/s` : NONE;

const SHOW = {
  ratio,
  bytes: (value) => (value < 0 ? `−${size(-value)}` : size(value)),
  bytes_per_second: rate,
  seconds: (value) => (Math.abs(value) < 2 ? latency(value) : duration(value * 1e3)),
  operations_per_second: perSecond,
  packets_per_second: perSecond,
  operations: amount,
  count: amount,
  code: count,
  hertz: (value) =>
    value < 1e9 ? `${whole.format(value / 1e6)} MHz` : `${(value / 1e9).toFixed(2)} GHz`,
};

export const quantity = (value, unit) =>
  Number.isFinite(value) ? (SHOW[unit] ?? amount)(value) : NONE;

/* What codes mean, by the quantity. */
const CODES = {
  'guest.tools': ['running', 'executing scripts', 'not running', 'not known'],
  'guest.heartbeat': ['green', 'yellow', 'red', 'not known'],
  'guest.source': ['nothing', 'counters of the guest', 'guestinfo.vstrata'],
  'host.power_policy': ['not known', 'high performance', 'balanced', 'low power', 'custom'],
  'host.mem_state': ['high (enough)', 'soft', 'hard', 'low'],
};

/* The value of a quantity in words. */
export const value = (q, number) =>
  (Number.isFinite(number) && CODES[q.name]?.[number]) || quantity(number, q.unit);

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
