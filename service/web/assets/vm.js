/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One VM, seen by one of its resources: the layered box, the figure, what the resource has beside it
 * (panes.js), values. */
import { api } from './api.js';
import { showBox } from './box.js';
import { load, resourceChoices, resourceOf } from './catalogue.js';
import { el, segments } from './dom.js';
import { clock, duration, plural, size } from './format.js';
import { PANES } from './panes.js';
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

  /* What stays while another resource is looked at. */
  open(params) {
    this.close();
    this.key = `${params.vcenter}/${params.moid}`;
    this.title = el('h1', { tabindex: '-1' }, params.moid);
    this.facts = el('p', { class: 'facts' });
    this.resources = segments('Resource', resourceChoices, resourceOf(params.resource).key, (key) =>
      this.setResource(key),
    );
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
    this.panesNode = el('div', { class: 'panes' });
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
        this.resources,
        this.views,
        this.ranges,
      ),
      this.panesNode,
    );
  }

  /* The cards of a resource. */
  arrange(catalogue) {
    const { key } = catalogue.resource;
    this.panes?.remove();
    this.catalogue = catalogue;
    this.resource = key;
    const card = (name) => el('section', { class: `card ${name}` });
    this.cards = Object.fromEntries(
      ['box', 'parts', 'checks'].map((name) => [name, card(name)]),
    );
    const { box, parts, checks } = this.cards;
    this.panes = new PANES[key](catalogue, card);
    this.panesNode.replaceChildren(
      el('div', { class: 'main-pane' }, ...this.panes.nodes, parts),
      el('div', { class: 'side-pane' }, box, checks),
    );
    this.panesNode.dataset.resource = key;
  }

  setResource(key) {
    const resource = key === 'mem' ? key : undefined;
    if (this.params && this.params.resource !== resource) this.go({ ...this.params, resource });
  }

  async show(params, newest, signal) {
    const catalogue = await load(params.resource, signal);
    const { key } = catalogue.resource;
    if (this.key !== `${params.vcenter}/${params.moid}`) this.open(params);
    if (this.resource !== key) this.arrange(catalogue);
    this.params = params;
    const range = rangeOf(params.range);
    this.resources.show(key);
    this.ranges.show(range.key);
    this.views.show(params.view ?? '');
    this.views.hidden = key !== 'cpu';
    const { vcenter, moid } = params;
    const row = await api.vm(vcenter, moid, signal);
    const rowTime = Date.parse(row.time);
    const to = Math.max(newest ?? 0, rowTime);
    this.showRow(row, to - rowTime);
    const window = { from: to - range.ms, to, step: range.step || undefined };
    const quantities = [...catalogue.stack, ...catalogue.idle, ...catalogue.statuses]
      .map((q) => q.name)
      .concat(catalogue.resource.of, this.panes.beside)
      .join(',');
    const data = await api.series(vcenter, moid, { quantities, ...window }, signal);
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
    await this.panes.show(view, params, window, signal);
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

  showRow(row, behind) {
    this.title.textContent = row.name;
    document.title = `${row.name} · vstrata`;
    const facts = LABELS.filter(([name]) => row[name]).map(([name, text]) =>
      el('span', { class: 'fact', title: text }, row[name]),
    );
    const late = behind > row.interval * 2500;
    this.facts.replaceChildren(
      el('span', { class: 'fact' }, plural(row['cpu.count'] ?? 0, 'vCPU')),
      row['mem.configured'] ? el('span', { class: 'fact' }, size(row['mem.configured'])) : '',
      ...facts,
      el(
        'span',
        { class: `fact ${late ? 'late' : ''}`, title: row.time },
        late
          ? `silent for ${duration(behind)}, since ${clock(Date.parse(row.time))}`
          : `sample of ${clock(Date.parse(row.time))}`,
      ),
    );
    showBox(this.cards.box, this.catalogue.resource, row);
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
    this.panes?.repaint();
  }

  close() {
    this.panes?.remove();
    this.panes = null;
    this.resource = null;
    this.key = null;
    this.node.replaceChildren();
  }
}
