/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* One small figure or two for each disk, vNIC or application value. */
import { tip } from './catalogue.js';
import { el } from './dom.js';
import { area, draw, erase, line, pointsOf } from './plot.js';
import { AT_ONCE, pages } from './small.js';

/* What people call it, and what the server does: "Hard disk 1", "scsi0:0 · datastore1". */
function names(series, form) {
  const id = String(series[form]);
  const more = [series.name ? id : '', series.backing].filter(Boolean).join(' · ');
  return [series.name || id, more];
}

/* subject: {title, hint, form, words: [one, many], quantities, caption(newest(name)): text,
 *           plots: [{names, colours, dashes, stacked, factor, tick, axis, suggestedMax}]} */
export class PerDevice {
  constructor(node, catalogue, subject) {
    this.node = node;
    this.catalogue = catalogue;
    this.subject = subject;
    this.first = 0;
    this.boxes = [];
    this.pager = el('span', { class: 'pager' });
    this.grid = el('div', { class: 'multiples devices' });
    this.none = el('p', { class: 'hint none', hidden: true }, subject.none ?? 'None has values.');
    node.append(
      el(
        'div',
        { class: 'card-head' },
        el('h2', {}, subject.title),
        el('span', { class: 'grow' }),
        this.pager,
      ),
      el('p', { class: 'hint' }, subject.hint),
      this.grid,
      this.none,
    );
  }

  get quantities() {
    return this.subject.quantities;
  }

  /* view.data: of /series?form=vdisk */
  show(view) {
    this.view = view;
    const { form, words } = this.subject;
    const ids = [...new Set(view.data.series.map((s) => s[form]))];
    if (this.first >= ids.length) this.first = 0;
    const shown = ids.slice(this.first, this.first + AT_ONCE);
    pages(this.pager, this.first, ids.length, words, (first) => {
      this.first = first;
      this.show(this.view);
    });
    if (this.boxes.length !== shown.length) this.rebuild(shown.length);
    shown.forEach((id, i) => this.drawOne(id, this.boxes[i]));
    this.none.hidden = ids.length > 0;
    this.node.dataset.devices = ids.length;
  }

  rebuild(n) {
    this.remove();
    this.boxes = Array.from({ length: n }, () => ({
      caption: el('figcaption'),
      canvases: this.subject.plots.map(() => el('canvas', { role: 'img' })),
    }));
    this.grid.replaceChildren(
      ...this.boxes.map(({ caption, canvases }) =>
        el(
          'figure',
          {},
          caption,
          ...canvases.map((canvas) => el('div', { class: 'plot mini' }, canvas)),
        ),
      ),
    );
  }

  drawOne(id, { caption, canvases }) {
    const { form } = this.subject;
    const own = this.view.data.series.filter((s) => s[form] === id);
    const values = new Map(own.map((s) => [s.quantity, s.values]));
    const [name, more] = names(own[0], form);
    const text = this.subject.caption((q) => values.get(q)?.at(-1) ?? NaN);
    caption.replaceChildren(el('b', {}, name), more ? ` ${more}` : '', el('br'), text);
    this.subject.plots.forEach((plot, i) => {
      this.drawPlot(plot, canvases[i], values);
      canvases[i].setAttribute('aria-label', `${name} ${more}: newest ${text}`);
    });
  }

  drawPlot(plot, canvas, values) {
    const { data, from, to, gaps, pace } = this.view;
    const shown = plot.names.filter((name) => values.has(name));
    const datasets = shown.map((name, i) => {
      const q = this.catalogue.named(name);
      const points = pointsOf(data, values.get(name), plot.factor);
      const colour = plot.colours?.[i] ?? q.colour;
      return plot.stacked
        ? area(q.title, points, colour, i > 0)
        : line(q.title, points, colour, plot.dashes?.[i]);
    });
    canvas.title = shown.map((name) => tip(this.catalogue.named(name))).join('\n\n');
    draw(canvas, {
      datasets,
      from,
      to,
      gaps: gaps.filter((gap) => !gap.reason),
      pace,
      small: true,
      mini: true,
      axis: plot.axis,
      stacked: Boolean(plot.stacked),
      min: 0,
      suggestedMax: plot.suggestedMax,
      tick: plot.tick,
    });
  }

  remove() {
    this.boxes.flatMap((box) => box.canvases).forEach(erase);
  }
}
