// What the Vega-Lite pictures share: requests that obey the dashboard's filters, colours, and a sentence where there is nothing.
// Text has the style guide-label, which Kibana colours for its light and its dark ground.

export const latest = 'security_solution-ratchet.misconfiguration_latest';
export const findings = 'logs-ratchet.findings-*';
export const sweeps = 'metrics-ratchet.sweeps-*';
export const quarantine = 'logs-ratchet.quarantine-*';

// Kibana's Findings page forgets after 26 hours, and so does what is said of now: every finding is sent again within 12.
export const now = { range: { '@timestamp': { gte: 'now-26h' } } };
export const picked = { range: { '@timestamp': { '%timefilter%': true } } };
export const is = (field, ...values) => ({ terms: { [field]: values } });

// Okabe and Ito's palette, which colour-blind people tell apart; dark is bad, also in grey.
export const evaluations = { passed: '#56B4E9', waived: '#CC79A7', unknown: '#E69F00', failed: '#B0420A' };
export const severities = { critical: '#661100', high: '#D55E00', medium: '#E69F00', low: '#56B4E9' };
// The words of event.severity.
export const words = { 21: 'low', 47: 'medium', 73: 'high', 99: 'critical' };
export const colours = (field, scale, title = null) => ({
  field, type: 'nominal', scale: { domain: Object.keys(scale), range: Object.values(scale) }, legend: { title, orient: 'top', columns: 4 },
});

// `where`: clauses beside the dashboard's own filters and query, which a request with a query has to name.
export const ask = (index, where, aggs, property) => ({
  url: {
    index,
    body: {
      size: 0,
      query: { bool: { must: ['%dashboard_context-must_clause%'], filter: ['%dashboard_context-filter_clause%', ...where], must_not: ['%dashboard_context-must_not_clause%'] } },
      aggs,
    },
  },
  format: { property: `aggregations.${property}` },
});

// A picture of an answer. `wanted` is an expression that says which rows of the transformed data are drawn; where there are none,
// the sentence `empty` stands in their place. Where the answer has no rows at all, `none` does: that nothing is known must not
// read like good news.
export const picture = ({ data, transform = [], wanted = 'true', layer, empty, none = empty }) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v5.json',
  data: { name: 'answer', ...data },
  layer: [
    ...layer.map(({ transform: more = [], ...one }) => ({ ...one, transform: [...counted(transform, wanted), { filter: 'datum.wanted' }, ...more] })),
    sentence(empty, { transform: [...counted(transform, wanted), { filter: 'datum.all === 0' }, { window: [{ op: 'row_number', as: 'place' }] }, { filter: 'datum.place === 1' }] }),
    sentence(none, { data: { values: [{}] }, transform: [{ filter: "length(data('answer')) === 0" }] }),
  ],
  config: { view: { stroke: null }, axis: { labelLimit: 260, grid: false, titleFontWeight: 'normal' }, kibana: { renderer: 'svg', hideWarnings: true } },
});
const counted = (transform, wanted) => [...transform, { calculate: `(${wanted}) ? 1 : 0`, as: 'wanted' }, { joinaggregate: [{ op: 'sum', field: 'wanted', as: 'all' }] }];
const sentence = (text, rest) => ({
  ...rest, mark: { type: 'text', style: 'guide-label', fontSize: 15, x: { expr: 'width / 2' }, y: { expr: 'height / 2' } }, encoding: { text: { value: text } },
});

// A list: `sort` are fields, the greatest first; `cells` are { x, to (shares of the width), text (an expression), line, bold };
// `mark` colours the start of each row.
export const rows = ({ data, transform, wanted, sort, cells, mark, empty, none, lines = 1, limit = 10 }) => {
  const y = { field: 'row', type: 'ordinal', axis: null, scale: { domain: Array.from({ length: limit }, (_, i) => i + 1) } };
  const numbered = [{ window: [{ op: 'row_number', as: 'row' }], sort: sort.map(field => ({ field, order: 'descending' })) }];
  const cell = ({ x, to, text, line = 0, bold = false }) => ({
    transform: [...numbered, { filter: `datum.row <= ${limit}` }, { calculate: text, as: 'shown' }],
    mark: {
      type: 'text', style: 'guide-label', align: 'left', baseline: 'middle', fontSize: 13, fontWeight: bold ? 'bold' : 'normal',
      x: { expr: `12 + width * ${x}` }, limit: { expr: `width * ${to - x} - 16` }, dy: (line - (lines - 1) / 2) * 17,
    },
    encoding: { y, text: { field: 'shown' }, tooltip: { field: 'shown' } },
  });
  const more = {
    transform: [...numbered, { filter: `datum.row === ${limit} && datum.all > ${limit}` }, { calculate: `'… and ' + (datum.all - ${limit}) + ' more'`, as: 'shown' }],
    mark: { type: 'text', style: 'guide-label', align: 'right', baseline: 'bottom', fontSize: 12, x: { expr: 'width' }, y: { expr: 'height' } },
    encoding: { text: { field: 'shown' } },
  };
  const edge = { transform: [...numbered, { filter: `datum.row <= ${limit}` }], mark: { type: 'bar', x: 0, width: 5 }, encoding: { y, color: mark } };
  return picture({ data, transform, wanted, layer: [...mark ? [edge] : [], ...cells.map(cell), more], empty, none });
};

// '3 d', '5 h', '12 min' since a time in milliseconds.
export const age = ms => `(${ms} >= 172800000 ? floor(${ms} / 86400000) + ' d' : ${ms} >= 7200000 ? floor(${ms} / 3600000) + ' h' : floor(${ms} / 60000) + ' min')`;
