/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The layered box: the picture of the model, with the newest value and status of each layer.
 *
 *      guest OS | VM
 *      ---------+---------        A is seen by the guest alone, C and D by the hypervisor alone,
 *         A     |    D            B by both, measured apart.
 *      ---------+---------        Braces at the sides: guest demand = A + B,
 *              B                  VM usage = B + C, VM demand = B + C + D.
 *      ---------+---------
 *               |    C
 *
 * Of memory, usage is what is granted, and the VM's usage is its footprint in the host. */
import { LAYERS, statusOf } from './catalogue.js';
import { el } from './dom.js';
import { NONE, percent, ratio, size } from './format.js';

function cpuShare(row, name) {
  const value = row[name];
  const cpus = row['cpu.count'];
  if (!Number.isFinite(value) || !cpus) return null;
  const ofVm = (value / cpus) * 100;
  return { ofVm, says: `${ratio(value)} of ${cpus * 100}\u202f%` };
}

function memShare(row, name) {
  const value = row[name];
  const all = row['mem.configured'];
  if (!Number.isFinite(value)) return null;
  if (!all) return { ofVm: NaN, says: size(value) };
  const of = name === 'mem.overhead' ? 'on top' : `of ${size(all)}`;
  return { ofVm: (value / all) * 100, says: `${size(value)} ${of}` };
}

/* What a layer says beside its share: [class, number, words]. */
const more = {
  usage: (row) => [
    ['', size(row['mem.consumed'] ?? NaN), 'consumed'],
    ['', size(row['mem.active'] ?? NaN), 'active'],
  ],
  unmet: (row) => [['now', ratio(row['mem.contention'] ?? NaN), 'contention now']],
};

const shareText = (share) => (share ? percent(share.ofVm) : NONE);

const BOXES = {
  cpu: {
    hint: 'Newest sample, in percent of all vCPUs of the VM.',
    share: cpuShare,
    more: {},
    usage: (row) => shareText(cpuShare(row, 'cpu.vm_usage')),
    demand: (row) => shareText(cpuShare(row, 'cpu.vm_demand')),
  },
  mem: {
    hint: 'Newest sample, in percent of the configured memory.',
    share: memShare,
    more,
    usage: (row) => size(row['mem.footprint'] ?? NaN),
    usageTitle: 'The footprint in the host: consumed + overhead',
  },
};

function shareCell(share, extra) {
  return el(
    'div',
    { class: 'value' },
    el('strong', {}, percent(share.ofVm)),
    el('span', {}, share.says),
    ...extra.map(([kind, number, words]) =>
      el('span', { class: `more ${kind}` }, el('b', {}, number), ` ${words}`),
    ),
  );
}

function layer(box, resource, row, { letter, name, title, what }) {
  const { status, reason } = statusOf(row, resource.key, name);
  const share = resource.whole[name] ? box.share(row, resource.whole[name]) : null;
  const meter = el('span', { class: 'meter', aria: { hidden: 'true' } });
  if (share) meter.style.width = `${Math.min(100, share.ofVm)}%`;
  return el(
    'div',
    { class: `stratum ${name} ${status}`, dataset: { layer: letter, status } },
    meter,
    el('span', { class: `letter ${name}` }, letter),
    el(
      'div',
      { class: 'says' },
      el('b', {}, title),
      el('span', { class: 'what' }, what),
      status === 'ok' ? '' : el('span', { class: `status ${status}` }, `${status}: ${reason}`),
    ),
    share ? shareCell(share, box.more[name]?.(row) ?? []) : '',
  );
}

function brace(kind, title, formula, text, help) {
  return el(
    'div',
    { class: `brace ${kind}`, title: help },
    el(
      'span',
      {},
      el('b', {}, title),
      ` ${formula}`,
      text === undefined ? '' : el('strong', {}, ` ${text}`),
    ),
  );
}

export function showBox(node, resource, row) {
  const [a, b, c, d] = LAYERS;
  const box = BOXES[resource.key];
  const one = (layerInfo) => layer(box, resource, row, layerInfo);
  node.replaceChildren(
    el('h2', {}, `${resource.text} layers`),
    el('p', { class: 'hint' }, box.hint),
    el(
      'div',
      { class: 'strata' },
      el('span', { class: 'owner guest' }, 'Guest OS'),
      el('span', { class: 'owner vm' }, 'VM'),
      brace('guest-demand', 'guest demand', 'A + B'),
      one(a),
      one(d),
      one(b),
      el('div', { class: 'unseen' }, 'not seen by the guest'),
      one(c),
      brace('vm-usage', 'VM usage', 'B + C', box.usage(row), box.usageTitle),
      brace('vm-demand', 'VM demand', 'B + C + D', box.demand?.(row)),
    ),
  );
}
