/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The views of a VM by resource: their figures, and what is drawn beside. */
import { PerDevice } from './devices.js';
import { ExplainPanes } from './explain.js';
import { GIB, MEGA, amount, count, latency, perSecond, rate, ratio, size } from './format.js';
import { GuestPanes } from './guest.js';
import { NO_GUEST, Panes } from './panes.js';
import { PerVcpu } from './small.js';

const AXIS = 62;
const plain = (value) => String(Number(value.toFixed(3)));
const asIs = { factor: 1, tick: plain, axis: AXIS, min: 0 };
const megabytes = { factor: 1 / MEGA, tick: plain, axis: AXIS, min: 0 };
const milliseconds = { factor: 1e3, tick: (ms) => `${plain(ms)}\u202fms`, axis: AXIS, min: 0 };
const shares = { factor: 100, axis: AXIS, min: 0 };
const fromGuest = { layer: 'queue', letter: 'A', none: NO_GUEST };

/* ---- CPU ---- */

const CPU_FIGURE = {
  title: 'CPU demand over time',
  hint: 'Percent of one vCPU, summed.',
  aria: 'Stacked CPU demand over time',
  idle: {
    text: 'Idle',
    title: 'Stack idle time too: usage, unmet and idle together are nCPU × 100 %',
    on: false,
  },
  show: ratio,
  factor: 100,
  most: (cpus) => `${cpus} vCPU = ${count(cpus * 100)}\u202f%`,
  lines: [],
};

const EFFICIENCY = {
  title: 'Efficiency loss',
  help:
    'Run time that did no nominal work: lower frequency or a shared core; negative where the clock ' +
    'was above nominal. Neither C nor D.',
  parts: [{ name: 'cpu.efficiency_loss', colour: '--efficiency' }],
  show: ratio,
  aria: ([now]) => `Efficiency loss over time, newest ${now} of one vCPU`,
  factor: 100,
  suggestedMin: -5,
  suggestedMax: 5,
};

const RUN_QUEUE = {
  ...fromGuest,
  ...asIs,
  axis: undefined,
  title: 'Run queue in the guest',
  help: 'Threads that wait for a vCPU. More than 3 for each vCPU is a queue worth acting on.',
  parts: [{ name: 'cpu.run_queue', colour: '--queue' }],
  show: amount,
  suggestedMax: 4,
};

class CpuPanes extends Panes {
  constructor(catalogue, card) {
    super(catalogue, card, {
      figures: [['cpu', CPU_FIGURE]],
      small: [
        ['runqueue', RUN_QUEUE],
        ['efficiency', EFFICIENCY],
      ],
      each: { name: 'vcpus', form: 'vcpu', make: (node) => new PerVcpu(node, catalogue) },
    });
  }
}

/* ---- memory ---- */

const MEM_FIGURE = {
  title: 'Memory over time',
  hint: 'Space of the configured memory. The overhead of the hypervisor is beside it, not in it.',
  aria: 'Stacked memory over time',
  idle: {
    text: 'Untouched',
    title: 'The rest of the configured memory: never touched by the guest, or given back',
    on: true,
  },
  show: size,
  factor: 1 / GIB,
  tick: (value) => `${plain(value)} GiB`,
  axis: AXIS,
  most: (bytes) => `${size(bytes)} configured`,
  lines: [
    { name: 'mem.consumed', colour: '--ink', dash: [] },
    { name: 'mem.active', colour: '--ink', dash: [2, 3] },
  ],
};

const MEM_RATES = {
  ...megabytes,
  title: 'Swap-in and decompression',
  help: 'MB/s that the guest waits for: what hurts now.',
  parts: [
    { name: 'mem.swapin', colour: '--part-swapin' },
    { name: 'mem.decompression', colour: '--part-decompression' },
  ],
  show: rate,
  suggestedMax: 1,
};

const CONTENTION = {
  ...shares,
  title: 'Memory contention',
  help: 'Share of the time that the guest waits for swap-in or decompression. Ballooning is not in it.',
  parts: [{ name: 'mem.contention', colour: '--part-contention' }],
  show: ratio,
  aria: ([now]) => `Memory contention over time, newest ${now}`,
  suggestedMax: 5,
};

const PAGING = {
  ...fromGuest,
  ...megabytes,
  title: 'Paging in the guest',
  help: 'MB/s by the guest itself. Linux counts all IO of its block devices as paging.',
  parts: [
    { name: 'mem.page_in', title: 'in', colour: '--queue' },
    { name: 'mem.page_out', title: 'out', colour: '--queue-2', dash: [3, 3] },
  ],
  show: rate,
  suggestedMax: 1,
};

const GUEST_SWAP = {
  ...fromGuest,
  factor: 1 / GIB,
  tick: (value) => `${plain(value)} GiB`,
  axis: AXIS,
  min: 0,
  title: 'Swap in use in the guest',
  help: "The guest's own page file or swap partition. A level: it may never be asked for again.",
  parts: [{ name: 'mem.guest_swap_used', colour: '--queue' }],
  show: size,
  suggestedMax: 0.1,
};

class MemoryPanes extends Panes {
  constructor(catalogue, card) {
    super(catalogue, card, {
      figures: [['mem', MEM_FIGURE]],
      small: [
        ['contention', CONTENTION],
        ['rates', MEM_RATES],
        ['paging', PAGING],
        ['guestswap', GUEST_SWAP],
      ],
    });
  }
}

/* ---- disk ---- */

const iops = (catalogue) => ({
  title: 'IOPS over time',
  hint: 'IOs a second. What snapshots cost stands on top of what the guest asked for.',
  aria: 'Stacked IOs a second over time',
  stack: catalogue.stackOf('operations_per_second'),
  show: amount,
  factor: 1,
  tick: plain,
  axis: AXIS,
  lines: [],
});

const diskRates = (catalogue) => ({
  short: true,
  title: 'Disk throughput over time',
  hint: 'MB/s, with what snapshots read and wrote on top.',
  aria: 'Stacked disk throughput over time',
  stack: catalogue.stackOf('bytes_per_second'),
  show: rate,
  factor: 1 / MEGA,
  tick: plain,
  axis: AXIS,
  lines: [],
});

const LATENCY = {
  full: true,
  ...milliseconds,
  layer: 'unmet',
  letter: 'D',
  title: 'Latency',
  help: 'Mean time from asking for an IO to its end, weighted by IOs.',
  parts: [
    { name: 'disk.latency', title: 'VM', colour: '--unmet' },
    { name: 'disk.latency.worst', title: 'worst disk', colour: '--part-costop', dash: [3, 3] },
  ],
  show: latency,
  suggestedMax: 5,
};

const OUTSTANDING = {
  ...asIs,
  layer: 'unmet',
  letter: 'D',
  title: 'Outstanding IO',
  help:
    'IOs asked for and not yet given: a spot value, beside what must have been under way on ' +
    "average by Little's law.",
  parts: [
    { name: 'disk.outstanding', title: 'outstanding', colour: '--unmet' },
    { name: 'disk.in_flight', title: "by Little's law", colour: '--muted', dash: [3, 3] },
  ],
  show: amount,
  suggestedMax: 2,
};

const DISK_QUEUE = {
  ...fromGuest,
  ...asIs,
  title: 'Disk queue in the guest',
  help: 'IOs that queue inside the guest, not yet sent to the hypervisor.',
  parts: [{ name: 'disk.queue', colour: '--queue' }],
  show: amount,
  suggestedMax: 1,
};

const PER_DISK = {
  title: 'Per disk',
  hint: 'Reads and writes a second, and below their latency. Axes differ from disk to disk.',
  form: 'vdisk',
  words: ['disk', 'disks'],
  quantities: ['disk.reads', 'disk.writes', 'disk.latency', 'disk.outstanding'],
  caption: (now) =>
    `${amount(now('disk.reads') + now('disk.writes'))} IOPS, ${latency(now('disk.latency'))}, ` +
    `${amount(now('disk.outstanding'))} outstanding`,
  plots: [
    { names: ['disk.reads', 'disk.writes'], stacked: true, ...asIs, suggestedMax: 5 },
    { names: ['disk.latency'], colours: ['--unmet'], ...milliseconds, suggestedMax: 5 },
  ],
};

class DiskPanes extends Panes {
  constructor(catalogue, card) {
    super(catalogue, card, {
      figures: [
        ['iops', iops(catalogue)],
        ['throughput', diskRates(catalogue)],
      ],
      small: [
        ['latency', LATENCY],
        ['outstanding', OUTSTANDING],
        ['diskqueue', DISK_QUEUE],
      ],
      worst: ['disk.latency'],
      each: {
        name: 'disks',
        form: 'vdisk',
        make: (node) => new PerDevice(node, catalogue, PER_DISK),
      },
    });
  }
}

/* ---- network ---- */

const netRates = (catalogue) => ({
  title: 'Network throughput over time',
  hint: 'MB/s, received and transmitted.',
  aria: 'Stacked network throughput over time',
  stack: catalogue.stackOf('bytes_per_second'),
  show: rate,
  factor: 1 / MEGA,
  tick: plain,
  axis: AXIS,
  lines: [],
});

const packets = (catalogue) => ({
  short: true,
  title: 'Packets over time',
  hint: 'Packets a second; on top those that the VM wanted to send and the hypervisor dropped.',
  aria: 'Stacked packets a second over time',
  stack: catalogue.stackOf('packets_per_second', ['usage', 'unmet']),
  show: perSecond,
  factor: 1,
  tick: plain,
  axis: AXIS,
  lines: [],
});

const DROP_RATIO = {
  full: true,
  ...shares,
  layer: 'unmet',
  letter: 'D',
  title: 'Transmit drops',
  help: 'Share of the packets that the VM wanted to send and the hypervisor dropped.',
  parts: [{ name: 'net.drop_ratio_transmit', colour: '--unmet' }],
  show: ratio,
  suggestedMax: 0.5,
};

const RECEIVE_DROPS = {
  ...asIs,
  title: 'Receive drops',
  help:
    'Told apart from D: filtered multicast and frames that were not meant for the VM count as ' +
    'dropped, too.',
  parts: [{ name: 'net.dropped_receive', colour: '--muted' }],
  show: perSecond,
  suggestedMax: 1,
};

const RING = {
  ...fromGuest,
  ...asIs,
  title: 'Drops in the guest',
  help: "Packets lost because the ring of a NIC was full, and by the guest's network stack.",
  parts: [
    { name: 'net.ring_drops', title: 'ring', colour: '--queue' },
    { name: 'net.driver_drops', title: 'driver', colour: '--queue-2', dash: [3, 3] },
  ],
  show: perSecond,
  suggestedMax: 1,
};

const PER_NIC = {
  title: 'Per vNIC',
  hint: 'MB/s received and transmitted, and below the transmit drops. Axes differ.',
  form: 'vnic',
  words: ['vNIC', 'vNICs'],
  quantities: ['net.received', 'net.transmitted', 'net.dropped_transmit', 'net.dropped_receive'],
  caption: (now) =>
    `${rate(now('net.received') + now('net.transmitted'))}, transmit drops ` +
    `${perSecond(now('net.dropped_transmit'))}, receive drops ` +
    perSecond(now('net.dropped_receive')),
  plots: [
    { names: ['net.received', 'net.transmitted'], stacked: true, ...megabytes, suggestedMax: 0.1 },
    { names: ['net.dropped_transmit'], colours: ['--unmet'], ...asIs, suggestedMax: 1 },
  ],
};

class NetPanes extends Panes {
  constructor(catalogue, card) {
    super(catalogue, card, {
      figures: [
        ['throughput', netRates(catalogue)],
        ['packets', packets(catalogue)],
      ],
      small: [
        ['drops', DROP_RATIO],
        ['receivedrops', RECEIVE_DROPS],
        ['ring', RING],
      ],
      each: { name: 'nics', form: 'vnic', make: (node) => new PerDevice(node, catalogue, PER_NIC) },
    });
  }
}

export const PANES = {
  cpu: CpuPanes,
  mem: MemoryPanes,
  disk: DiskPanes,
  net: NetPanes,
  guest: GuestPanes,
  explain: ExplainPanes,
};

/* The single instances that a view can show: [form, text]. */
export const EACH = {
  cpu: ['vcpu', 'Per vCPU'],
  disk: ['vdisk', 'Per disk'],
  net: ['vnic', 'Per vNIC'],
};
