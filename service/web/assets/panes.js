/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* What the view of a VM shows over time. Panes is what all views share:
 *   nodes         the cards, from the top
 *   beside        quantities asked for beside the stack
 *   show(view, params, window, signal)
 *                 view: {row, data, values: Map(name -> []), range, pace, from, to, gaps}
 *   repaint(), remove() */
import { api } from './api.js';
import { Figure } from './figure.js';
import { Lines } from './small.js';

/* spec: {figures: [[class, subject]], small: [[class, subject]], worst: quantities of which the
 *        worst instance is drawn, too, under NAME.worst,
 *        each: {name, form, make(node, catalogue)}: the view of single instances} */
export class Panes {
  constructor(catalogue, card, spec) {
    this.catalogue = catalogue;
    this.spec = spec;
    this.figures = spec.figures.map(
      ([name, subject]) => new Figure(card(`figure ${name}`), catalogue, subject),
    );
    this.small = (spec.small ?? []).map(
      ([name, subject]) =>
        new Lines(card(`${name} ${subject.full ? '' : 'half'}`), catalogue, subject),
    );
    if (spec.each) {
      this.eachCard = card(spec.each.name);
      this.eachCard.hidden = true;
      this.each = spec.each.make(this.eachCard, catalogue);
    }
    this.nodes = this.arrange();
    this.beside = this.besideTheStack();
  }

  /* The first figure, what is as wide, the other figures, and then what goes side by side. */
  arrange() {
    const nodes = (list) => list.map((one) => one.node);
    const [first, ...others] = nodes(this.figures);
    const full = nodes(this.small.filter((one) => one.subject.full));
    const half = nodes(this.small.filter((one) => !one.subject.full));
    return [first, ...full, this.eachCard, ...others, ...half].filter(Boolean);
  }

  besideTheStack() {
    const figures = this.figures.flatMap((one) => [...one.stack, ...one.lines]);
    const small = this.small.flatMap((one) => one.subject.parts);
    return [...figures, ...small].map((q) => q.name).filter((name) => !name.endsWith('.worst'));
  }

  async show(view, params, window, signal) {
    if (this.spec.worst) await this.addWorst(view, params, window, signal);
    this.view = view;
    this.draw();
    if (this.each) await this.showEach(view, params, window, signal);
  }

  draw() {
    for (const one of this.figures) one.show(this.view);
    for (const one of this.small) one.show(this.view);
  }

  async addWorst(view, { vcenter, moid }, window, signal) {
    const asked = { quantities: this.spec.worst.join(','), form: 'worst', ...window };
    const data = await api.series(vcenter, moid, asked, signal);
    const places = new Map(data.times.map((t, i) => [t, i]));
    for (const { quantity, values } of data.series) {
      const at = (t) => values[places.get(t)] ?? null;
      view.values.set(`${quantity}.worst`, view.data.times.map(at));
    }
  }

  async showEach(view, params, window, signal) {
    const { form } = this.spec.each;
    this.eachCard.hidden = params.view !== form;
    if (params.view !== form) return;
    const asked = { quantities: this.each.quantities.join(','), form, ...window };
    const data = await api.series(params.vcenter, params.moid, asked, signal);
    this.each.show({ ...view, data });
  }

  /* After a change of theme: the canvases have old colours. */
  repaint() {
    if (!this.view) return;
    this.draw();
    if (this.each?.view) this.each.show(this.each.view);
  }

  remove() {
    [...this.figures, ...this.small].forEach((one) => one.remove());
    this.each?.remove();
  }
}

/* What stands where no guest speaks. */
export const NO_GUEST =
  'No guest source: nothing inside this guest reports. The publishers in config/guest do, for Linux ' +
  'and Windows.';
