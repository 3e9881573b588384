/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One host: how busy it is, what it withholds, and the VMs that share it with what each of them lacks. */
import { api } from './api.js';
import { disclose, loadJudged, loadNames } from './catalogue.js';
import { vmAddress } from './cells.js';
import { el, segments } from './dom.js';
import {
  GIB,
  MEGA,
  NONE,
  clock,
  count,
  duration,
  latency,
  percent,
  plural,
  rate,
  ratio,
  size,
  value,
} from './format.js';
import { perThread } from './hosts.js';
import { marks, verdictWords } from './marks.js';
import { Lines } from './small.js';
import { RANGES, gapsOf, rangeOf, seeBefore } from './time.js';

const AXIS = 62;
const plain = (number) => String(Number(number.toFixed(3)));
const shares = { show: ratio, factor: 100, axis: AXIS, min: 0 };
const MOST = 200; /* VMs of a host that are listed */

const CHARTS = [
  {
    ...shares,
    title: 'Utilization',
    help:
      'Share of the time in which cores and threads ran, and of the nominal capacity that was used; ' +
      'usage is above utilization where the clock is above nominal.',
    parts: [
      { name: 'host.core_utilization', title: 'cores', colour: '--usage' },
      { name: 'host.utilization', title: 'threads', colour: '--part-worlds' },
      { name: 'host.usage', title: 'usage', colour: '--ink', dash: [4, 3] },
    ],
    suggestedMax: 100,
  },
  {
    ...shares,
    layer: 'unmet',
    letter: 'D',
    title: 'Ready and co-stop',
    help: 'Of all its VMs together, in percent of one thread: 100 % is one vCPU that waits all the time.',
    parts: [
      { name: 'host.ready', title: 'ready', colour: '--unmet' },
      { name: 'host.costop', title: 'co-stop', colour: '--part-costop', dash: [4, 3] },
    ],
    suggestedMax: 20,
  },
  {
    show: size,
    factor: 1 / GIB,
    tick: (number) => `${plain(number)} GiB`,
    axis: AXIS,
    min: 0,
    title: 'Memory',
    help: 'Physical memory in use, and what was taken from the VMs.',
    parts: [
      { name: 'host.mem_consumed', title: 'consumed', colour: '--usage' },
      { name: 'host.mem_ballooned', title: 'ballooned', colour: '--part-ballooned' },
      { name: 'host.mem_swapped', title: 'swapped', colour: '--unmet', dash: [4, 3] },
      { name: 'host.mem_compressed', title: 'compressed', colour: '--part-costop', dash: [2, 3] },
    ],
  },
  {
    show: rate,
    factor: 1 / MEGA,
    tick: plain,
    axis: AXIS,
    min: 0,
    suggestedMax: 1,
    layer: 'unmet',
    letter: 'D',
    title: 'Swapping',
    help: 'MB/s that the host swaps in and out.',
    parts: [
      { name: 'host.mem_swapin', title: 'in', colour: '--unmet' },
      { name: 'host.mem_swapout', title: 'out', colour: '--part-ballooned', dash: [4, 3] },
    ],
  },
];

/* What stands beside the charts, in words. */
const GROUPS = [
  [
    'CPU',
    [
      'core_utilization',
      'utilization',
      'usage',
      'usagemhz',
      'ready',
      'costop',
      'latency',
      'power_policy',
    ],
  ],
  ['Size', ['cores', 'threads', 'vms', 'vcpus', 'vcpus_per_thread']],
  [
    'Memory',
    [
      'mem_state',
      'mem_size',
      'mem_consumed',
      'mem_ballooned',
      'mem_swapped',
      'mem_compressed',
      'mem_swapin',
      'mem_swapout',
      'mem_latency',
    ],
  ],
];

const show = (q, number) =>
  q.name === 'host.vcpus_per_thread' ? perThread(number) : value(q, number);

export class HostView {
  constructor(node, go) {
    this.node = node;
    this.go = go;
    this.lines = [];
  }

  open(params) {
    this.close();
    this.key = `${params.vcenter}/${params.name}`;
    this.title = el('h1', { tabindex: '-1' }, params.name);
    this.facts = el('p', { class: 'facts' });
    this.ranges = segments(
      'Time range',
      RANGES.map((r) => [r.key, r.text]),
      rangeOf(params.range).key,
      (range) => this.go({ ...this.params, range }),
    );
    const card = (name) => el('section', { class: `card ${name}` });
    [this.vms, this.side] = ['host-vms', 'host-values'].map(card);
    this.cards = CHARTS.map(() => card('host-chart half'));
    this.node.replaceChildren(
      el(
        'div',
        { class: 'toolbar' },
        el(
          'a',
          {
            class: 'back',
            href: '#/',
            onclick: (event) => {
              event.preventDefault();
              this.go(null);
            },
          },
          '← Back',
          el('kbd', {}, 'Esc'),
        ),
        el('div', { class: 'heading' }, this.title, this.facts),
        el('span', { class: 'grow' }),
        this.ranges,
      ),
      el(
        'div',
        { class: 'panes of-host' },
        el('div', { class: 'main-pane' }, this.vms, ...this.cards),
        el('div', { class: 'side-pane' }, this.side),
      ),
    );
  }

  async show(params, newest, signal) {
    const { vcenter, name } = params;
    const [names, judged, answer] = await Promise.all([
      loadNames(signal),
      loadJudged(signal),
      api.hosts({ vcenter, name }, signal),
    ]);
    if (this.key !== `${vcenter}/${name}`) this.open(params);
    this.params = params;
    this.names = names;
    this.ranges.show(rangeOf(params.range).key);
    const [host] = answer.hosts;
    this.showHost(host, params);
    const wanted = { vcenter, host: name, sort: 'unmet_percent', limit: MOST };
    const shared = await api.vms({ ...wanted, resource: 'verdict' }, signal);
    this.showVms(shared, judged);
    if (host) await this.showCharts(host, newest, params, signal);
  }

  showHost(host, { name }) {
    document.title = `${name} · vstrata`;
    this.title.textContent = name;
    if (!host) {
      this.facts.replaceChildren('No rows are kept of this host; its VMs may be.');
      this.side.replaceChildren(el('h2', {}, 'The host'), el('p', { class: 'hint' }, 'Not known.'));
      return;
    }
    const fact = (text, title) => (text ? el('span', { class: 'fact', title }, text) : '');
    const at = clock(Date.parse(host.time));
    this.facts.replaceChildren(
      fact(Number.isFinite(host['host.cores']) ? plural(host['host.cores'], 'core') : ''),
      fact(Number.isFinite(host['host.threads']) ? plural(host['host.threads'], 'thread') : ''),
      fact(Number.isFinite(host['host.mem_size']) ? size(host['host.mem_size']) : ''),
      fact(host.cluster, 'Cluster'),
      fact(host.datacenter, 'Datacenter'),
      fact(host.vcenter, 'vCenter'),
      fact(host.moid, 'Id'),
      host.state === 'stale'
        ? el('span', { class: 'fact late' }, `silent for ${duration(host.behind_ms)}, since ${at}`)
        : fact(`sample of ${at}`, host.time),
    );
    this.showValues(host);
  }

  showValues(host) {
    const open = new Set(
      [...this.side.querySelectorAll('details[open]')].map((one) => one.dataset.name),
    );
    const row = (part) => {
      const q = this.names.get(`host.${part}`);
      if (!q) return '';
      return el(
        'tr',
        { dataset: { name: q.name } },
        el('th', { scope: 'row' }, disclose(q, open.has(q.name))),
        el('td', { class: 'number' }, show(q, host[q.name])),
      );
    };
    const status = host.status ?? { status: 'unavailable', reason: 'not collected' };
    this.side.replaceChildren(
      el('h2', {}, 'The host'),
      status.status === 'ok'
        ? ''
        : el('p', { class: `status ${status.status}` }, `${status.status}: ${status.reason}`),
      el(
        'table',
        { class: 'values checks' },
        ...GROUPS.map(([title, parts]) =>
          el(
            'tbody',
            {},
            el('tr', { class: 'group' }, el('th', { scope: 'rowgroup', colspan: 2 }, title)),
            ...parts.map(row),
          ),
        ),
      ),
    );
  }

  /* Who shares it, the most held back first. */
  showVms({ vms, matched }, judged) {
    const columns = [
      ['VM', (vm) => el('a', { href: vmAddress(vm, 'verdict'), title: vm.name }, vm.name), 'named'],
      ['vCPU', (vm) => vm.cpu_count ?? NONE, 'number detail'],
      ['CPU unmet', (vm) => percent(vm.unmet?.percent), 'number strong'],
      ['Ready', (vm) => percent(vm.ready?.percent), 'number minor'],
      ['Co-stop', (vm) => percent(vm.costop?.percent), 'number minor'],
      ['Contention', (vm) => percent(vm.mem?.contention?.percent), 'number detail'],
      ['Disk latency', (vm) => latency(vm.disk?.latency ?? NaN), 'number detail'],
      ['Drop ratio', (vm) => percent(vm.net?.drop_ratio_transmit?.percent), 'number minor'],
      ['CPU', (vm) => marks(vm.verdict, 'cpu', judged), 'marked minor'],
      [
        'Hurts',
        (vm) => {
          const [kind, words] = verdictWords(vm.verdict);
          return el('span', { class: `hurts ${kind}` }, words);
        },
        '',
      ],
    ];
    const rows = vms.map((vm) =>
      el(
        'tr',
        { class: vm.state },
        ...columns.map(([text, show_, kind]) =>
          el('td', { class: kind, dataset: { label: text } }, show_(vm)),
        ),
      ),
    );
    const more = matched > MOST ? `; ${count(MOST)} of them` : '';
    this.vms.replaceChildren(
      el('h2', {}, `Who shares it: ${plural(matched, 'VM')}`),
      el(
        'p',
        { class: 'hint' },
        `In percent of each VM, most unmet CPU first${more}.`,
      ),
      el(
        'div',
        { class: 'scroll' },
        el(
          'table',
          { class: 'vms sharing' },
          el(
            'thead',
            {},
            el(
              'tr',
              {},
              ...columns.map(([text, , kind]) => el('th', { scope: 'col', class: kind }, text)),
            ),
          ),
          el('tbody', {}, ...rows),
        ),
      ),
    );
    this.vms.dataset.vms = vms.length;
  }

  async showCharts(host, newest, params, signal) {
    const range = rangeOf(params.range);
    const to = Math.max(newest ?? 0, Date.parse(host.time));
    const window = { from: to - range.ms, to, step: range.step || undefined };
    const quantities = CHARTS.flatMap((chart) => chart.parts.map((part) => part.name)).join(',');
    const data = await api.series(host.vcenter, host.moid, { quantities, ...window }, signal);
    const values = new Map(data.series.map((s) => [s.quantity, s.values]));
    const gaps = gapsOf(data, window.from, to, () => null);
    await seeBefore(host, 'host.status', window.from, gaps[0], signal);
    const pace = data.step || data.interval * 1000;
    this.view = { data, values, from: window.from, to, gaps, pace };
    this.draw();
  }

  draw() {
    const catalogue = { named: (name) => this.names.get(name) };
    if (!this.lines.length)
      this.lines = CHARTS.map((chart, i) => new Lines(this.cards[i], catalogue, chart));
    for (const one of this.lines) one.show(this.view);
  }

  changeRange(by) {
    const at = RANGES.findIndex((r) => r.key === rangeOf(this.params.range).key);
    const next = RANGES[at + by];
    if (next) this.go({ ...this.params, range: next.key });
  }

  repaint() {
    if (this.view) this.draw();
  }

  close() {
    this.lines.forEach((one) => one.remove());
    this.lines = [];
    this.view = null;
    this.key = null;
    this.node.replaceChildren();
  }
}
