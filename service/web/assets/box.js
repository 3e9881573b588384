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
 */
import { LAYERS, WHOLE } from './catalogue.js';
import { el } from './dom.js';
import { NONE, percent, ratio } from './format.js';

function shares(row, name) {
  const value = row[name];
  const cpus = row['cpu.count'];
  if (!Number.isFinite(value) || !cpus) return null;
  return { ofVm: (value / cpus) * 100, sum: value, of: cpus };
}

function layer(row, { letter, name, title, what }) {
  const { status, reason } = row.status[name];
  const share = shares(row, WHOLE[name]);
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
    share
      ? el(
          'div',
          { class: 'value' },
          el('strong', {}, percent(share.ofVm)),
          el('span', {}, `${ratio(share.sum)} of ${share.of * 100}\u202f%`),
        )
      : '',
  );
}

function brace(kind, title, formula, share) {
  return el(
    'div',
    { class: `brace ${kind}` },
    el(
      'span',
      {},
      el('b', {}, title),
      ` ${formula}`,
      share === undefined ? '' : el('strong', {}, ` ${share ? percent(share.ofVm) : NONE}`),
    ),
  );
}

export function showBox(node, row) {
  const [a, b, c, d] = LAYERS;
  node.replaceChildren(
    el('h2', {}, 'Layers'),
    el('p', { class: 'hint' }, 'Newest sample, in percent of all vCPUs of the VM.'),
    el(
      'div',
      { class: 'strata' },
      el('span', { class: 'owner guest' }, 'Guest OS'),
      el('span', { class: 'owner vm' }, 'VM'),
      brace('guest-demand', 'guest demand', 'A + B'),
      layer(row, a),
      layer(row, d),
      layer(row, b),
      el('div', { class: 'unseen' }, 'not seen by the guest'),
      layer(row, c),
      brace('vm-usage', 'VM usage', 'B + C', shares(row, 'cpu.vm_usage')),
      brace('vm-demand', 'VM demand', 'B + C + D', shares(row, 'cpu.vm_demand')),
    ),
  );
}
