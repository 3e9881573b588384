/* SPDX-License-Identifier: GPL-2.0-or-later WITH cryptsetup-OpenSSL-exception */
/* How the newest sample came to be: the verdict in words, its rules, each layer's status, and each
 * quantity with the numbers put into its formula. */
import { api } from './api.js';
import { LAYERS, RESOURCES, disclose, layerOf, loadJudged, loadNames } from './catalogue.js';
import { el } from './dom.js';
import { NONE, amount, quantity, ratio, value } from './format.js';
import { matrix, scoreText } from './marks.js';

/* A rule's value by a whole is a share, unless things are counted. */
function showRule(rule, q, number) {
  const counted = q?.unit === 'count' || q?.unit === 'operations';
  if (!Number.isFinite(number)) return NONE;
  if (rule.per) return counted ? amount(number) : ratio(number);
  return quantity(number, q?.unit);
}

const place = ({ resource, layer }) => [
  el('span', { class: `letter ${layer}` }, layerOf(layer)?.letter ?? '-'),
  RESOURCES[resource]?.text ?? resource,
];

const opened = (node) =>
  new Set([...node.querySelectorAll('details[open]')].map((one) => one.dataset.name));

const head = (...names) =>
  el(
    'thead',
    {},
    el(
      'tr',
      {},
      ...names.map(([text, number]) =>
        el('th', { scope: 'col', class: number ? 'number' : '' }, text),
      ),
    ),
  );

function ruleRow(rule, q, open) {
  const fired = rule.score > 0;
  const show = (number) => showRule(rule, q, number);
  return el(
    'tr',
    { class: fired ? 'fired' : rule.off ? 'off' : '', dataset: { rule: rule.rule } },
    el('td', {}, ...place(rule)),
    el(
      'th',
      { scope: 'row' },
      el(
        'details',
        { class: 'about', dataset: { name: rule.rule }, open },
        el('summary', { title: rule.source }, rule.rule),
        rule.words ? el('span', { class: 'what' }, rule.words) : '',
        el(
          'span',
          { class: 'what' },
          `${rule.form === 'worst' ? 'worst instance of ' : ''}${rule.quantity}` +
            (rule.per ? ` / ${rule.per}` : ''),
        ),
        el('span', { class: 'what' }, rule.source),
      ),
    ),
    el('td', { class: 'number' }, show(rule.value)),
    el('td', { class: 'number' }, rule.off ? 'off' : show(rule.from)),
    el('td', { class: 'number' }, rule.off ? '' : show(rule.full)),
    el('td', { class: 'number score' }, rule.off ? NONE : scoreText(rule.score)),
  );
}

/* Those that fired first, then as the service lists them. */
const byScore = (rules) =>
  rules.toSorted((a, b) => (b.score > 0 ? b.score : 0) - (a.score > 0 ? a.score : 0));

export class ExplainPanes {
  constructor(catalogue, card) {
    this.alone = true; /* reads no series */
    this.beside = [];
    [this.words, this.rules, this.numbers, this.layers] = [
      'verdict-words',
      'rules',
      'numbers',
      'statuses',
    ].map(card);
    this.nodes = [this.words, this.rules, this.numbers];
    this.aside = [this.layers];
  }

  async show(_view, { vcenter, moid }, _window, signal) {
    const [told, names, judged] = await Promise.all([
      api.explain(vcenter, moid, signal),
      loadNames(signal),
      loadJudged(signal),
    ]);
    this.showWords(told.verdict ?? {}, told.scores ?? {}, judged);
    this.showRules(told.rules ?? [], names);
    this.showNumbers(told.quantities ?? [], names, told.verdict?.resource);
    this.showStatuses(told.status ?? {});
  }

  showWords(verdict, scores, judged) {
    const sentences = verdict.words?.length ? verdict.words : ['Nothing was judged yet.'];
    this.words.replaceChildren(
      el('h2', {}, 'Verdict'),
      el('ul', { class: 'sentences' }, ...sentences.map((words) => el('li', {}, words))),
      matrix(scores, judged),
      el(
        'p',
        { class: 'hint' },
        'Scores from 0 to 100: what lasted over the last intervals. ? is not known; a dot has no rule.',
      ),
    );
  }

  showRules(rules, names) {
    const open = opened(this.rules);
    const rows = byScore(rules).map((rule) =>
      ruleRow(rule, names.get(rule.quantity), open.has(rule.rule)),
    );
    this.rules.replaceChildren(
      el('h2', {}, 'Rules'),
      el(
        'p',
        { class: 'hint' },
        'Of the newest sample alone. A score is 0 up to the first threshold and 100 from the second. ' +
          'Open one for why.',
      ),
      el(
        'div',
        { class: 'scroll' },
        el(
          'table',
          { class: 'values rules' },
          head(['Layer'], ['Rule'], ['Value', 1], ['From', 1], ['Full at', 1], ['Score', 1]),
          el('tbody', {}, ...rows),
        ),
      ),
    );
    this.rules.dataset.fired = rules.filter((rule) => rule.score > 0).length;
  }

  showStatuses(status) {
    const groups = Object.values(RESOURCES).map(({ key, text }) =>
      el(
        'tbody',
        {},
        el('tr', { class: 'group' }, el('th', { scope: 'rowgroup', colspan: 2 }, text)),
        ...LAYERS.map(({ letter, name, title }) => {
          const one = status[key]?.[name] ?? { status: 'unavailable', reason: 'not collected' };
          const words = one.reason.startsWith('ok') ? one.reason : `${one.status}: ${one.reason}`;
          return el(
            'tr',
            { class: `state ${one.status}` },
            el('th', { scope: 'row' }, el('span', { class: `letter ${name}` }, letter), title),
            el('td', {}, el('span', { class: `status ${one.status}` }, words)),
          );
        }),
      ),
    );
    this.layers.replaceChildren(
      el('h2', {}, 'Status of each layer'),
      el('table', { class: 'values' }, ...groups),
    );
  }

  showNumbers(list, names, hurting) {
    const open = opened(this.numbers);
    const first = this.seen ? [] : [hurting ?? 'cpu']; /* what one wants to see at once */
    this.seen = true;
    const groups = Map.groupBy(list, (one) => names.get(one.name)?.resource ?? '');
    const folds = [...groups].map(([resource, members]) => {
      const title = RESOURCES[resource]?.text ?? (resource === 'guest' ? 'Guest' : resource);
      const name = `of ${resource}`;
      return el(
        'details',
        { class: 'groups', dataset: { name }, open: open.has(name) || first.includes(resource) },
        el('summary', {}, `${title} (${members.length})`),
        el(
          'div',
          { class: 'scroll' },
          el(
            'table',
            { class: 'values numbers' },
            head(['Quantity'], ['Value', 1], ['Worst', 1], ['Formula, with the numbers put in']),
            el('tbody', {}, ...members.map((one) => this.numberRow(one, names, open))),
          ),
        ),
      );
    });
    this.numbers.replaceChildren(
      el('h2', {}, 'Quantities'),
      el('p', { class: 'hint' }, 'Every quantity of the newest sample, and what it is made of.'),
      ...folds,
    );
  }

  numberRow(one, names, open) {
    const q = names.get(one.name);
    const terms = Object.entries(one.terms ?? {});
    const put = terms.map(([name, number]) => {
      const of = names.get(name);
      return `${name} = ${of && number !== null ? value(of, number) : NONE}`;
    });
    const says = (number) => (q ? value(q, number) : quantity(number, one.unit));
    return el(
      'tr',
      {},
      el(
        'th',
        { scope: 'row' },
        q ? disclose(q, open.has(one.name)) : one.title,
        el('span', { class: 'id' }, one.name),
      ),
      el('td', { class: 'number' }, says(one.value ?? NaN)),
      el('td', { class: 'number' }, Number.isFinite(one.worst) ? says(one.worst) : ''),
      el(
        'td',
        { class: 'made' },
        el('code', {}, one.formula ?? ''),
        put.length ? el('span', { class: 'put' }, put.join(', ')) : '',
      ),
    );
  }

  repaint() {}

  remove() {}
}
