/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The quantity catalogue, as the service gives it. The figure, the legend and the tables walk it, so
 * that a new quantity shows up without a change here. */
import { api } from './api.js';

export const LAYERS = [
  { letter: 'A', name: 'queue', title: 'Queue', what: 'queued inside the guest', seen: 'guest' },
  { letter: 'B', name: 'usage', title: 'Usage', what: 'what the guest really uses', seen: 'both' },
  {
    letter: 'C',
    name: 'overhead',
    title: 'Overhead',
    what: 'what the hypervisor adds',
    seen: 'vm',
  },
  { letter: 'D', name: 'unmet', title: 'Unmet', what: 'asked for and not given', seen: 'vm' },
];
export const layerOf = (name) => LAYERS.find((layer) => layer.name === name);

/* The one quantity that is the whole of a layer. */
export const WHOLE = { usage: 'cpu.guest_run', overhead: 'cpu.overhead', unmet: 'cpu.unmet' };

/* Spare colours for parts that have none of their own in style.css. */
const SPARE = 4;

let catalogue = null;

export async function load() {
  if (catalogue) return catalogue;
  const { quantities, reasons } = await api.quantities();
  const cpu = quantities.filter((q) => q.resource === 'cpu');
  const root = getComputedStyle(document.documentElement);
  let spare = 0;
  for (const q of cpu.filter((one) => one.kind === 'part')) {
    q.colour = `--part-${q.part}`;
    if (!root.getPropertyValue(q.colour)) q.colour = `--part-spare-${spare++ % SPARE}`;
  }
  const stacked = ['usage', 'overhead', 'unmet'];
  catalogue = {
    all: cpu,
    named: (name) => cpu.find((q) => q.name === name),
    reason: (code) => reasons[code] ?? { status: 'unavailable', text: 'unknown reason' },
    /* B at the bottom, C on it, D on top: the order of the picture. */
    stack: stacked.flatMap((layer) => cpu.filter((q) => q.kind === 'part' && q.layer === layer)),
    idle: cpu.filter((q) => q.kind === 'part' && q.layer === 'idle'),
    statuses: cpu.filter((q) => q.kind === 'status'),
    of: (kind) => cpu.filter((q) => q.kind === kind),
  };
  return catalogue;
}
