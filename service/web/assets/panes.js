/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What the view of a VM shows over time, one class a resource:
 *   nodes         the cards, from the top
 *   beside        quantities asked for beside the stack
 *   show(view)    view: {data, values: Map(name -> []), range, pace, from, to, gaps}
 *   repaint(), remove() */
import { api } from './api.js';
import { Figure } from './figure.js';
import { GIB, MEGA, count, rate, ratio, size } from './format.js';
import { Lines, PerVcpu } from './small.js';

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

const efficiency = (catalogue) => {
  const info = catalogue.named('cpu.efficiency_loss');
  return {
    title: info?.title ?? 'Efficiency loss',
    help: info?.help ?? '',
    parts: [{ name: 'cpu.efficiency_loss', colour: '--efficiency' }],
    show: ratio,
    aria: ([now]) => `Efficiency loss over time, newest ${now} of one vCPU`,
    factor: 100,
    suggestedMin: -5,
    suggestedMax: 5,
  };
};

class CpuPanes {
  constructor(catalogue, card) {
    this.catalogue = catalogue;
    this.beside = ['cpu.efficiency_loss'];
    const [figure, vcpus, loss] = ['figure', 'vcpus', 'efficiency'].map(card);
    this.nodes = [figure, vcpus, loss];
    this.vcpusCard = vcpus;
    vcpus.hidden = true;
    this.figure = new Figure(figure, catalogue, CPU_FIGURE);
    this.efficiency = new Lines(loss, catalogue, efficiency(catalogue));
    this.vcpus = new PerVcpu(vcpus, catalogue);
  }

  async show(view, params, window, signal) {
    this.figure.show(view);
    this.efficiency.show(view);
    const wanted = params.view === 'vcpu';
    this.vcpusCard.hidden = !wanted;
    if (!wanted) return;
    const quantities = this.catalogue.stack
      .filter((q) => q.forms.includes('vcpu'))
      .map((q) => q.name)
      .join(',');
    const asked = { quantities, form: 'vcpu', ...window };
    const data = await api.series(params.vcenter, params.moid, asked, signal);
    this.vcpus.show({ ...view, data });
  }

  /* After a change of theme: the canvases have old colours. */
  repaint() {
    if (!this.figure.view) return;
    this.figure.render();
    this.efficiency.show(this.figure.view);
    if (this.vcpus.view) this.vcpus.show(this.vcpus.view);
  }

  remove() {
    [this.figure, this.efficiency, this.vcpus].forEach((one) => one.remove());
  }
}

const plain = (value) => String(Number(value.toFixed(3)));

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
  axis: 62,
  most: (bytes) => `${size(bytes)} configured`,
  lines: [
    { name: 'mem.consumed', colour: '--ink', dash: [] },
    { name: 'mem.active', colour: '--ink', dash: [2, 3] },
  ],
};

const RATES = {
  title: 'Swap-in and decompression',
  help: 'MB/s that the guest waits for: what hurts now.',
  parts: [
    { name: 'mem.swapin', colour: '--part-swapin' },
    { name: 'mem.decompression', colour: '--part-decompression' },
  ],
  show: rate,
  aria: (now) => `Swap-in and decompression over time, newest ${now.join(' and ')}`,
  factor: 1 / MEGA,
  tick: plain,
  axis: 62,
  min: 0,
  suggestedMax: 1,
};

const CONTENTION = {
  title: 'Memory contention',
  help: 'Share of the time that the guest waits for swap-in or decompression. Ballooning is not in it.',
  parts: [{ name: 'mem.contention', colour: '--part-contention' }],
  show: ratio,
  aria: ([now]) => `Memory contention over time, newest ${now}`,
  factor: 100,
  axis: 62,
  min: 0,
  suggestedMax: 5,
};

class MemoryPanes {
  constructor(catalogue, card) {
    const [figure, rates, contention] = ['figure', 'rates', 'contention'].map(card);
    this.nodes = [figure, contention, rates];
    this.figure = new Figure(figure, catalogue, MEM_FIGURE);
    this.small = [
      new Lines(contention, catalogue, CONTENTION),
      new Lines(rates, catalogue, RATES),
    ];
    this.beside = [...MEM_FIGURE.lines, ...RATES.parts, ...CONTENTION.parts].map((q) => q.name);
  }

  async show(view) {
    this.figure.show(view);
    for (const one of this.small) one.show(view);
  }

  repaint() {
    if (this.figure.view) this.show(this.figure.view);
  }

  remove() {
    [this.figure, ...this.small].forEach((one) => one.remove());
  }
}

export const PANES = { cpu: CpuPanes, mem: MemoryPanes };
