/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The quantity catalogue, as the service gives it. The figures, the legends and the tables walk it, so
 * that a new quantity shows up without a change here. */
import { api } from './api.js';
import { el } from './dom.js';

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
 * of the VM are; parts of other units than `unit` are not stacked (rates, times); stacked: the
 * layers, from the bottom. Layer A stands beside, in units of its own. The hypervisor's memory for a
 * VM is beside what is configured, not in it. */
export const RESOURCES = {
  cpu: {
    key: 'cpu',
    text: 'CPU',
    whole: { usage: 'cpu.guest_run', overhead: 'cpu.overhead', unmet: 'cpu.unmet' },
    of: 'cpu.count',
    unit: 'ratio',
    stacked: ['usage', 'overhead', 'unmet'],
  },
  mem: {
    key: 'mem',
    text: 'Memory',
    short: 'Mem',
    whole: { usage: 'mem.granted', overhead: 'mem.overhead', unmet: 'mem.unmet_space' },
    of: 'mem.configured',
    unit: 'bytes',
    stacked: ['usage', 'unmet'],
  },
  disk: {
    key: 'disk',
    text: 'Disk',
    whole: {},
    unit: 'operations_per_second',
    stacked: ['usage', 'overhead'],
  },
  net: {
    key: 'net',
    text: 'Network',
    short: 'Net',
    whole: {},
    unit: 'bytes_per_second',
    stacked: ['usage', 'overhead'],
  },
};

/* Views that are of no one resource; where rows lack CPU layers, they have a gap. */
const OTHERS = {
  guest: { key: 'guest', text: 'Guest vs VM', whole: {}, stacked: [], statuses: 'cpu' },
  explain: { key: 'explain', text: 'Explain', whole: {}, stacked: [], statuses: 'cpu' },
};

/* Tables that are of no one resource. */
const TABLES = {
  verdict: { key: 'verdict', text: 'Verdict' },
  hosts: { key: 'hosts', text: 'Hosts' },
};

export const tableOf = (key) => RESOURCES[key] ?? TABLES[key] ?? TABLES.verdict;
export const viewOf = (key) => RESOURCES[key] ?? OTHERS[key] ?? RESOURCES.cpu;

const choice = (key, text, title) => [key, text, title];
const resourceChoices = [
  choice('cpu', 'CPU', 'Layers of CPU time (key c)'),
  choice('mem', 'Memory', 'Layers of memory (key m)'),
  choice('disk', 'Disk', 'Layers of the virtual disks (key d)'),
  choice('net', 'Network', 'Layers of the vNICs (key n)'),
];
export const tableChoices = [
  choice('verdict', 'Verdict', 'In which layer each VM hurts (key v)'),
  ...resourceChoices,
  choice('hosts', 'Hosts', 'How busy each host is, and what it withholds (key h)'),
];
export const viewChoices = [
  ...resourceChoices,
  choice('guest', 'Guest vs VM', 'What the guest says beside what the hypervisor says (key g)'),
  choice('explain', 'Explain', 'How the newest sample was judged, and of what it is made (key e)'),
];

/* A layer's status in a row; rows kept by an older service have less in them. */
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

async function ask(signal) {
  if (!answer) {
    const got = await api.quantities(signal);
    paint(got.quantities);
    answer = got;
  }
  return answer;
}

/* True if a layer of a resource has a rule of the verdict. */
export async function loadJudged(signal) {
  const { judged } = await ask(signal);
  return (resource, layer) => judged?.[resource]?.includes(layer) ?? true;
}

/* All quantities by their names. */
export async function loadNames(signal) {
  const { quantities } = await ask(signal);
  return new Map(quantities.map((q) => [q.name, q]));
}

/* The catalogue of one view. */
export async function load(key, signal) {
  const { quantities, reasons } = await ask(signal);
  const resource = viewOf(key);
  const own = quantities.filter((q) => q.resource === resource.key && q.scope !== 'host');
  const parts = own.filter((q) => q.kind === 'part');
  /* B at the bottom, C on it, D on top: the order of the picture. */
  const stackOf = (unit, layers = resource.stacked) =>
    layers.flatMap((layer) => parts.filter((q) => q.layer === layer && q.unit === unit));
  return {
    resource,
    all: own,
    named: (name) => quantities.find((q) => q.name === name),
    reason: (code) => reasons[code] ?? { status: 'unavailable', text: 'unknown reason' },
    stackOf,
    stack: stackOf(resource.unit),
    idle: parts.filter((q) => q.layer === 'idle' && q.unit === resource.unit),
    statuses: quantities.filter(
      (q) => q.kind === 'status' && q.resource === (resource.statuses ?? resource.key),
    ),
    of: (kind) => own.filter((q) => q.kind === kind),
  };
}

/* ---- what a quantity is, for people ---- */

const otherText = ({ product, name, differs }) =>
  `${product}: ${name}${differs ? `, ${differs}` : ''}`;

/* What others call it; where vSphere counts nothing, why. */
const othersOf = (q) => [
  ...(q.others ?? []).map(otherText),
  ...(q.no_counter ? [`vSphere: no counter, ${q.no_counter}`] : []),
];

/* For a title; whoever has no mouse opens the details of a table. */
export const tip = (q) => [q.help, `= ${q.formula}`, q.source, ...othersOf(q)].join('\n');

/* A title that opens: help, formula, source, and what others call it. */
export function disclose(q, open) {
  return el(
    'details',
    { class: 'about', dataset: { name: q.name }, open },
    el('summary', { title: tip(q) }, q.title),
    el('span', { class: 'what' }, q.help),
    el('code', {}, `= ${q.formula}`),
    el('span', { class: 'what' }, `Source: ${q.source}`),
    ...othersOf(q).map((text) => el('span', { class: 'what other' }, text)),
  );
}
