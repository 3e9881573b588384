/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* The table of VMs, or of hosts. What is shown stands in the address (resource, search, sort, page; without a
 * resource the verdict), so that it can be kept and sent; the server searches, sorts and cuts, so that
 * thousands of VMs cost no more than a page. */
import { api } from './api.js';
import { layerOf, loadJudged, loadNames, tableChoices, tableOf, tip } from './catalogue.js';
import { vmKey } from './cells.js';
import { TABLES, classes } from './columns.js';
import { el, remember, remembered, segments } from './dom.js';
import { NONE, count } from './format.js';

const PAGE = 50;

const VM_WORDS = {
  search: 'Search VM, host, cluster …',
  label: 'Search VMs',
  unavailable: 'No layers',
  many: 'VMs',
  early: 'No samples yet. The first VMs appear here within a collection cycle.',
  none: 'No VM matches.',
};

async function askVms(params, signal) {
  const { vms, matched, total } = await api.vms(params, signal);
  return { rows: vms, matched, total };
}

export class List {
  constructor(node, go) {
    this.node = node;
    this.go = go; /* go(params): change the address */
    this.selected = null;
    this.rows = []; /* of the page: VMs or hosts */
    this.resource = 'verdict';
    this.unitOf = { cpu: remembered('unit', 'vm'), mem: remembered('unit.mem', 'vm') };
    this.build();
  }

  build() {
    this.search = el('input', {
      id: 'search',
      type: 'search',
      autocomplete: 'off',
      spellcheck: 'false',
      maxlength: '200',
      aria: { keyshortcuts: '/' },
      oninput: () => this.typed(),
    });
    this.states = segments(
      'State',
      [
        ['', 'All'],
        ['partial', 'Partial'],
        ['unavailable', VM_WORDS.unavailable],
        ['stale', 'Silent'],
      ],
      '',
      (state) => this.go({ ...this.params, state, page: undefined }),
    );
    this.resources = segments('Table', tableChoices, this.resource, (key) =>
      this.setResource(key),
    );
    const shared = Object.entries(TABLES).filter(([, table]) => table.units);
    this.units = shared.map(([key, table]) => {
      const unit = segments('Unit', table.units, this.unitOf[key], (name) => this.setUnit(name));
      unit.dataset.resource = key;
      return unit;
    });
    this.found = el('span', { class: 'found', role: 'status' });
    this.head = el('tr');
    this.body = el('tbody');
    this.caption = el('caption', { class: 'visually-hidden' });
    this.table = el(
      'table',
      { id: 'vms', class: 'vms' },
      this.caption,
      el('thead', {}, this.head),
      this.body,
    );
    this.pager = el('nav', { class: 'pager', aria: { label: 'Pages' } });
    this.empty = el('p', { class: 'empty', hidden: true });
    this.body.addEventListener('click', (event) => {
      const row = event.target.closest('tr');
      if (row && !event.target.closest('a') && !getSelection().toString())
        location.hash = row.querySelector('a').hash;
    });
    this.body.addEventListener('focusin', (event) =>
      this.select(event.target.closest('tr')?.dataset.key, false),
    );
    this.node.append(
      el(
        'div',
        { class: 'toolbar' },
        el(
          'label',
          { class: 'searchbox' },
          this.search,
          el('kbd', { aria: { hidden: 'true' } }, '/'),
        ),
        this.resources,
        this.found,
        el('span', { class: 'grow' }),
        this.states,
        ...this.units,
      ),
      el('div', { class: 'scroll card' }, this.table, this.empty),
      this.pager,
    );
  }

  /* Sorting by a column of the other table would be seen nowhere. */
  setResource(key) {
    const resource = key === 'verdict' ? undefined : key;
    if ((this.params.resource ?? undefined) === resource) return;
    this.go({ ...this.params, resource, sort: undefined, order: undefined, page: undefined });
  }

  get look() {
    return TABLES[this.resource];
  }

  get words() {
    return this.look.words ?? VM_WORDS;
  }

  get unit() {
    return this.unitOf[this.resource];
  }

  setUnit(unit) {
    this.unitOf[this.resource] = unit;
    remember(this.resource === 'mem' ? 'unit.mem' : 'unit', unit);
    const column = this.look.columns.find((one) => one.key === this.sort().key);
    if (column?.share) this.go({ ...this.params, sort: this.sortName(column), page: undefined });
    else this.render();
  }

  /* How the server calls the column under the present unit. */
  sortName(column) {
    return column.share && this.unit === 'vm' && !column.one
      ? `${column.key}_percent`
      : column.key;
  }

  sort() {
    const name = this.params.sort ?? this.look.sort(this.unit);
    const key = name.replace(/_percent$/, '');
    const column = this.look.columns.find((one) => one.key === key);
    return { name, key, order: this.params.order ?? column?.order ?? 'desc' };
  }

  typed() {
    clearTimeout(this.waiting);
    this.waiting = setTimeout(
      () => this.go({ ...this.params, search: this.search.value.trim(), page: undefined }, true),
      180,
    );
  }

  async show(params, signal) {
    const { key: resource } = tableOf(params.resource);
    this.judged = await loadJudged(signal);
    this.names = await loadNames(signal);
    this.params = params;
    this.resource = resource;
    const page = Math.max(1, Number.parseInt(params.page ?? '1', 10) || 1);
    const { name, order } = this.sort();
    if (document.activeElement !== this.search) this.search.value = params.search ?? '';
    this.states.show(params.state ?? '');
    this.resources.show(resource);
    for (const unit of this.units) unit.hidden = unit.dataset.resource !== resource;
    this.showWords();
    const answer = await (this.look.ask ?? askVms)(
      {
        search: params.search,
        resource,
        state: params.state,
        sort: name,
        order,
        limit: PAGE,
        offset: (page - 1) * PAGE,
      },
      signal,
    );
    this.answer = answer;
    this.page = page;
    this.rows = answer.rows;
    this.render();
  }

  /* What the tools call the rows. */
  showWords() {
    const { search, label, unavailable } = this.words;
    this.search.placeholder = search;
    this.search.setAttribute('aria-label', label);
    this.states.querySelector('[data-value=unavailable]').textContent = unavailable;
  }

  render() {
    const focused = this.body.contains(document.activeElement);
    this.caption.textContent = this.look.caption;
    this.table.dataset.resource = this.resource;
    this.renderHead();
    if (!this.rows.some((one) => vmKey(one) === this.selected))
      this.selected = this.rows.length ? vmKey(this.rows[0]) : null;
    this.body.replaceChildren(...this.rows.map((one) => this.row(one)));
    this.select(this.selected, focused);
    this.renderFoot();
  }

  renderHead() {
    const { key, order } = this.sort();
    const holder = document.activeElement?.closest?.('th')?.dataset.key;
    this.head.replaceChildren(
      ...this.look.columns.map((column) => {
        const th = el('th', {
          scope: 'col',
          class: classes(column),
          dataset: { key: column.key ?? '' },
          title: column.title ?? this.help(column.quantity),
        });
        const text = column.short
          ? [
              el('span', { class: 'long' }, column.text),
              el('span', { class: 'short' }, column.short),
            ]
          : [column.text];
        if (!column.key) return (th.append(...text), th);
        const sorted = key === column.key;
        th.setAttribute(
          'aria-sort',
          sorted ? (order === 'asc' ? 'ascending' : 'descending') : 'none',
        );
        const letter = column.layer
          ? el('span', { class: `letter ${column.layer}` }, layerOf(column.layer).letter)
          : '';
        const arrow = el(
          'span',
          { class: 'arrow', aria: { hidden: 'true' } },
          sorted ? (order === 'asc' ? '▲' : '▼') : '',
        );
        th.append(
          el(
            'button',
            { type: 'button', onclick: () => this.sortBy(column, sorted ? order : null) },
            ...(column.number ? [arrow, letter, ...text] : [letter, ...text, arrow]),
          ),
        );
        return th;
      }),
    );
    if (holder) this.head.querySelector(`th[data-key="${holder}"] button`)?.focus();
  }

  help(quantity) {
    const q = this.names.get(quantity);
    return q && tip(q);
  }

  sortBy(column, order) {
    const first = column.order ?? 'desc';
    const next = order === null ? first : order === 'asc' ? 'desc' : 'asc';
    this.go({
      ...this.params,
      sort: this.sortName(column),
      order: next === first ? undefined : next,
      page: undefined,
    });
  }

  row(vm) {
    const row = el('tr', {
      dataset: { key: vmKey(vm), ...this.look.data(vm) },
      class: vm.state,
    });
    for (const column of this.look.columns) {
      const td = el('td', { class: classes(column), dataset: { label: column.text } });
      if (column.cell) td.append(...[column.cell(vm, this.resource, this.judged)].flat());
      else td.append(this.share(vm, column));
      row.append(td);
    }
    return row;
  }

  share(vm, column) {
    const value = column.value(vm);
    return value ? this.look.show(value, this.unit) : NONE;
  }

  renderFoot() {
    const { matched, total } = this.answer;
    const pages = Math.max(1, Math.ceil(matched / PAGE));
    const filtered = this.params.search || this.params.state;
    this.found.textContent = filtered
      ? `${count(matched)} of ${count(total)}`
      : `${count(total)} ${this.words.many}`;
    this.empty.hidden = this.rows.length > 0;
    this.empty.textContent =
      total === 0
        ? this.words.early
        : this.page > pages
          ? 'There is no such page.'
          : this.words.none;
    this.table.dataset.matched = matched;
    if (pages === 1) return this.pager.replaceChildren();
    const first = (this.page - 1) * PAGE + 1;
    const last = Math.min(this.page * PAGE, matched);
    const button = (text, label, page, off) =>
      el(
        'button',
        {
          type: 'button',
          class: 'button',
          disabled: off,
          aria: { label },
          onclick: () => this.toPage(page),
        },
        text,
      );
    this.pager.replaceChildren(
      button('←', 'Previous page', this.page - 1, this.page <= 1),
      el('span', {}, `${count(first)} – ${count(last)} of ${count(matched)}`),
      button('→', 'Next page', this.page + 1, this.page >= pages),
    );
  }

  toPage(page) {
    const pages = Math.max(1, Math.ceil((this.answer?.matched ?? 0) / PAGE));
    if (page < 1 || page > pages || page === this.page) return;
    this.selected = null;
    this.go({ ...this.params, page: page === 1 ? undefined : String(page) });
  }

  /* One link of the table can be reached by Tab; the keys move it. */
  select(key, focus) {
    this.selected = key ?? null;
    for (const row of this.body.rows) {
      const mine = row.dataset.key === this.selected;
      const link = row.querySelector('a.name');
      row.classList.toggle('selected', mine);
      link.tabIndex = mine ? 0 : -1;
      if (mine && focus && document.activeElement !== link) link.focus({ preventScroll: false });
    }
  }

  move(by) {
    if (!this.rows.length) return;
    const at = this.rows.findIndex((one) => vmKey(one) === this.selected);
    const inside = this.body.contains(document.activeElement);
    const next = inside ? Math.min(Math.max(at + by, 0), this.rows.length - 1) : Math.max(at, 0);
    this.select(vmKey(this.rows[next]), true);
  }
}
