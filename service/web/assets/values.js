/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Tables of the newest row: the layers' quantities, and the check values beside them. */
import { layerOf } from './catalogue.js';
import { el } from './dom.js';
import { quantity, ratio } from './format.js';

const head = (...names) =>
  el(
    'thead',
    {},
    el(
      'tr',
      {},
      ...names.map((name, i) => el('th', { scope: 'col', class: i ? 'number' : '' }, name)),
    ),
  );

function label(q, swatch) {
  return el(
    'th',
    { scope: 'row', title: `${q.help}\n= ${q.formula}` },
    swatch ? el('i', { class: 'swatch' }) : '',
    q.title,
  );
}

const worst = (suffix) => (row, q) =>
  q.forms.includes('worst') ? ratio(row[`${q.name}.${suffix}`]) : '';

/* The columns beside the name, and the words for what is of no layer. */
const TABLES = {
  cpu: {
    columns: [
      ['Sum', (row, q) => ratio(row[q.name])],
      ['of VM', (row, q) => ratio(row['cpu.count'] ? row[q.name] / row['cpu.count'] : NaN)],
      ['Worst vCPU', worst('worst')],
      ['Spread', worst('spread')],
    ],
    idle: 'Neither used nor asked for',
  },
  mem: {
    columns: [
      ['Value', (row, q) => quantity(row[q.name], q.unit)],
      [
        'of VM',
        (row, q) => (q.unit === 'bytes' ? ratio(row[q.name] / row['mem.configured']) : ''),
      ],
    ],
    idle: 'Never touched by the guest, or given back',
  },
};

function partsRow(row, q, columns) {
  const th = label(q, q.kind === 'part');
  if (q.kind === 'part') th.querySelector('.swatch').style.background = `var(${q.colour})`;
  return el(
    'tr',
    { class: q.kind },
    th,
    ...columns.map(([, text]) => el('td', { class: 'number' }, text(row, q))),
  );
}

/* Parts and totals, layer by layer. */
export function showParts(node, catalogue, row) {
  const { columns, idle } = TABLES[catalogue.resource.key];
  const table = el(
    'table',
    { class: 'values' },
    head('Quantity', ...columns.map(([title]) => title)),
  );
  for (const name of ['usage', 'overhead', 'unmet', 'idle', '']) {
    const list = catalogue.all.filter(
      (q) => q.layer === name && (q.kind === 'part' || q.kind === 'total'),
    );
    if (!list.length) continue;
    const layer = layerOf(name);
    const words = layer
      ? [el('span', { class: `letter ${name}` }, layer.letter), ` ${layer.title}: ${layer.what}`]
      : [name ? idle : 'Together'];
    const title = el('th', { scope: 'rowgroup', colspan: columns.length + 1 }, ...words);
    table.append(
      el(
        'tbody',
        {},
        el('tr', { class: 'group' }, title),
        ...list.map((q) => partsRow(row, q, columns)),
      ),
    );
  }
  node.replaceChildren(el('h2', {}, 'Newest sample'), el('div', { class: 'scroll' }, table));
}

/* Values beside the layers: vSphere's own, and the estimates behind some. */
export function showChecks(node, catalogue, row) {
  const open = new Set([...node.querySelectorAll('details[open]')].map((one) => one.dataset.name));
  const table = el('table', { class: 'values checks' }, head('Check value', 'Value'));
  const body = el('tbody');
  for (const q of catalogue.of('check')) {
    body.append(
      el(
        'tr',
        {},
        el(
          'th',
          { scope: 'row' },
          el(
            'details',
            { dataset: { name: q.name }, open: open.has(q.name) },
            el('summary', {}, q.title),
            el('span', { class: 'what' }, q.help),
            el('code', {}, `= ${q.formula}`),
          ),
        ),
        el('td', { class: 'number' }, quantity(row[q.name], q.unit)),
      ),
    );
  }
  table.append(body);
  node.replaceChildren(
    el('h2', {}, 'Check values'),
    el('p', { class: 'hint' }, 'Beside the layers, never added to them. Open one for its formula.'),
    el('div', { class: 'scroll' }, table),
  );
}
