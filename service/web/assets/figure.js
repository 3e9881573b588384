/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The figure: usage, overhead and unmet demand stacked over time against what the VM has (nCPU * 100 %,
 * or its memory), with lines over them. Its legend is also its read-out: the values at the cursor, or
 * the newest ones. */
import { LAYERS, tip } from './catalogue.js';
import { el } from './dom.js';
import { NONE, count, duration, moment, plural } from './format.js';
import { area, draw, erase, line, moveCursor, pointsOf } from './plot.js';

const DAY = 864e5;

/* subject: {title, hint, aria: what is shown, in words; show(value): text; factor, tick: of the axis;
 *           stack: quantities, if not those of the catalogue; idle: {text, title, on}, or none;
 *           most(value): text of the line for what the VM has, or none; short: less high;
 *           lines: [{name, colour, dash}], drawn over the stack and listed with their layer} */
export class Figure {
  constructor(node, catalogue, subject) {
    this.catalogue = catalogue;
    this.subject = subject;
    this.lines = subject.lines
      .map((one) => ({ ...catalogue.named(one.name), ...one }))
      .filter((q) => q.title);
    this.stack = subject.stack ?? catalogue.stack;
    this.hidden = new Set();
    this.idle = subject.idle?.on ?? false;
    this.zoom = false;
    this.cursor = -1;
    this.canvas = el('canvas', { tabindex: '0', role: 'img' });
    this.legend = el('div', { class: 'legend' });
    this.note = el('p', { class: 'hint' });
    this.gaps = el('ul', { class: 'gaps' });
    const box = (text, name, title) =>
      el(
        'label',
        { class: 'check', title },
        el('input', {
          type: 'checkbox',
          checked: this[name],
          onchange: (event) => {
            this[name] = event.target.checked;
            this.render();
          },
        }),
        text,
      );
    this.node = node;
    node.append(
      el(
        'div',
        { class: 'card-head' },
        el('h2', {}, subject.title),
        el('span', { class: 'grow' }),
        subject.idle ? box(subject.idle.text, 'idle', subject.idle.title) : '',
        subject.most
          ? box('Zoom to data', 'zoom', 'Scale the axis to the data instead of to all the VM has')
          : '',
      ),
      this.note,
      el('div', { class: `plot ${subject.short ? 'short' : 'tall'}` }, this.canvas),
      this.legend,
      this.gaps,
    );
    this.canvas.addEventListener('keydown', (event) => this.key(event));
    this.canvas.addEventListener('pointerleave', () => this.point(-1));
    this.canvas.addEventListener('blur', () => this.point(-1));
  }

  show(view) {
    this.view = view; /* {data, values: Map(name -> []), from, to, gaps, range} */
    this.cursor = -1;
    this.render();
  }

  /* What is stacked, bottom to top. */
  parts() {
    return [...this.stack, ...(this.idle ? this.catalogue.idle : [])];
  }

  render() {
    if (!this.view) return;
    const { data, values, from, to, gaps } = this.view;
    const { factor, tick, axis } = this.subject;
    const there = (q) => !this.hidden.has(q.name) && values.has(q.name);
    const shown = this.parts().filter(there);
    const points = (q) => pointsOf(data, values.get(q.name), factor);
    const datasets = [
      ...shown.map((q, i) => area(q.title, points(q), q.colour, i > 0)),
      ...this.lines.filter(there).map((q) => line(q.title, points(q), q.colour, q.dash)),
    ];
    const had = this.subject.most ? (values.get(this.catalogue.resource.of) ?? []) : [];
    const capacity = data.times.map((t, i) => [t, had[i] * factor]).filter(([, c]) => c > 0);
    const most = capacity.reduce((high, [, c]) => Math.max(high, c), 0);
    /* The chart's points have holes that the data's times have not. */
    this.places = new Map(pointsOf(data, data.times, 1).map((point, i) => [point.y, i]));
    draw(this.canvas, {
      datasets,
      from,
      to,
      stacked: true,
      min: 0,
      gaps,
      pace: this.view.pace,
      max: this.zoom ? undefined : Math.max(most * 1.06, this.highest(shown) * 1.03) || undefined,
      capacity,
      capacityText: most ? this.subject.most(most / factor) : '',
      tick,
      axis,
      cursor: this.place(),
      onCursor: (index) => this.hover(index),
    });
    this.node.dataset.points = data.times.length;
    this.node.dataset.series = datasets.length;
    this.node.dataset.gaps = gaps.filter((gap) => !gap.before).length;
    this.renderNote();
    this.renderLegend();
    this.renderGaps();
  }

  /* The top of the stack; C of CPU time comes on top of what B, D and idle share, so it may pass
   * nCPU * 100 %. */
  highest(parts) {
    const sums = this.view.data.times.map((_t, i) =>
      parts.reduce((sum, q) => sum + (this.at(q.name, i) || 0), 0),
    );
    return sums.reduce((a, b) => Math.max(a, b), 0) * this.subject.factor;
  }

  place() {
    return this.cursor < 0 ? -1 : (this.places.get(this.view.data.times[this.cursor]) ?? -1);
  }

  hover(place) {
    for (const [t, i] of this.places)
      if (i === place) return this.point(this.view.data.times.indexOf(t));
    return this.point(-1);
  }

  point(index) {
    if (index === this.cursor || !this.view) return;
    this.cursor = index;
    moveCursor(this.canvas, this.place());
    this.renderLegend();
  }

  key(event) {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const last = (this.view?.data.times.length ?? 0) - 1;
    if (!by || last < 0) return;
    event.preventDefault();
    this.point(Math.min(Math.max((this.cursor < 0 ? last + 1 : this.cursor) + by, 0), last));
  }

  renderNote() {
    const { data } = this.view;
    const samples = plural(data.step / 1000 / data.interval, 'sample');
    const points = data.step
      ? `Each point is the mean over ${duration(data.step)} (${samples}).`
      : `Every ${data.interval}-second sample as it was measured.`;
    this.note.textContent = `${this.subject.hint} ${points}`;
  }

  at(name, i) {
    const value = this.view.values.get(name)?.[i];
    return Number.isFinite(value) ? value : NaN;
  }

  /* Built anew only when other parts are shown, so that a click or the focus on it is not lost. */
  renderLegend() {
    const parts = this.parts();
    const { show } = this.subject;
    const shape = [...parts, ...this.lines]
      .map((q) => `${q.name} ${this.hidden.has(q.name)}`)
      .join();
    if (shape !== this.shape) this.buildLegend(parts);
    this.shape = shape;
    const { data, range } = this.view;
    const i = this.cursor < 0 ? data.times.length - 1 : this.cursor;
    const when = data.times.length
      ? `${this.cursor < 0 ? 'Newest sample' : 'At'} ${moment(data.times[i], range.ms > DAY)}`
      : 'No samples in this range';
    this.when.textContent = when;
    for (const [name, node] of this.shown) node.textContent = show(this.at(name, i));
    const words = this.sums.map(({ title, list, node }) => {
      const known = list.map((q) => this.at(q.name, i)).filter(Number.isFinite);
      node.textContent = known.length ? show(known.reduce((sum, v) => sum + v, 0)) : NONE;
      return `${title} ${node.textContent}`;
    });
    this.canvas.setAttribute(
      'aria-label',
      `${this.subject.aria}. ${when}: ` +
        `${words.join(', ')}. Arrow keys walk through the samples.`,
    );
  }

  buildLegend(parts) {
    const focused = this.legend.contains(document.activeElement)
      ? document.activeElement.dataset.name
      : null;
    this.when = el('p', { class: 'when' });
    this.shown = new Map();
    this.sums = [];
    this.legend.replaceChildren(this.when);
    const idle = { name: 'idle', letter: '', title: this.subject.idle?.text };
    for (const { name, letter, title } of [...LAYERS, idle]) {
      const list = parts.filter((q) => q.layer === name);
      if (!list.length) continue;
      const lines = this.lines.filter((q) => q.layer === name);
      const node = el('b');
      this.sums.push({ title, list, node });
      const mark = letter ? el('span', { class: `letter ${name}` }, letter) : '';
      this.legend.append(
        el(
          'div',
          { class: `group ${name}` },
          el('span', { class: 'sum' }, mark, `${title} `, node),
          ...[...list, ...lines].map((q) => this.legendItem(q)),
        ),
      );
    }
    if (focused) this.legend.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
  }

  legendItem(q) {
    const swatch = el('i', { class: 'swatch' });
    if (q.dash) {
      swatch.classList.add('line');
      swatch.style.borderTopStyle = q.dash.length ? 'dotted' : 'solid';
      swatch.style.borderTopColor = `var(${q.colour})`;
    } else swatch.style.background = `var(${q.colour})`;
    const value = el('b');
    this.shown.set(q.name, value);
    return el(
      'button',
      {
        type: 'button',
        class: 'item',
        title: tip(q),
        dataset: { name: q.name },
        aria: { pressed: String(!this.hidden.has(q.name)) },
        onclick: () => this.toggle(q.name),
      },
      swatch,
      q.title,
      value,
    );
  }

  toggle(name) {
    if (!this.hidden.delete(name)) this.hidden.add(name);
    this.render();
  }

  renderGaps() {
    const { range } = this.view;
    const gaps = this.view.gaps.filter((gap) => !gap.before);
    const long = range.ms > DAY;
    const shown = gaps.slice(-6).reverse();
    const items = shown.map((gap) =>
      el(
        'li',
        {},
        `${moment(gap.from, long)} – ${moment(gap.to, long)}: `,
        gap.reason
          ? `${plural(gap.rows, this.view.data.step ? 'step' : 'row')} without layers: ${gap.reason}`
          : `no rows kept (${plural(gap.rows, 'sample')})`,
      ),
    );
    if (gaps.length > shown.length)
      items.push(el('li', {}, `and ${count(gaps.length - shown.length)} earlier`));
    this.gaps.replaceChildren(
      ...(items.length
        ? [
            el('li', { class: 'title' }, el('i', { class: 'swatch gap' }), 'Gaps in this range'),
            ...items,
          ]
        : []),
    );
  }

  remove() {
    erase(this.canvas);
  }
}
