/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One VM: the layered box, the figure, per vCPU on demand, efficiency, values. */
import { api } from './api.js';
import { showBox } from './box.js';
import { load } from './catalogue.js';
import { el, segments } from './dom.js';
import { clock, duration, plural } from './format.js';
import { Figure } from './figure.js';
import { Efficiency, PerVcpu } from './small.js';
import { RANGES, gapsOf, rangeOf } from './time.js';
import { showChecks, showParts } from './values.js';

const DAY = 864e5;

const LABELS = [
  ['host', 'Host'],
  ['cluster', 'Cluster'],
  ['datacenter', 'Datacenter'],
  ['vcenter', 'vCenter'],
  ['moid', 'Id'],
];

export class VmView {
  constructor(node, go) {
    this.node = node;
    this.go = go;
  }

  async open(params) {
    this.close();
    this.key = `${params.vcenter}/${params.moid}`;
    this.catalogue = await load();
    this.title = el('h1', { tabindex: '-1' }, params.moid);
    this.facts = el('p', { class: 'facts' });
    this.ranges = segments(
      'Time range',
      RANGES.map((r) => [r.key, r.text]),
      rangeOf(params.range).key,
      (range) => this.go({ ...this.params, range }),
    );
    this.views = segments(
      'View',
      [
        ['', 'VM'],
        ['vcpu', 'Per vCPU'],
      ],
      params.view ?? '',
      (view) => this.go({ ...this.params, view }),
    );
    const card = (name) => el('section', { class: `card ${name}` });
    const cards = Object.fromEntries(
      ['box', 'figure', 'vcpus', 'efficiency', 'parts', 'checks'].map((name) => [name, card(name)]),
    );
    cards.vcpus.hidden = true;
    this.cards = cards;
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
          '← VMs',
          el('kbd', {}, 'Esc'),
        ),
        el('div', { class: 'heading' }, this.title, this.facts),
        el('span', { class: 'grow' }),
        this.views,
        this.ranges,
      ),
      el(
        'div',
        { class: 'panes' },
        el('div', { class: 'main-pane' }, cards.figure, cards.vcpus, cards.efficiency, cards.parts),
        el('div', { class: 'side-pane' }, cards.box, cards.checks),
      ),
    );
    this.figure = new Figure(cards.figure, this.catalogue);
    this.efficiency = new Efficiency(cards.efficiency, this.catalogue);
    this.vcpus = new PerVcpu(cards.vcpus, this.catalogue);
  }

  async show(params, newest, signal) {
    if (this.key !== `${params.vcenter}/${params.moid}`) await this.open(params);
    this.params = params;
    const range = rangeOf(params.range);
    this.ranges.show(range.key);
    this.views.show(params.view ?? '');
    const { vcenter, moid } = params;
    const row = await api.vm(vcenter, moid, signal);
    const rowTime = Date.parse(row.time);
    const to = Math.max(newest ?? 0, rowTime);
    this.showRow(row, to - rowTime);
    const window = { from: to - range.ms, to, step: range.step || undefined };
    const names = [...this.catalogue.stack, ...this.catalogue.idle, ...this.catalogue.statuses].map(
      (q) => q.name,
    );
    const data = await api.series(
      vcenter,
      moid,
      { quantities: [...names, 'cpu.count', 'cpu.efficiency_loss'].join(','), ...window },
      signal,
    );
    const values = new Map(data.series.map((s) => [s.quantity, s.values]));
    const gaps = gapsOf(data, window.from, to, (i) => this.rowReason(data, values, i));
    await this.seeBefore(params, window, gaps[0], signal);
    const pace = data.step || data.interval * 1000;
    const view = {
      data,
      values,
      range,
      pace,
      from: window.from,
      to,
      gaps,
    };
    this.figure.show(view);
    this.efficiency.show(view);
    await this.showVcpus(params, window, view, signal);
  }

  /* A range that begins without rows: is that a gap, or is there nothing older at all? */
  async seeBefore({ vcenter, moid }, { from }, first, signal) {
    if (!first || first.reason || first.from !== from) return;
    const quantities = this.catalogue.statuses[0].name;
    const older = { quantities, from: from - 30 * DAY, to: from, step: DAY };
    const { times } = await api.series(vcenter, moid, older, signal);
    first.before = times.length === 0;
  }

  /* Why row i has no layers, in words, or null. With a step also: why it is not whole. */
  rowReason(data, values, i) {
    for (const q of this.catalogue.statuses.filter(
      (one) => one.layer === 'usage' || one.layer === 'unmet',
    )) {
      const code = values.get(q.name)?.[i];
      const reason = this.catalogue.reason(code);
      if (Number.isFinite(code) && reason.status === 'unavailable') return reason.text;
    }
    if (!data.step || i === 0 || i === data.times.length - 1) return null;
    const samples = data.series.find((s) => s.quantity === this.catalogue.statuses[0]?.name)
      ?.samples[i];
    const whole = data.step / 1000 / data.interval;
    return samples < whole ? 'samples are missing' : null;
  }

  async showVcpus(params, window, view, signal) {
    const wanted = params.view === 'vcpu';
    this.cards.vcpus.hidden = !wanted;
    if (!wanted) return;
    const quantities = this.catalogue.stack
      .filter((q) => q.forms.includes('vcpu'))
      .map((q) => q.name)
      .join(',');
    const data = await api.series(
      params.vcenter,
      params.moid,
      { quantities, form: 'vcpu', ...window },
      signal,
    );
    this.vcpus.show({ ...view, data });
  }

  showRow(row, behind) {
    this.title.textContent = row.name;
    document.title = `${row.name} · vstrata`;
    const facts = LABELS.filter(([name]) => row[name]).map(([name, text]) =>
      el('span', { class: 'fact', title: text }, row[name]),
    );
    const late = behind > row.interval * 2500;
    this.facts.replaceChildren(
      el('span', { class: 'fact' }, plural(row['cpu.count'] ?? 0, 'vCPU')),
      ...facts,
      el(
        'span',
        { class: `fact ${late ? 'late' : ''}`, title: row.time },
        late
          ? `silent for ${duration(behind)}, since ${clock(Date.parse(row.time))}`
          : `sample of ${clock(Date.parse(row.time))}`,
      ),
    );
    showBox(this.cards.box, row);
    showParts(this.cards.parts, this.catalogue, row);
    showChecks(this.cards.checks, this.catalogue, row);
  }

  changeRange(by) {
    const at = RANGES.findIndex((r) => r.key === rangeOf(this.params.range).key);
    const next = RANGES[at + by];
    if (next) this.go({ ...this.params, range: next.key });
  }

  /* After a change of theme: the canvases have old colours. */
  repaint() {
    if (this.figure?.view) {
      this.figure.render();
      this.efficiency.show(this.figure.view);
      if (this.vcpus.view) this.vcpus.show(this.vcpus.view);
    }
  }

  close() {
    this.figure?.remove();
    this.efficiency?.remove();
    this.vcpus?.remove();
    this.figure = null;
    this.key = null;
    this.node.replaceChildren();
  }
}
