/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* Tables of the newest row: the layers' quantities, and the check values beside them. */
import { layerOf } from './catalogue.js';
import { el } from './dom.js';
import { NONE, quantity, ratio } from './format.js';

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

function partsRow(row, q) {
  const cpus = row['cpu.count'];
  const value = row[q.name];
  const th = label(q, q.kind === 'part');
  if (q.kind === 'part') th.querySelector('.swatch').style.background = `var(${q.colour})`;
  const cells = [
    ratio(value),
    ratio(cpus ? value / cpus : NaN),
    ratio(row[`${q.name}.worst`]),
    ratio(row[`${q.name}.spread`]),
  ];
  return el(
    'tr',
    { class: q.kind },
    th,
    ...cells.map((text) =>
      el('td', { class: 'number' }, q.forms.includes('worst') || text !== NONE ? text : ''),
    ),
  );
}

/* Parts and totals, layer by layer. */
export function showParts(node, catalogue, row) {
  const table = el(
    'table',
    { class: 'values' },
    head('Quantity', 'Sum', 'of VM', 'Worst vCPU', 'Spread'),
  );
  for (const name of ['usage', 'overhead', 'unmet', 'idle', '']) {
    const list = catalogue.all.filter(
      (q) => q.layer === name && (q.kind === 'part' || q.kind === 'total'),
    );
    if (!list.length) continue;
    const layer = layerOf(name);
    const body = el('tbody');
    if (layer) {
      body.append(
        el(
          'tr',
          { class: 'group' },
          el(
            'th',
            { scope: 'rowgroup', colspan: '5' },
            el('span', { class: `letter ${name}` }, layer.letter),
            ` ${layer.title}: ${layer.what}`,
          ),
        ),
      );
    } else
      body.append(
        el(
          'tr',
          { class: 'group' },
          el(
            'th',
            { scope: 'rowgroup', colspan: '5' },
            name ? 'Neither used nor asked for' : 'Together',
          ),
        ),
      );
    body.append(...list.map((q) => partsRow(row, q)));
    table.append(body);
  }
  node.replaceChildren(el('h2', {}, 'Newest sample'), el('div', { class: 'scroll' }, table));
}

/* Values beside the layers: vSphere's own, and both estimates behind C. */
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
