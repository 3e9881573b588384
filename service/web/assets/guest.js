/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What the guest says of itself, side by side with what the hypervisor says of it: never added up. */
import { api } from './api.js';
import { disclose } from './catalogue.js';
import { PerDevice } from './devices.js';
import { el } from './dom.js';
import {
  GIB,
  MEGA,
  amount,
  compact,
  duration,
  perSecond,
  rate,
  ratio,
  size,
  value,
} from './format.js';
import { NO_GUEST, Panes } from './panes.js';

const plain = (number) => String(Number(number.toFixed(3)));
const AXIS = 62;

const CPU = {
  title: 'CPU: the guest and the hypervisor',
  help:
    'Busy time of all vCPUs, by two clocks. The difference has either sign: the guest goes on ' +
    'counting while it is frozen, and the hypervisor counts work that the guest does not see.',
  parts: [
    { name: 'cpu.guest_run', title: 'hypervisor', colour: '--usage' },
    { name: 'cpu.guest_cpu', title: 'guest', colour: '--queue', dash: [4, 3] },
  ],
  show: ratio,
  factor: 100,
  axis: AXIS,
  min: 0,
  suggestedMax: 10,
};

const MEMORY = {
  title: 'Memory: the guest and the hypervisor',
  help:
    'What the guest needs and could still give to a program, beside what the hypervisor granted ' +
    'and what it believes to be active.',
  parts: [
    { name: 'mem.granted', title: 'granted', colour: '--usage' },
    { name: 'mem.active', title: 'active', colour: '--part-worlds' },
    { name: 'mem.guest_needed', title: 'needed', colour: '--queue', dash: [4, 3] },
    { name: 'mem.guest_available', title: 'available', colour: '--queue-2', dash: [2, 3] },
  ],
  show: size,
  factor: 1 / GIB,
  tick: (number) => `${plain(number)} GiB`,
  axis: AXIS,
  min: 0,
};

const queue = (title, help, parts, show, more) => ({
  title,
  help,
  parts,
  show,
  layer: 'queue',
  letter: 'A',
  none: NO_GUEST,
  factor: 1,
  tick: plain,
  axis: AXIS,
  min: 0,
  suggestedMax: 1,
  ...more,
});

const RUN_QUEUE = queue(
  'Run queue',
  'Threads that wait for a vCPU.',
  [{ name: 'cpu.run_queue', colour: '--queue' }],
  amount,
);
const DISK_QUEUE = queue(
  'Disk queue',
  'IOs in the guest, and those that it has sent and that are not yet back.',
  [
    { name: 'disk.queue', title: 'in the guest', colour: '--queue' },
    { name: 'disk.outstanding', title: 'outstanding', colour: '--unmet', dash: [4, 3] },
  ],
  amount,
);
const PAGING = queue(
  'Paging',
  'MB/s that the guest pages by itself.',
  [
    { name: 'mem.page_in', title: 'in', colour: '--queue' },
    { name: 'mem.page_out', title: 'out', colour: '--queue-2', dash: [3, 3] },
  ],
  rate,
  { factor: 1 / MEGA },
);
const DROPS = queue(
  'Drops of packets',
  'Lost in the guest: in the ring of a NIC, and in the driver.',
  [
    { name: 'net.ring_drops', title: 'ring', colour: '--queue' },
    { name: 'net.driver_drops', title: 'driver', colour: '--queue-2', dash: [3, 3] },
  ],
  perSecond,
);

const APPS = {
  title: 'Application values',
  hint: 'Whatever applications inside the guest chose to publish.',
  form: 'app',
  words: ['value', 'values'],
  none: 'No application publishes values.',
  quantities: ['guest.app'],
  caption: (now) => amount(now('guest.app')),
  plots: [{ names: ['guest.app'], colours: ['--queue'], factor: 1, tick: compact, axis: AXIS }],
};

/* What stands side by side: [words, of the guest, of the hypervisor, their difference]. */
const PAIRS = [
  ['CPU', 'cpu.guest_cpu', 'cpu.guest_run', 'cpu.guest_difference'],
  ['Memory', 'mem.guest_needed', 'mem.granted', 'mem.guest_difference'],
  ['Memory free or idle', 'mem.guest_available', 'mem.active', null],
  ['Memory on disk', 'mem.guest_swap_used', 'mem.swapped', null],
  ['Queue for CPU', 'cpu.run_queue', 'cpu.ready', null],
  ['Queue for disks', 'disk.queue', 'disk.outstanding', null],
  ['Lost packets', 'net.ring_drops', 'net.dropped_transmit', null],
];

const FACTS = [
  'guest.source',
  'guest.age',
  'guest.tools',
  'guest.heartbeat',
  'disk.guest_capacity',
  'disk.guest_free',
  'cpu.context_switches',
];

const opened = (node) =>
  new Set([...node.querySelectorAll('details[open]')].map((one) => one.dataset.name));

export class GuestPanes extends Panes {
  constructor(catalogue, card) {
    super(catalogue, card, {
      figures: [],
      small: [
        ['guestcpu', CPU],
        ['guestmem', MEMORY],
        ['runqueue', RUN_QUEUE],
        ['paging', PAGING],
        ['diskqueue', DISK_QUEUE],
        ['ring', DROPS],
      ],
    });
    [this.pairs, this.facts, this.appsCard] = ['pairs', 'facts-card', 'apps'].map(card);
    this.apps = new PerDevice(this.appsCard, catalogue, APPS);
    this.nodes = [this.pairs, ...this.nodes, this.appsCard];
    this.aside = [this.facts];
  }

  async show(view, params, window, signal) {
    this.showPairs(view.row);
    this.showFacts(view.row);
    await super.show(view, params, window, signal);
    const asked = { quantities: 'guest.app', form: 'app', ...window };
    const data = await api.series(params.vcenter, params.moid, asked, signal);
    this.apps.show({ ...view, data });
  }

  showPairs(row) {
    const open = opened(this.pairs);
    const cell = (name) => {
      const q = name && this.catalogue.named(name);
      if (!q) return [el('td'), el('td', { class: 'number' })];
      return [
        el('td', {}, disclose(q, open.has(name))),
        el('td', { class: 'number' }, value(q, row[name])),
      ];
    };
    const silent = !row['guest.source'];
    this.pairs.replaceChildren(
      el('h2', {}, 'Side by side'),
      el(
        'p',
        { class: `hint ${silent ? 'silent' : ''}` },
        silent
          ? NO_GUEST
          : 'Two measures of nearly the same thing, with clocks, sampling and roll-up of their own.',
      ),
      el(
        'div',
        { class: 'scroll' },
        el(
          'table',
          { class: 'values pairs' },
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              ...['', 'The guest says', 'The hypervisor says', 'Difference'].map((text, i) =>
                el('th', { scope: 'col', colspan: i ? 2 : 1 }, text),
              ),
            ),
          ),
          el(
            'tbody',
            {},
            ...PAIRS.map(([words, ...names]) =>
              el('tr', {}, el('th', { scope: 'row' }, words), ...names.flatMap(cell)),
            ),
          ),
        ),
      ),
    );
  }

  showFacts(row) {
    const open = opened(this.facts);
    const show = (q) =>
      q.name === 'guest.age' && Number.isFinite(row[q.name])
        ? duration(row[q.name] * 1e3)
        : value(q, row[q.name]);
    this.facts.replaceChildren(
      el('h2', {}, 'The guest'),
      el(
        'table',
        { class: 'values checks' },
        el(
          'tbody',
          {},
          ...FACTS.map((name) => this.catalogue.named(name))
            .filter(Boolean)
            .map((q) =>
              el(
                'tr',
                {},
                el('th', { scope: 'row' }, disclose(q, open.has(q.name))),
                el('td', { class: 'number' }, show(q)),
              ),
            ),
        ),
      ),
    );
  }

  repaint() {
    super.repaint();
    if (this.apps.view) this.apps.show(this.apps.view);
  }

  remove() {
    super.remove();
    this.apps.remove();
  }
}
