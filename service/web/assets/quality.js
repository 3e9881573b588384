/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* How good the data is, above everything: one quiet line while all is well, else a line for each
 * vCenter with what is not, in words and numbers. Of the last collection, as the store has it. */
import { el } from './dom.js';
import { clock, count, duration, plural } from './format.js';

const LATE_S = 60;
const CLOCK_S = 5;

const has = (n) => Number.isFinite(n) && n > 0;

/* What is wrong: [quantity, says(number, quality)], in order of weight. */
const WRONG = [
  ['left_out', (n) => `${plural(n, 'entity', 'entities')} left out: the server fails on them`],
  ['silent', (n, q) => `${count(n)} of ${plural(q.entities ?? n, 'entity', 'entities')} silent`],
  ['refused_identity', (n) => `${plural(n, 'sample')} refused: states do not add up`],
  ['refused_shape', (n) => `${plural(n, 'series', 'series')} refused by shape`],
  ['incomplete', (n) => `${plural(n, 'sample')} incomplete`],
  ['missing', (n) => `${plural(n, 'value')} missing`],
  ['late', (n) => `${plural(n, 'sample')} late`],
  ['repeated', (n) => `${plural(n, 'sample')} repeated`],
];

function troubles(q) {
  const list = WRONG.filter(([name]) => has(q[name])).map(([name, says]) => says(q[name], q));
  const lacking = (q.expected ?? 0) - (q.received ?? 0);
  if (lacking > 0)
    list.unshift(
      `${count(q.received)} of ${plural(q.expected, 'sample')}: ${count(lacking)} did not come`,
    );
  if (q.lag > LATE_S) list.push(`newest sample ${duration(q.lag * 1e3)} old`);
  if (Math.abs(q.clock) > CLOCK_S) {
    const apart = duration(Math.abs(q.clock) * 1e3);
    list.push(`our clock is ${apart} ${q.clock > 0 ? 'ahead of' : 'behind'} the vCenter's`);
  }
  return list;
}

const FIGURES = [
  ['expected', 'expected'],
  ['received', 'received'],
  ['missing', 'values missing'],
  ['late', 'late'],
  ['repeated', 'repeated'],
  ['refused_identity', 'refused by identity'],
  ['incomplete', 'incomplete'],
  ['refused_shape', 'refused by shape'],
  ['entities', 'entities asked'],
  ['silent', 'silent'],
  ['left_out', 'left out'],
];

/* Every number, for whoever points at the line. */
function all(vc) {
  const q = vc.quality;
  const texts = FIGURES.filter(([name]) => Number.isFinite(q[name])).map(
    ([name, words]) => `${words} ${count(q[name])}`,
  );
  if (Number.isFinite(q.lag)) texts.push(`lag ${duration(q.lag * 1e3)}`);
  if (Number.isFinite(q.clock)) texts.push(`clock ${duration(q.clock * 1e3)}`);
  return `${vc.name}, collection of ${clock(q.time)}: ${texts.join(', ')}`;
}

function well(vcenters) {
  const sum = (name) => vcenters.reduce((total, vc) => total + (vc.quality[name] ?? 0), 0);
  const lag = Math.max(...vcenters.map((vc) => vc.quality.lag ?? 0));
  const entities = plural(sum('entities'), 'entity', 'entities');
  return el(
    'p',
    { class: 'line ok', title: vcenters.map(all).join('\n') },
    el('span', { class: 'mark', aria: { hidden: 'true' } }, '●'),
    ` Data: all ${plural(sum('received'), 'sample')} of ${entities} came, ` +
      `none missing, late or refused; newest ${duration(lag * 1e3)} old.`,
  );
}

function ailing(vc, list) {
  return el(
    'p',
    { class: 'line warn', title: all(vc) },
    el('span', { class: 'mark', aria: { hidden: 'true' } }, '▲'),
    ' Data of ',
    el('b', {}, vc.name),
    `: ${list.join('; ')}.`,
  );
}

export function showQuality(node, status) {
  const told = status.vcenters.filter((vc) => vc.quality);
  const lines = told
    .map((vc) => [vc, troubles(vc.quality)])
    .filter(([, list]) => list.length)
    .map(([vc, list]) => ailing(vc, list));
  const fine = told.filter((vc) => !troubles(vc.quality).length);
  if (fine.length) lines.push(well(fine));
  node.hidden = lines.length === 0;
  node.replaceChildren(...lines);
}
