/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Smaller figures: a few lines, and one stack per vCPU on demand. */
import { el } from './dom.js';
import { plural, ratio } from './format.js';
import { area, draw, erase, line, pointsOf } from './plot.js';

const AT_ONCE = 16; /* vCPUs on one page of small figures */

/* A row without layers may well have the values of another figure: there, that is no gap. */
function isWhole(gap, known) {
  return gap.reason && known.filter((t) => t > gap.from && t <= gap.to).length >= gap.rows;
}

/* One or a few lines. subject: {title, help, parts: [{name, colour}], show(value): text, aria(values):
 * text, and of the axis factor, tick, axis, min, suggestedMin, suggestedMax} */
export class Lines {
  constructor(node, catalogue, subject) {
    this.subject = subject;
    this.parts = subject.parts.map((one) => ({
      ...one,
      title: catalogue.named(one.name)?.title ?? one.name,
      now: el('b'),
    }));
    this.canvas = el('canvas', { role: 'img' });
    this.node = node;
    const several = this.parts.length > 1;
    node.append(
      el(
        'div',
        { class: 'card-head' },
        el('h2', {}, subject.title),
        el('span', { class: 'grow' }),
        ...this.parts.map(({ title, colour, now }) => {
          if (!several) return now;
          const swatch = el('i', { class: 'swatch' });
          swatch.style.background = `var(${colour})`;
          return el('span', { class: 'now' }, swatch, `${title} `, now);
        }),
      ),
      el('p', { class: 'hint' }, subject.help),
      el('div', { class: 'plot low' }, this.canvas),
    );
  }

  show({ data, values, from, to, gaps, pace }) {
    const { factor, show, tick, axis, min, suggestedMin, suggestedMax, aria } = this.subject;
    const list = (name) => values.get(name) ?? [];
    const known = data.times.filter((_t, i) =>
      this.parts.some(({ name }) => Number.isFinite(list(name)[i])),
    );
    draw(this.canvas, {
      datasets: this.parts.map(({ name, title, colour }) =>
        line(title, pointsOf(data, list(name), factor), colour),
      ),
      from,
      to,
      gaps: gaps.filter((gap) => !isWhole(gap, known)),
      pace,
      small: true,
      stacked: false,
      tick,
      axis,
      min,
      suggestedMax,
      suggestedMin,
    });
    for (const { name, now } of this.parts) now.textContent = show(list(name).at(-1) ?? NaN);
    this.canvas.setAttribute('aria-label', aria(this.parts.map(({ now }) => now.textContent)));
    this.node.dataset.points = known.length;
  }

  remove() {
    erase(this.canvas);
  }
}

export class PerVcpu {
  constructor(node, catalogue) {
    this.catalogue = catalogue;
    this.first = 0;
    this.canvases = [];
    this.pager = el('span', { class: 'pager' });
    this.grid = el('div', { class: 'multiples' });
    node.append(
      el(
        'div',
        { class: 'card-head' },
        el('h2', {}, 'Per vCPU'),
        el('span', { class: 'grow' }),
        this.pager,
      ),
      el(
        'p',
        { class: 'hint' },
        'Each against 100 % of its own time. Overhead is of the VM alone. Colours as above.',
      ),
      this.grid,
    );
  }

  /* series: of /series?form=vcpu */
  show(view) {
    this.view = view;
    const { data } = view;
    const n = Math.max(0, ...data.series.map((s) => s.vcpu + 1));
    if (this.first >= n) this.first = 0;
    const last = Math.min(this.first + AT_ONCE, n);
    this.renderPager(n, last);
    if (this.canvases.length !== last - this.first) this.rebuild(last - this.first);
    for (let vcpu = this.first; vcpu < last; vcpu++)
      this.drawOne(vcpu, this.canvases[vcpu - this.first]);
    this.grid.dataset.vcpus = n;
  }

  rebuild(n) {
    this.remove();
    this.canvases = Array.from({ length: n }, () => el('canvas', { role: 'img' }));
    this.grid.replaceChildren(
      ...this.canvases.map((canvas) =>
        el('figure', {}, el('figcaption', {}), el('div', { class: 'plot mini' }, canvas)),
      ),
    );
  }

  drawOne(vcpu, canvas) {
    const { data, from, to, gaps, pace } = this.view;
    const values = new Map(
      data.series.filter((s) => s.vcpu === vcpu).map((s) => [s.quantity, s.values]),
    );
    const parts = this.catalogue.stack.filter((q) => values.has(q.name));
    const newest = (layer) =>
      parts
        .filter((q) => q.layer === layer)
        .reduce((sum, q) => sum + (values.get(q.name).at(-1) ?? NaN), 0);
    draw(canvas, {
      datasets: parts.map((q, i) =>
        area(q.title, pointsOf(data, values.get(q.name)), q.colour, i > 0),
      ),
      from,
      to,
      gaps,
      pace,
      small: true,
      mini: true,
      stacked: true,
      min: 0,
      max: 100,
    });
    const text = `usage ${ratio(newest('usage'))}, unmet ${ratio(newest('unmet'))}`;
    canvas.closest('figure').firstChild.replaceChildren(el('b', {}, `vCPU ${vcpu}`), ` ${text}`);
    canvas.setAttribute('aria-label', `vCPU ${vcpu}: newest ${text}`);
  }

  renderPager(n, last) {
    if (n <= AT_ONCE) return this.pager.replaceChildren(plural(n, 'vCPU'));
    const step = (text, label, by) =>
      el(
        'button',
        {
          type: 'button',
          class: 'button',
          aria: { label },
          disabled: this.first + by < 0 || this.first + by >= n,
          onclick: () => {
            this.first += by;
            this.show(this.view);
          },
        },
        text,
      );
    this.pager.replaceChildren(
      step('←', 'Previous vCPUs', -AT_ONCE),
      ` ${this.first} – ${last - 1} of ${n} `,
      step('→', 'Next vCPUs', AT_ONCE),
    );
  }

  remove() {
    this.canvases.forEach(erase);
  }
}
