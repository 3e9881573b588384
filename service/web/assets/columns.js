/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The columns of the table of VMs: one list a resource, with the same names first and last.
 * A column's key is the server's name for sorting. value(vm): what a share has, in two units. */
import { LAYERS, statusOf } from './catalogue.js';
import { el } from './dom.js';
import { NONE, clock, duration, percent, rate, size } from './format.js';

const CPU_BAR = 115; /* percent at the end of a bar: C comes on top of what B, D and idle share */
const MEM_BAR = 100; /* here it does not */

export const vmKey = (vm) => `${vm.vcenter}/${vm.moid}`;
export const vmAddress = (vm, resource) =>
  `#/vm/${encodeURIComponent(vm.vcenter)}/${encodeURIComponent(vm.moid)}` +
  (resource === 'mem' ? '?resource=mem' : '');

function nameCell(vm, resource) {
  const href = vmAddress(vm, resource);
  return [
    el('a', { class: 'name', href, tabindex: '-1', title: vm.name }, vm.name),
    el('span', { class: 'where' }, [vm.cluster || vm.host, vm.vcenter].filter(Boolean).join(' · ')),
  ];
}

function bar(vm, shares, most) {
  const node = el('span', {
    class: `stackbar ${most > 100 ? 'beyond' : ''}`,
    aria: { hidden: 'true' },
  });
  for (const [layer, share] of shares) {
    if (!share?.percent) continue;
    const piece = el('i', { class: layer });
    piece.style.width = `${(Math.min(share.percent, most) / most) * 100}%`;
    node.append(piece);
  }
  if (vm.state === 'unavailable') node.classList.add('hatched');
  return [node];
}

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

function layersCell(vm, resource) {
  const says = ({ letter, name }) => {
    const { status, reason } = statusOf(vm, resource, name);
    return `${letter} ${status === 'ok' ? status : `${status}: ${reason}`}`;
  };
  const glyphs = LAYERS.map((layer) =>
    el('i', { class: `glyph ${layer.name} ${statusOf(vm, resource, layer.name).status}` }),
  );
  const words = LAYERS.map(says).join('; ');
  return [
    el(
      'span',
      { class: 'glyphs', title: words },
      ...glyphs,
      el('span', { class: 'visually-hidden' }, words),
    ),
  ];
}

function timeCell(vm) {
  const at = Date.parse(vm.time);
  if (vm.state === 'stale')
    return [el('span', { class: 'late', title: clock(at) }, `${duration(vm.behind_ms)} silent`)];
  return clock(at);
}

const NAME = { key: 'name', text: 'VM', order: 'asc', cell: nameCell };
const TAIL = [
  { key: null, text: 'Layers', cell: layersCell, minor: true },
  { key: 'host', text: 'Host', order: 'asc', minor: true, cell: (vm) => vm.host || NONE },
  { key: 'time', text: 'Sample', number: true, minor: true, cell: timeCell },
];

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

/* units: of shares; the first is percent of the VM. sort: by what a table is sorted at first. */
export const TABLES = {
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
};

export function classes(column) {
  return [
    column.number && 'number',
    column.minor && 'minor',
    column.detail && 'detail',
    column.strong && 'strong',
    column.wide && 'wide',
    column.key === 'name' && 'named',
  ]
    .filter(Boolean)
    .join(' ');
}
