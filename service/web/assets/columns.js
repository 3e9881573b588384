/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The columns of the table of VMs: one list a resource, with the same names first and last; those of
 * hosts are in hosts.js.
 * A column's key is the server's name for sorting. value(vm): what a share has, in two units.
 * cell(vm, table, judged): what stands in it. quantity: whose help is the title. */
import { RESOURCES } from './catalogue.js';
import { bar, hostAddress, layersCell, nameCell, timeCell } from './cells.js';
import { el } from './dom.js';
import {
  NONE,
  amount,
  duration,
  latency,
  perSecond,
  percent,
  rate,
  size,
} from './format.js';
import { HOSTS } from './hosts.js';
import { marks, scoreText, verdictWords } from './marks.js';

const CPU_BAR = 115; /* percent at the end of a bar: C comes on top of what B, D and idle share */
const MEM_BAR = 100; /* here it does not */

const cpuBar = (vm) =>
  bar(
    vm,
    ['usage', 'overhead', 'unmet'].map((layer) => [layer, vm[layer]]),
    CPU_BAR,
  );

const memBar = (vm) =>
  bar(
    vm,
    [
      ['usage', vm.mem.granted],
      ['unmet', vm.mem.unmet_space],
    ],
    MEM_BAR,
  );

function hostCell(vm) {
  if (!vm.host) return NONE;
  const href = hostAddress(vm.vcenter, vm.host);
  return [el('a', { class: 'plain', href, tabindex: '-1' }, vm.host)];
}

const NAME = { key: 'name', text: 'VM', order: 'asc', cell: nameCell };
const WHERE = [
  { key: 'host', text: 'Host', order: 'asc', minor: true, cell: hostCell },
  { key: 'time', text: 'Sample', number: true, minor: true, cell: timeCell },
];
const TAIL = [{ key: null, text: 'Layers', cell: layersCell, minor: true }, ...WHERE];

/* A share of the VM's vCPUs or of one; of the VM's memory or in bytes. */
const cpu = (key, text, more) => ({
  key,
  text,
  number: true,
  share: true,
  value: (vm) => vm[key],
  ...more,
});
const mem = (key, text, more) => ({
  key: `mem_${key}`,
  text,
  number: true,
  share: true,
  value: (vm) => vm.mem[key],
  ...more,
});
/* A number of a disk or of the network, in one unit. */
const plain = (resource) => (key, text, show, more) => ({
  key: `${resource}_${key}`,
  text,
  number: true,
  cell: (vm) => show(vm[resource]?.[key] ?? NaN),
  ...more,
});
const disk = plain('disk');
const net = plain('net');

const CPU = [
  NAME,
  {
    key: 'cpu_count',
    text: 'vCPU',
    number: true,
    detail: true,
    cell: (vm) => vm.cpu_count ?? NONE,
  },
  {
    key: 'vm_demand',
    text: 'Demand',
    share: true,
    wide: true,
    cell: cpuBar,
    title: 'VM demand = B + C + D, against all vCPUs of the VM',
  },
  cpu('usage', 'Usage', { layer: 'usage', detail: true }),
  cpu('overhead', 'Overhead', { layer: 'overhead', minor: true }),
  cpu('unmet', 'Unmet', { layer: 'unmet', strong: true }),
  cpu('ready', 'Ready', { minor: true }),
  cpu('costop', 'Co-stop', { minor: true }),
  cpu('ready_worst', 'Worst ready', {
    minor: true,
    one: true,
    title: 'Ready of the worst vCPU, in percent of that vCPU',
  }),
  ...TAIL,
];

const MEM = [
  NAME,
  {
    key: 'mem_configured',
    text: 'Memory',
    number: true,
    detail: true,
    cell: (vm) => size(vm.mem.configured ?? NaN),
    title: 'Configured memory',
  },
  {
    key: null,
    text: 'Space',
    wide: true,
    cell: memBar,
    title: 'Granted, and what was taken away: ballooned, swapped, compressed; against the memory',
  },
  mem('granted', 'Granted', { layer: 'usage', detail: true }),
  mem('active', 'Active', { minor: true, title: 'Touched recently, as the hypervisor estimates' }),
  mem('overhead', 'Overhead', { layer: 'overhead', minor: true }),
  mem('unmet_space', 'Unmet', {
    layer: 'unmet',
    strong: true,
    title: 'Ballooned + swapped + compressed: it may be of a pressure that is over',
  }),
  {
    key: 'mem_contention',
    text: 'Contention',
    layer: 'unmet',
    number: true,
    strong: true,
    cell: (vm) => percent(vm.mem.contention?.percent),
    title: 'Share of the time waiting for swap-in or decompression: what hurts now',
  },
  {
    key: 'mem_swapin',
    text: 'Swap-in',
    number: true,
    minor: true,
    cell: (vm) => rate(vm.mem.swapin ?? NaN),
  },
  ...TAIL,
];

const DISK = [
  NAME,
  disk('iops', 'IOPS', amount, {
    layer: 'usage',
    detail: true,
    title: 'Reads and writes a second',
  }),
  disk('throughput', 'Throughput', rate, { minor: true }),
  disk('latency', 'Latency', latency, {
    layer: 'unmet',
    strong: true,
    title: 'Mean time of an IO, weighted by IOs',
  }),
  disk('latency_worst', 'Worst disk', latency, {
    layer: 'unmet',
    title: 'Latency of the worst disk of the VM',
  }),
  disk('outstanding', 'Outstanding', amount, {
    layer: 'unmet',
    minor: true,
    title: 'IOs on their way to the disks and back',
  }),
  disk('snapshot_iops', 'Snapshot IOPS', amount, {
    layer: 'overhead',
    detail: true,
    title: 'IOs that snapshots cost beyond those of the guest',
  }),
  disk('snapshot_space', 'Snapshot space', size, { layer: 'overhead', minor: true }),
  disk('queue', 'Guest queue', amount, {
    layer: 'queue',
    minor: true,
    title: 'IOs that queue inside the guest, as it says itself',
  }),
  ...TAIL,
];

const NET = [
  NAME,
  net('throughput', 'Throughput', rate, { layer: 'usage', detail: true }),
  net('packets', 'Packets', perSecond, { layer: 'usage', minor: true }),
  net('dropped_transmit', 'Transmit drops', perSecond, {
    layer: 'unmet',
    minor: true,
    title: 'Packets that the VM wanted to send and the hypervisor dropped',
  }),
  {
    key: 'net_drop_ratio_transmit',
    text: 'Drop ratio',
    layer: 'unmet',
    number: true,
    strong: true,
    cell: (vm) => percent(vm.net?.drop_ratio_transmit?.percent),
    title: 'Transmit drops of all packets sent',
  },
  net('dropped_receive', 'Receive drops', perSecond, {
    detail: true,
    title:
      'Not in D: filtered multicast and frames that were not meant for the VM count as dropped, too',
  }),
  net('ring_drops', 'Ring drops', perSecond, {
    layer: 'queue',
    minor: true,
    title: 'Packets lost in the guest because the ring of its NIC was full, as it says itself',
  }),
  ...TAIL,
];

function hurtsCell(vm) {
  const [kind, words] = verdictWords(vm.verdict);
  const seconds = vm.verdict?.for;
  const since = kind === 'hurts' && Number.isFinite(seconds) && seconds > 0;
  return [
    el('span', { class: `hurts ${kind}` }, words),
    since ? el('span', { class: 'where since' }, `for ${duration(seconds * 1e3)}`) : '',
  ];
}

const VERDICT = [
  NAME,
  {
    key: 'verdict_score',
    text: 'Hurts',
    order: 'desc',
    cell: hurtsCell,
    title: 'The layer that hurts most, and for how long; sorted by its score',
  },
  {
    key: null,
    text: 'Score',
    number: true,
    strong: true,
    detail: true,
    cell: (vm) => scoreText(vm.verdict?.score),
    title: 'How much it hurts, 0 to 100, by the rules of the verdict',
  },
  ...Object.values(RESOURCES).map(({ key, text, short }) => ({
    key: null,
    text,
    short,
    marks: true,
    title: `${text}: scores of the layers A queue, B usage, C overhead, D unmet`,
    cell: (vm, _table, judged) => [marks(vm.verdict, key, judged)],
  })),
  {
    key: 'verdict_for',
    text: 'For',
    number: true,
    minor: true,
    cell: (vm) => (vm.verdict?.for ? duration(vm.verdict.for * 1e3) : NONE),
    title: 'How long that layer has been hurting',
  },
  ...WHERE,
];

/* units: of shares; the first is percent of the VM. sort: by what a table is sorted at first. ask and
 * words: those of VMs, where a table has none of its own. */
export const TABLES = {
  verdict: {
    columns: VERDICT,
    caption: 'VMs with what hurts them',
    sort: () => 'verdict_score',
    data: (vm) => ({ score: vm.verdict?.score ?? '', code: vm.verdict?.code ?? '' }),
  },
  cpu: {
    columns: CPU,
    caption: 'VMs with their CPU layers',
    sort: (unit) => (unit === 'vm' ? 'unmet_percent' : 'unmet'),
    units: [
      ['vm', '% of VM', 'All vCPUs of the VM are 100 %'],
      ['vcpu', '% of a vCPU', 'One vCPU is 100 %; a VM has nCPU × 100 %'],
    ],
    show: (value, unit) => percent(unit === 'vm' ? value.percent : value.ratio * 100),
    data: (vm) => ({ unmet: vm.unmet?.percent ?? '', unmetRatio: vm.unmet?.ratio ?? '' }),
  },
  mem: {
    columns: MEM,
    caption: 'VMs with their memory layers',
    sort: () => 'mem_contention',
    units: [
      ['vm', '% of VM', 'The configured memory of the VM is 100 %'],
      ['bytes', 'GiB', 'As sizes'],
    ],
    show: (value, unit) => (unit === 'vm' ? percent(value.percent) : size(value.bytes)),
    data: (vm) => ({
      unmet: vm.mem.unmet_space?.percent ?? '',
      unmetBytes: vm.mem.unmet_space?.bytes ?? '',
      contention: vm.mem.contention?.percent ?? '',
    }),
  },
  disk: {
    columns: DISK,
    caption: 'VMs with their disk layers',
    sort: () => 'disk_latency',
    data: (vm) => ({ latency: vm.disk?.latency ?? '' }),
  },
  net: {
    columns: NET,
    caption: 'VMs with their network layers',
    sort: () => 'net_drop_ratio_transmit',
    data: (vm) => ({ drops: vm.net?.drop_ratio_transmit?.percent ?? '' }),
  },
  hosts: HOSTS,
};

export function classes(column) {
  return [
    column.number && 'number',
    column.minor && 'minor',
    column.spare && 'spare',
    column.detail && 'detail',
    column.strong && 'strong',
    column.wide && 'wide',
    column.marks && 'marked',
    column.worded && 'worded',
    column.key === 'name' && 'named',
  ]
    .filter(Boolean)
    .join(' ');
}
