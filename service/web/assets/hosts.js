/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The table of hosts: its columns, and searching, sorting and cutting by the rules of the table of
 * VMs. That is done here, not by the server: hosts are few. */
import { ApiError, api } from './api.js';
import { hostAddress, timeCell, vmKey } from './cells.js';
import { el } from './dom.js';
import { NONE, amount, rate, ratio, size, value } from './format.js';

const AT_ONCE = 1000; /* hosts of one answer, the server's most */

/* ---- columns: by(host) is what a column is sorted by, undefined where it is not known ---- */

function nameCell(host) {
  const href = hostAddress(host.vcenter, host.name);
  return [
    el('a', { class: 'name', href, tabindex: '-1', title: host.name }, host.name),
    el('span', { class: 'where' }, [host.cluster, host.vcenter].filter(Boolean).join(' · ')),
  ];
}

/* A number, shown as its unit is. */
const number = (part, text, show, more) => ({
  key: part,
  text,
  number: true,
  quantity: `host.${part}`,
  by: (host) => host[`host.${part}`],
  cell: (host) => show(host[`host.${part}`] ?? NaN),
  ...more,
});

const words = (part, host) => {
  const name = `host.${part}`;
  return value({ name, unit: 'code' }, host[name] ?? NaN);
};

/* vCPUs for a thread: hundredths count. */
export const perThread = (n) => (Number.isFinite(n) ? String(Number(n.toFixed(2))) : NONE);

function memoryShare(host) {
  const share = host['host.mem_consumed'] / host['host.mem_size'];
  return Number.isFinite(share) ? share : undefined;
}

function memoryCell(host) {
  const all = host['host.mem_size'];
  return [
    size(host['host.mem_consumed'] ?? NaN),
    Number.isFinite(all) ? el('span', { class: 'where' }, `of ${size(all)}`) : '',
  ];
}

/* Any state but the first is a lack of memory. */
function stateCell(host) {
  const lacks = host['host.mem_state'] > 0;
  return [el('span', { class: lacks ? 'hurts' : '' }, words('mem_state', host))];
}

/* With why a row is not whole. */
function sampleCell(host) {
  const { status, reason } = host.status ?? { status: 'unavailable', reason: 'not collected' };
  const text = `${status}: ${reason}`;
  return [
    ...[timeCell(host)].flat(),
    status === 'ok' ? '' : el('span', { class: 'where', title: text }, text),
  ];
}

const COLUMNS = [
  { key: 'name', text: 'Host', order: 'asc', label: true, by: (host) => host.name, cell: nameCell },
  number('core_utilization', 'Core util.', ratio),
  number('utilization', 'Util.', ratio, { spare: true }),
  number('usage', 'Usage', ratio, { detail: true }),
  number('ready', 'Ready', ratio, { layer: 'unmet', strong: true }),
  number('costop', 'Co\u2011stop', ratio, { layer: 'unmet', detail: true }),
  number('latency', 'Latency', ratio, { layer: 'unmet', minor: true }),
  number('vms', 'VMs', amount, { minor: true }),
  number('vcpus', 'vCPUs', amount, { spare: true }),
  number('threads', 'Threads', amount, { spare: true }),
  number('vcpus_per_thread', 'vCPUs / thread', perThread, { detail: true }),
  {
    key: 'mem_consumed',
    text: 'Memory',
    number: true,
    by: memoryShare,
    cell: memoryCell,
    title: 'Consumed, of the physical memory; sorted by the share',
  },
  number('mem_ballooned', 'Ballooned', size, { minor: true }),
  number('mem_swapped', 'Swapped', size, { minor: true }),
  number('mem_swapin', 'Swap-in', rate, { minor: true }),
  {
    key: 'mem_state',
    text: 'Memory state',
    short: 'State',
    quantity: 'host.mem_state',
    worded: true,
    by: (host) => host['host.mem_state'],
    cell: stateCell,
  },
  {
    key: 'power_policy',
    text: 'Power policy',
    order: 'asc',
    quantity: 'host.power_policy',
    worded: true,
    spare: true,
    by: (host) => 'host.power_policy' in host ? words('power_policy', host) : undefined,
    cell: (host) => words('power_policy', host),
  },
  {
    key: 'time',
    text: 'Sample',
    number: true,
    minor: true,
    label: true,
    by: (host) => Date.parse(host.time),
    cell: sampleCell,
  },
];

/* ---- what is asked for ---- */

/* All of them, each once: between two answers one may have come or gone. */
async function askAll(signal) {
  const hosts = new Map();
  for (let offset = 0, total = 1; offset < total; offset += AT_ONCE) {
    const answer = await api.hosts({ limit: AT_ONCE, offset }, signal);
    for (const host of answer.hosts) hosts.set(vmKey(host), host);
    total = answer.total;
  }
  return [...hosts.values()];
}

/* Each word of the search is in some label. */
function finds(host, search) {
  const labels = [host.name, host.vcenter, host.datacenter, host.cluster, host.moid, host.uuid]
    .filter(Boolean)
    .map((label) => label.toLowerCase());
  return search
    .toLowerCase()
    .split(' ')
    .every((word) => labels.some((label) => label.includes(word)));
}

const compareText = (a, b) => a.localeCompare(b, 'en', { sensitivity: 'base' });
const byPlace = (a, b) =>
  compareText(a.name, b.name) || (vmKey(a) < vmKey(b) ? -1 : Number(vmKey(a) > vmKey(b)));

/* Silent ones behind the fresh, and behind these what is not known, whatever the order. */
function rank(column, host) {
  if (column.label) return 0;
  if (column.by(host) === undefined) return 2;
  return host.state === 'stale' ? 1 : 0;
}

function comparison(sort, order) {
  const column = COLUMNS.find((one) => one.key === sort);
  if (!column) throw new ApiError(400, `sort=${sort}: hosts have no such column`);
  const sign = order === 'asc' ? 1 : -1;
  const compare = (x, y) => (typeof x === 'string' ? compareText(x, y) : x - y);
  return (a, b) => {
    const ranks = rank(column, a) - rank(column, b);
    if (ranks) return ranks;
    const [x, y] = [column.by(a), column.by(b)];
    return (x === undefined ? 0 : sign * compare(x, y)) || byPlace(a, b);
  };
}

async function ask({ search, state, sort, order, limit, offset }, signal) {
  const compare = comparison(sort, order);
  const all = await askAll(signal);
  const found = all
    .filter((host) => (!state || host.state === state) && finds(host, search ?? ''))
    .sort(compare);
  return { total: all.length, matched: found.length, rows: found.slice(offset, offset + limit) };
}

export const HOSTS = {
  columns: COLUMNS,
  caption: 'Hosts with how busy they are and what they withhold',
  sort: () => 'ready',
  ask,
  words: {
    search: 'Search host, cluster …',
    label: 'Search hosts',
    unavailable: 'No values',
    many: 'hosts',
    early: 'No samples yet. The first hosts appear here within a collection cycle.',
    none: 'No host matches.',
  },
  data: (host) => ({ ready: host['host.ready'] ?? '' }),
};
