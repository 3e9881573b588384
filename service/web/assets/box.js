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
import { amount, latency, perSecond, percent, rate, ratio, size } from './format.js';

/* What a layer says: {strong, says, ofVm: percent for its meter, more: [[class, number, words]]};
 * null where nothing is known. */

function cpuShare(row, name) {
  const value = row[name];
  const cpus = row['cpu.count'];
  if (!Number.isFinite(value) || !cpus) return null;
  const ofVm = (value / cpus) * 100;
  return { ofVm, strong: percent(ofVm), says: `${ratio(value)} of ${cpus * 100}\u202f%` };
}

function memShare(row, name, more = []) {
  const value = row[name];
  const all = row['mem.configured'];
  if (!Number.isFinite(value)) return null;
  const of = name === 'mem.overhead' ? 'on top' : `of ${size(all)}`;
  const ofVm = all ? (value / all) * 100 : NaN;
  return { ofVm, strong: percent(ofVm), says: all ? `${size(value)} ${of}` : size(value), more };
}

/* Numbers of their own units, the first in large: [[name, show, words]]. Unknown ones are left out;
 * without the first there is nothing to say. */
function numbers(row, list) {
  const texts = list
    .filter(([name]) => Number.isFinite(row[name]))
    .map(([name, show, words]) => [name, show(row[name]), words]);
  if (!texts.length || texts[0][0] !== list[0][0]) return null;
  const [[, strong, says], ...others] = texts;
  return { strong, says, more: others.map(([, number, words]) => ['', number, words]) };
}

const BOXES = {
  cpu: {
    hint: 'Newest sample, in percent of all vCPUs of the VM.',
    layers: {
      queue: (row) =>
        numbers(row, [
          ['cpu.run_queue', amount, 'threads wait'],
          ['cpu.context_switches', perSecond, 'context switches'],
        ]),
      usage: (row) => cpuShare(row, 'cpu.guest_run'),
      overhead: (row) => cpuShare(row, 'cpu.overhead'),
      unmet: (row) => cpuShare(row, 'cpu.unmet'),
    },
    usage: (row) => cpuShare(row, 'cpu.vm_usage')?.strong,
    demand: (row) => cpuShare(row, 'cpu.vm_demand')?.strong,
  },
  mem: {
    hint: 'Newest sample, in percent of the configured memory.',
    layers: {
      queue: (row) =>
        numbers(row, [
          ['mem.page_out', rate, 'paged out'],
          ['mem.page_in', rate, 'in'],
          ['mem.guest_swap_used', size, 'swap in use'],
        ]),
      usage: (row) =>
        memShare(row, 'mem.granted', [
          ['', size(row['mem.consumed'] ?? NaN), 'consumed'],
          ['', size(row['mem.active'] ?? NaN), 'active'],
        ]),
      overhead: (row) => memShare(row, 'mem.overhead'),
      unmet: (row) =>
        memShare(row, 'mem.unmet_space', [
          ['now', ratio(row['mem.contention'] ?? NaN), 'contention now'],
        ]),
    },
    usage: (row) => size(row['mem.footprint'] ?? NaN),
    usageTitle: 'The footprint in the host: consumed + overhead',
  },
  disk: {
    hint: 'Newest sample, of all virtual disks of the VM.',
    layers: {
      queue: (row) => numbers(row, [['disk.queue', amount, 'IOs wait in the guest']]),
      usage: (row) =>
        numbers(row, [
          ['disk.iops', amount, 'IOPS'],
          ['disk.throughput', rate, ''],
          ['disk.io_size', size, 'an IO'],
        ]),
      overhead: (row) =>
        numbers(row, [
          ['disk.snapshot_iops', amount, 'IOPS of snapshots'],
          ['disk.snapshot_space', size, 'of files'],
        ]),
      unmet: (row) =>
        numbers(row, [
          ['disk.latency', latency, 'an IO'],
          ['disk.latency.worst', latency, 'worst disk'],
          ['disk.outstanding', amount, 'outstanding'],
        ]),
    },
  },
  net: {
    hint: 'Newest sample, of all vNICs of the VM.',
    layers: {
      queue: (row) =>
        numbers(row, [
          ['net.ring_drops', perSecond, 'lost in the ring'],
          ['net.driver_drops', perSecond, 'in the driver'],
        ]),
      usage: (row) =>
        numbers(row, [
          ['net.throughput', rate, ''],
          ['net.packets', perSecond, 'packets'],
          ['net.host_internal', ratio, 'inside the host'],
        ]),
      overhead: () => null,
      unmet: (row) =>
        numbers(row, [
          ['net.drop_ratio_transmit', ratio, 'of packets sent'],
          ['net.dropped_transmit', perSecond, 'dropped'],
        ]),
    },
  },
};

function shareCell({ strong, says, more = [] }) {
  return el(
    'div',
    { class: 'value' },
    el('strong', {}, strong),
    el('span', {}, says),
    ...more.map(([kind, number, words]) =>
      el('span', { class: `more ${kind}` }, el('b', {}, number), ` ${words}`),
    ),
  );
}

function layer(box, resource, row, { letter, name, title, what }) {
  const { status, reason } = statusOf(row, resource.key, name);
  const share = box.layers[name](row);
  const meter = el('span', { class: 'meter', aria: { hidden: 'true' } });
  if (share?.ofVm) meter.style.width = `${Math.min(100, share.ofVm)}%`;
  const plain = status === 'ok' && reason === 'ok';
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
      plain
        ? ''
        : el(
            'span',
            { class: `status ${status}` },
            /* a long name may break behind its dot */
            (status === 'ok' ? reason.replace(/^ok, /, '') : `${status}: ${reason}`).replace(
              '.',
              '.\u200b',
            ),
          ),
    ),
    share ? shareCell(share) : '',
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
      brace('vm-usage', 'VM usage', 'B + C', box.usage?.(row), box.usageTitle),
      brace('vm-demand', 'VM demand', 'B + C + D', box.demand?.(row)),
    ),
  );
}
