/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The strip at the top: each vCenter and store in a chip, which opens to its figures. */
import { el } from './dom.js';
import { clock, count, duration, plural } from './format.js';

const LATE_MS = 60e3;

/* The shape tells as much as the colour. */
const MARKS = { ok: '●', warn: '▲', bad: '■' };

function vcenterState(vc) {
  if (!vc.up) return ['bad', 'not connected'];
  if (!vc.cycles) return ['warn', 'first collection under way'];
  if (vc.lag_ms > LATE_MS) return ['warn', `${duration(vc.lag_ms)} behind`];
  if (vc.no_layers)
    return ['warn', `${plural(vc.vms, 'VM')}, ${count(vc.no_layers)} without layers`];
  if (vc.no_mem_layers)
    return ['warn', `${plural(vc.vms, 'VM')}, ${count(vc.no_mem_layers)} without memory layers`];
  return ['ok', `${plural(vc.vms, 'VM')}, ${duration(vc.lag_ms)} behind`];
}

function storeState(store) {
  if (!store.up && !store.rows && !store.retries) return ['warn', 'nothing written yet'];
  if (!store.up) return ['bad', 'down'];
  if (store.lost) return ['bad', `${plural(store.lost, 'batch', 'batches')} lost`];
  if (store.age_ms > LATE_MS) return ['warn', `${duration(store.age_ms)} behind`];
  return ['ok', store.backlog ? `${count(store.backlog)} waiting` : 'up to date'];
}

const VCENTER_FIGURES = [
  ['VMs in the inventory', (vc) => count(vc.vms)],
  ['VMs asked in the last cycle', (vc) => count(vc.vms_asked)],
  ['Newest sample', (vc) => (vc.newest ? clock(vc.newest) : 'none yet')],
  ['Behind the server', (vc) => duration(vc.lag_ms)],
  ['Clock, ours minus theirs', (vc) => duration(vc.clock_difference_ms)],
  ['Cycles, last took', (vc) => `${count(vc.cycles)}, ${duration(vc.cycle_ms)}`],
  ['Samples', (vc) => count(vc.samples)],
  ['Rows with layers', (vc) => count(vc.rows)],
  ['Rows refused: states do not add up', (vc) => count(vc.rows_refused)],
  ['Rows incomplete: a sample is missing', (vc) => count(vc.rows_incomplete)],
  ['Rows in doubt: parts contradict', (vc) => count(vc.identity_broken)],
  ['Samples that came late', (vc) => count(vc.samples_late)],
  ['Samples that came again', (vc) => count(vc.samples_repeated)],
  ['Values that the server lacked (-1)', (vc) => count(vc.values_missing)],
  ['Series refused by shape', (vc) => count(vc.series_refused)],
  ['VMs without CPU layers now', (vc) => count(vc.no_layers ?? 0)],
  ['VMs without memory layers now', (vc) => count(vc.no_mem_layers ?? 0)],
  ['VMs silent now', (vc) => count(vc.stale ?? 0)],
  ['Calls that failed', (vc) => count(vc.call_failures)],
];

const STORE_FIGURES = [
  ['Rows written', (s) => count(s.rows)],
  ['Values written', (s) => count(s.values)],
  ['Batches waiting', (s) => count(s.backlog)],
  ['Oldest waits', (s) => duration(s.age_ms)],
  ['Retries', (s) => count(s.retries)],
  ['Rows refused for good', (s) => count(s.refused)],
  ['Batches lost', (s) => count(s.lost)],
];

function chip(kind, subject, [state, text], figures, open) {
  const list = el('dl');
  for (const [name, value] of figures) {
    list.append(el('div', {}, el('dt', {}, name), el('dd', {}, value(subject))));
  }
  return el(
    'details',
    { class: `chip ${state}`, name: 'chip', open, dataset: { key: `${kind} ${subject.name}` } },
    el(
      'summary',
      { title: kind },
      el('span', { class: 'mark', aria: { hidden: 'true' } }, MARKS[state]),
      el(
        'span',
        { class: 'visually-hidden' },
        `${kind}, ${state === 'ok' ? 'well' : 'needs a look'}: `,
      ),
      el('b', {}, subject.name),
      ' ',
      el('span', {}, text),
    ),
    el('div', { class: 'pop' }, el('h2', {}, `${kind} ${subject.name}`), list),
  );
}

/* Rows that were refused or came incomplete leave gaps: counted here, hatched in the figures. */
function gapsChip(vcenters) {
  const refused = vcenters.reduce((sum, vc) => sum + vc.rows_refused, 0);
  const incomplete = vcenters.reduce((sum, vc) => sum + vc.rows_incomplete, 0);
  if (!refused && !incomplete) return null;
  const words = [];
  if (refused) words.push(`${plural(refused, 'row')} refused`);
  if (incomplete) words.push(`${plural(incomplete, 'row')} incomplete`);
  return el(
    'a',
    {
      class: 'chip warn',
      href: '#/?state=unavailable',
      title:
        'Since the service started. Opens the VMs whose newest row has no layers; in the figure ' +
        'of a VM a gap is hatched.',
    },
    el('span', { class: 'mark', aria: { hidden: 'true' } }, '▧'),
    ' ',
    el('span', {}, words.join(', ')),
  );
}

const byName = (a, b) => a.name.localeCompare(b.name);

export function showStrip(node, status) {
  const open = node.querySelector('details[open]')?.dataset.key;
  const focused = node.contains(document.activeElement)
    ? document.activeElement.closest('details')?.dataset.key
    : null;
  const chips = [];
  for (const vc of status.vcenters.toSorted(byName)) {
    chips.push(
      chip('vCenter', vc, vcenterState(vc), VCENTER_FIGURES, open === `vCenter ${vc.name}`),
    );
  }
  for (const store of status.stores.toSorted(byName)) {
    chips.push(
      chip('Store', store, storeState(store), STORE_FIGURES, open === `Store ${store.name}`),
    );
  }
  const gaps = gapsChip(status.vcenters);
  if (gaps) chips.push(gaps);
  if (!status.vcenters.length)
    chips.push(el('span', { class: 'chip warn' }, 'No vCenter has been started'));
  node.replaceChildren(...chips);
  if (focused) node.querySelector(`details[data-key="${CSS.escape(focused)}"] summary`)?.focus();
}
