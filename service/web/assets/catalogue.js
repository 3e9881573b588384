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

/* The resources that have layers. whole: the one quantity that is the whole of a layer; of: what 100 %
 * of the VM are; parts of other units than `unit` are not stacked (rates, times). */
export const RESOURCES = {
  cpu: {
    key: 'cpu',
    text: 'CPU',
    whole: { usage: 'cpu.guest_run', overhead: 'cpu.overhead', unmet: 'cpu.unmet' },
    of: 'cpu.count',
    unit: 'ratio',
  },
  mem: {
    key: 'mem',
    text: 'Memory',
    whole: { usage: 'mem.granted', overhead: 'mem.overhead', unmet: 'mem.unmet_space' },
    of: 'mem.configured',
    unit: 'bytes',
  },
};
export const resourceOf = (key) => RESOURCES[key] ?? RESOURCES.cpu;
export const resourceChoices = [
  ['cpu', RESOURCES.cpu.text, 'Layers of CPU time (key c)'],
  ['mem', RESOURCES.mem.text, 'Layers of memory (key m)'],
];

/* A layer's status in a row; rows kept by an older service have no memory in them. */
export const statusOf = (row, resource, layer) =>
  row.status[resource]?.[layer] ?? { status: 'unavailable', reason: 'not collected' };

/* Spare colours for parts that have none of their own in style.css. */
const SPARE = 4;

let answer = null;

function paint(quantities) {
  const root = getComputedStyle(document.documentElement);
  let spare = 0;
  for (const q of quantities.filter((one) => one.kind === 'part')) {
    q.colour = `--part-${q.part}`;
    if (!root.getPropertyValue(q.colour)) q.colour = `--part-spare-${spare++ % SPARE}`;
  }
}

/* The catalogue of one resource. */
export async function load(key, signal) {
  if (!answer) {
    const got = await api.quantities(signal);
    paint(got.quantities);
    answer = got;
  }
  const resource = resourceOf(key);
  const own = answer.quantities.filter((q) => q.resource === resource.key);
  const parts = own.filter((q) => q.kind === 'part' && q.unit === resource.unit);
  /* B at the bottom, C on it, D on top: the order of the picture. The hypervisor's memory for a VM is
   * beside what is configured, not in it. */
  const stacked = key === 'mem' ? ['usage', 'unmet'] : ['usage', 'overhead', 'unmet'];
  return {
    resource,
    all: own,
    named: (name) => own.find((q) => q.name === name),
    reason: (code) => answer.reasons[code] ?? { status: 'unavailable', text: 'unknown reason' },
    stack: stacked.flatMap((layer) => parts.filter((q) => q.layer === layer)),
    idle: parts.filter((q) => q.layer === 'idle'),
    statuses: own.filter((q) => q.kind === 'status'),
    of: (kind) => own.filter((q) => q.kind === kind),
  };
}
