/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Small figures: a few lines, and one stack per vCPU on demand. */
import { tip } from './catalogue.js';
import { el } from './dom.js';
import { plural, ratio } from './format.js';
import { area, draw, erase, line, pointsOf } from './plot.js';

export const AT_ONCE = 16; /* vCPUs, disks on one page of small figures */

/* Which of n things are shown, with buttons where they do not fit. words: [one, many] */
export function pages(node, first, n, [one, many], go) {
  if (n <= AT_ONCE) return node.replaceChildren(plural(n, one, many));
  const step = (text, label, by) =>
    el(
      'button',
      {
        type: 'button',
        class: 'button',
        aria: { label },
        disabled: first + by < 0 || first + by >= n,
        onclick: () => go(first + by),
      },
      text,
    );
  node.replaceChildren(
    step('←', `Previous ${many}`, -AT_ONCE),
    ` ${first} – ${Math.min(first + AT_ONCE, n) - 1} of ${n} `,
    step('→', `Next ${many}`, AT_ONCE),
  );
}

/* A row without layers may well have the values of another figure: there, that is no gap. */
function isWhole(gap, known) {
  return gap.reason && known.filter((t) => t > gap.from && t <= gap.to).length >= gap.rows;
}

/* One or a few lines. subject: {title, letter: of a layer, help, parts: [{name, title, colour, dash}],
 * show(value): text, aria(values): text, none: what is said when there is not one value, and of the
 * axis factor, tick, axis, min, suggestedMin, suggestedMax} */
export class Lines {
  constructor(node, catalogue, subject) {
    this.subject = subject;
    this.parts = subject.parts.map((one) => ({
      ...one,
      info: catalogue.named(one.name),
      title: one.title ?? catalogue.named(one.name)?.title ?? one.name,
      now: el('b'),
    }));
    this.canvas = el('canvas', { role: 'img' });
    this.node = node;
    this.none = el('p', { class: 'hint none', hidden: true }, subject.none ?? 'No values here.');
    this.plot = el('div', { class: 'plot low' }, this.canvas);
    const mark = subject.layer
      ? el('span', { class: `letter ${subject.layer}` }, subject.letter)
      : '';
    node.append(
      el(
        'div',
        { class: 'card-head' },
        el('h2', {}, mark, subject.title),
        el('span', { class: 'grow' }),
        ...this.parts.map((part) => this.legend(part)),
      ),
      el('p', { class: 'hint' }, subject.help),
      this.plot,
      this.none,
    );
  }

  legend({ title, colour, dash, now, info }) {
    if (this.parts.length < 2) return now;
    const swatch = el('i', { class: 'swatch' });
    swatch.style.background = `var(${colour})`;
    if (dash) {
      swatch.classList.add('line');
      swatch.style.background = 'none';
      swatch.style.borderTopStyle = 'dotted';
      swatch.style.borderTopColor = `var(${colour})`;
    }
    return el('span', { class: 'now', title: info ? tip(info) : '' }, swatch, `${title} `, now);
  }

  show({ data, values, from, to, gaps, pace }) {
    const { factor, show, tick, axis, min, suggestedMin, suggestedMax, aria } = this.subject;
    const list = (name) => values.get(name) ?? [];
    const known = data.times.filter((_t, i) =>
      this.parts.some(({ name }) => Number.isFinite(list(name)[i])),
    );
    this.none.hidden = known.length > 0;
    this.plot.hidden = known.length === 0;
    if (known.length)
      draw(this.canvas, {
        datasets: this.parts.map(({ name, title, colour, dash }) =>
          line(title, pointsOf(data, list(name), factor), colour, dash),
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
    const words = this.parts.map(({ now }) => now.textContent);
    this.canvas.setAttribute('aria-label', (aria ?? ((now) => this.says(now)))(words));
    this.node.dataset.points = known.length;
  }

  says(now) {
    const parts = this.parts.map(({ title }, i) => `${title} ${now[i]}`);
    return `${this.subject.title} over time, newest ${parts.join(', ')}`;
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

  get quantities() {
    return this.catalogue.stack.filter((q) => q.forms.includes('vcpu')).map((q) => q.name);
  }

  /* series: of /series?form=vcpu */
  show(view) {
    this.view = view;
    const { data } = view;
    const n = Math.max(0, ...data.series.map((s) => s.vcpu + 1));
    if (this.first >= n) this.first = 0;
    const last = Math.min(this.first + AT_ONCE, n);
    pages(this.pager, this.first, n, ['vCPU', 'vCPUs'], (first) => {
      this.first = first;
      this.show(this.view);
    });
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

  remove() {
    this.canvases.forEach(erase);
  }
}
