/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One VM, seen by one of its resources: the layered box, the figures, what the resource has beside
 * them (views.js), values; or what the guest says of itself; or how its verdict came to be. */
import { api } from './api.js';
import { showBox } from './box.js';
import { RESOURCES, load, viewChoices, viewOf } from './catalogue.js';
import { hostAddress } from './cells.js';
import { el, segments } from './dom.js';
import { clock, duration, plural, size } from './format.js';
import { verdictWords } from './marks.js';
import { RANGES, gapsOf, rangeOf, seeBefore } from './time.js';
import { showChecks, showParts } from './values.js';
import { EACH, PANES } from './views.js';

const LABELS = [
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
    this.resources = segments('View', viewChoices, viewOf(params.resource).key, (key) =>
      this.setResource(key),
    );
    this.ranges = segments(
      'Time range',
      RANGES.map((r) => [r.key, r.text]),
      rangeOf(params.range).key,
      (range) => this.go({ ...this.params, range }),
    );
    this.views = el('span', { class: 'views' });
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

  /* The cards of a view. */
  arrange(catalogue) {
    const { key } = catalogue.resource;
    this.panes?.remove();
    this.catalogue = catalogue;
    this.resource = key;
    const card = (name) => el('section', { class: `card ${name}` });
    this.cards =
      key in RESOURCES
        ? { box: card('box'), parts: card('parts'), checks: card('checks') }
        : null;
    this.panes = new PANES[key](catalogue, card);
    const main = [...this.panes.nodes, this.cards?.parts].filter(Boolean);
    const side = this.cards ? [this.cards.box, this.cards.checks] : this.panes.aside;
    this.panesNode.replaceChildren(
      el('div', { class: 'main-pane' }, ...main),
      el('div', { class: 'side-pane' }, ...side),
    );
    this.panesNode.dataset.resource = key;
    this.arrangeViews(key);
  }

  /* The VM, or its vCPUs, disks, vNICs one by one. */
  arrangeViews(key) {
    this.each = EACH[key]
      ? segments('Instances', [['', 'VM'], EACH[key]], '', (view) =>
          this.go({ ...this.params, view }),
        )
      : null;
    this.views.replaceChildren(...(this.each ? [this.each] : []));
  }

  setResource(key) {
    const resource = key === 'cpu' ? undefined : key;
    if (this.params && this.params.resource !== resource)
      this.go({ ...this.params, resource, view: undefined });
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
    this.ranges.hidden = Boolean(this.panes.alone);
    this.each?.show(params.view ?? '');
    const { vcenter, moid } = params;
    const row = await api.vm(vcenter, moid, signal);
    const rowTime = Date.parse(row.time);
    const to = Math.max(newest ?? 0, rowTime);
    this.showRow(row, to - rowTime);
    if (this.panes.alone) return this.panes.show({ row }, params, null, signal);
    const window = { from: to - range.ms, to, step: range.step || undefined };
    const quantities = this.quantities(catalogue).join(',');
    const data = await api.series(vcenter, moid, { quantities, ...window }, signal);
    const values = new Map(data.series.map((s) => [s.quantity, s.values]));
    const gaps = gapsOf(data, window.from, to, (i) => this.rowReason(data, values, i));
    await seeBefore(params, catalogue.statuses[0].name, window.from, gaps[0], signal);
    const pace = data.step || data.interval * 1000;
    const view = {
      row,
      data,
      values,
      range,
      pace,
      from: window.from,
      to,
      gaps,
    };
    return this.panes.show(view, params, window, signal);
  }

  /* What is asked for, each once. */
  quantities({ stack, idle, statuses, resource }) {
    const names = [...stack, ...idle, ...statuses].map((q) => q.name);
    return [...new Set([...names, resource.of, ...this.panes.beside])].filter(Boolean);
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
      this.hurts(row),
      row.host
        ? el(
            'a',
            { class: 'fact host', title: 'Host (key h)', href: hostAddress(row.vcenter, row.host) },
            row.host,
          )
        : '',
      ...facts,
      el(
        'span',
        { class: `fact ${late ? 'late' : ''}`, title: row.time },
        late
          ? `silent for ${duration(behind)}, since ${clock(Date.parse(row.time))}`
          : `sample of ${clock(Date.parse(row.time))}`,
      ),
    );
    if (!this.cards) return;
    showBox(this.cards.box, this.catalogue.resource, row);
    showParts(this.cards.parts, this.catalogue, row);
    showChecks(this.cards.checks, this.catalogue, row);
  }

  /* What the row's verdict is, as in the table. */
  hurts(row) {
    const code = row['all.verdict_code'];
    const places = Object.keys(RESOURCES).flatMap((resource) =>
      ['queue', 'usage', 'overhead', 'unmet'].map((layer) => ({ resource, layer })),
    );
    const [kind, words] = verdictWords({ code, ...places[code - 1] });
    const place = `${encodeURIComponent(row.vcenter)}/${encodeURIComponent(row.moid)}`;
    const href = `#/vm/${place}?resource=explain`;
    const title = 'How it was judged (key e)';
    return el('a', { class: `fact hurts ${kind}`, href, title }, words);
  }

  openHost() {
    const link = this.facts?.querySelector('a.host');
    if (link) location.hash = link.hash;
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
    this.each = null;
    this.key = null;
    this.node.replaceChildren();
  }
}
