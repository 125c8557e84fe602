// The dashboard that says how far the others can be believed.
import { age, ask, colours, findings, picked, picture, quarantine, rows, sweeps } from './draw.mjs';
import { dashboard, last, rowsBy, table, unique, vega } from './objects.mjs';
import { losses, refused } from './views.mjs';

// When Elasticsearch took a heartbeat in, not when the host's clock says that it was made: a clock can be ahead.
const week = { range: { 'event.ingested': { gte: 'now-7d' } } };

const silent = vega({
  id: 'ratchet-silent', title: 'Silent hosts', question: 'From which hosts did we hear nothing for three of their intervals?',
  spec: rows({
    data: ask(sweeps, [week], { hosts: { terms: { field: 'host.name', size: 10000 }, aggs: { last: { max: { field: 'event.ingested' } }, interval: { max: { field: 'ratchet.sweep.interval_s' } } } } }, 'hosts.buckets'),
    transform: [
      { calculate: 'now() - datum.last.value', as: 'silence' }, { calculate: '(datum.interval.value || 300) * 1000', as: 'interval' },
      { calculate: "'silent'", as: 'state' },
    ],
    wanted: 'datum.silence > 3 * datum.interval', sort: ['silence'],
    cells: [
      { x: 0, to: 0.36, text: 'datum.key', bold: true }, { x: 0.36, to: 0.64, text: `'silent for ' + ${age('datum.silence')}` }, { x: 0.64, to: 1, text: "'last heard ' + timeFormat(datum.last.value, '%b %d, %H:%M')" },
    ],
    mark: { field: 'state', type: 'nominal', scale: { domain: ['silent'], range: ['#B0420A'] }, legend: null },
    empty: 'Every host of the last seven days is heard from', none: 'No heartbeat of any host in seven days: nothing is known',
  }),
});

// What a wrong signature, a foreign key or a foreign name means is somebody's work until shown otherwise; the rest is trouble.
const reasons = { forged: '#661100', 'foreign-host': '#B0420A', 'unknown-key': '#D55E00', 'outside-validity': '#E69F00', malformed: '#56B4E9', oversize: '#0072B2', error: '#999999', more: '#CCCCCC' };
const refusals = vega({
  id: 'ratchet-refusals', title: 'Signature failures and other refusals', question: 'Does anybody send what is forged, foreign, signed by an unknown key, or not a record at all?',
  spec: picture({
    data: ask(quarantine, [picked], { times: { date_histogram: { field: '@timestamp', calendar_interval: '1h', min_doc_count: 1 }, aggs: { reasons: { terms: { field: 'ratchet.quarantine.reason', size: 20 }, aggs: { lines: { sum: { field: 'ratchet.quarantine.lines' } } } } } } }, 'times.buckets'),
    transform: [{ flatten: ['reasons.buckets'], as: ['why'] }, { calculate: 'datum.why.key', as: 'reason' }, { calculate: 'datum.why.lines.value', as: 'lines' }],
    layer: [{
      mark: { type: 'bar', width: { band: 0.9 } },
      encoding: {
        x: { field: 'key', type: 'temporal', timeUnit: { unit: 'yearmonthdatehours', step: 6 }, title: null, axis: { format: '%b %d', labelOverlap: true, tickCount: 'day' } },
        y: { field: 'lines', type: 'quantitative', title: 'records refused, in 6 hours', axis: { tickMinStep: 1 } },
        color: colours('reason', reasons), tooltip: [{ field: 'key', type: 'temporal', title: 'from', format: '%b %d %H:%M' }, { field: 'reason' }, { field: 'lines', title: 'records' }],
      },
    }],
    empty: 'Nothing was refused in this time',
  }),
});

const number = field => ({ field: `ratchet.${field}` });
const gaps = vega({
  id: 'ratchet-missing', title: 'Records missing from their chains', question: 'Are numbers missing? Declared: the host says what it gave up. Undeclared: nobody does. (The proof is `ratchet-agent verify`.)',
  spec: rows({
    data: ask(`${findings},${sweeps}`, [picked], {
      chains: {
        terms: { field: 'ratchet.chain.id', size: 5000 },
        aggs: {
          host: { terms: { field: 'host.name', size: 1 } }, first: { min: number('chain.sequence') }, last: { max: number('chain.sequence') }, held: { value_count: number('chain.sequence') },
          gaps: { filter: { term: { 'event.action': 'gap' } }, aggs: { first: { sum: number('gap.first') }, last: { sum: number('gap.last') } } },
        },
      },
    }, 'chains.buckets'),
    transform: [
      { calculate: 'datum.last.value - datum.first.value + 1 - datum.held.value', as: 'missing' },
      { calculate: 'datum.gaps.last.value - datum.gaps.first.value + datum.gaps.doc_count', as: 'declared' },
      { calculate: 'max(0, datum.missing - datum.declared)', as: 'undeclared' },
      { calculate: "datum.undeclared > 0 ? 'undeclared' : 'declared'", as: 'state' },
    ],
    wanted: 'datum.declared > 0 || datum.undeclared > 0', sort: ['undeclared', 'declared'],
    cells: [
      { x: 0, to: 0.34, text: 'datum.host.buckets[0].key', bold: true }, { x: 0.34, to: 0.64, text: "datum.undeclared > 0 ? datum.undeclared + ' undeclared' : 'none undeclared'", bold: true }, { x: 0.64, to: 1, text: "datum.declared + ' declared'" },
    ],
    mark: colours('state', { undeclared: '#661100', declared: '#E69F00' }),
    empty: 'No number is missing in this time', none: 'No record in this time',
  }),
});

const when = { x: { field: 'at', type: 'temporal', title: null, axis: { labelOverlap: true, tickCount: 7 } } };
const depth = { field: 'depth', type: 'quantitative', title: 'batches waiting', axis: { tickMinStep: 1 } };
const host = {
  field: 'host', type: 'nominal', legend: null,
  scale: { range: ['#0072B2', '#D55E00', '#009E73', '#CC79A7', '#E69F00', '#56B4E9', '#661100', '#999999', '#332288', '#117733'] },
};
const spool = vega({
  id: 'ratchet-spool', title: 'Spool depth', question: 'Which hosts cannot get rid of their records? (The ten that wait with the most.)',
  spec: picture({
    data: ask(sweeps, [picked], {
      hosts: {
        terms: { field: 'host.name', size: 10, order: { deepest: 'desc' } },
        aggs: { deepest: { max: number('spool.batches') }, times: { date_histogram: { field: '@timestamp', fixed_interval: '1h' }, aggs: { depth: { max: number('spool.batches') } } } },
      },
    }, 'hosts.buckets'),
    transform: [{ flatten: ['times.buckets'], as: ['time'] }, { calculate: 'datum.time.key', as: 'at' }, { calculate: 'datum.time.depth.value', as: 'depth' }, { calculate: 'datum.key', as: 'host' }],
    wanted: 'datum.deepest.value > 1 && datum.depth !== null',
    layer: [
      {
        mark: { type: 'line', point: { size: 18 }, interpolate: 'step-after' },
        encoding: { ...when, y: depth, color: host, tooltip: [{ field: 'host' }, { field: 'at', type: 'temporal', format: '%b %d %H:%M' }, { field: 'depth' }] },
      },
      {
        // Its name at the top of each line: no legend to match colours with.
        transform: [{ window: [{ op: 'row_number', as: 'place' }], groupby: ['host'], sort: [{ field: 'depth', order: 'descending' }] }, { filter: 'datum.place === 1' }],
        mark: { type: 'text', align: 'right', baseline: 'bottom', dx: -4, dy: -3, fontSize: 12, fontWeight: 'bold' },
        encoding: { ...when, y: depth, color: host, text: { field: 'host' } },
      },
    ],
    empty: 'No host waits with more than the batch that it is sending', none: 'No heartbeat in this time',
  }),
});

const versions = table({
  id: 'ratchet-versions', title: 'Agent versions', question: 'Which versions run, on how many hosts, and was an old one heard from lately?',
  view: 'ratchet-sweeps', query: '',
  columns: [['version', rowsBy('agent.version', 'version', 'hosts', 20)], ['hosts', unique('host.name', 'hosts')], ['last', last('event.ingested', 'last heard')]],
});

export const trust = {
  objects: [silent, refusals, gaps, spool, versions],
  dashboard: dashboard({
    id: 'ratchet-trust', title: 'Ratchet: Trust', description: 'How far the other dashboards can be believed: who is silent, what was refused, what is missing.', from: 'now-7d',
    panels: [
      { object: silent, x: 0, y: 0, w: 24, h: 13 }, { object: gaps, x: 24, y: 0, w: 24, h: 13 },
      { object: refusals, x: 0, y: 13, w: 24, h: 14 }, { object: spool, x: 24, y: 13, w: 24, h: 14 },
      { object: refused, x: 0, y: 27, w: 48, h: 14 },
      { object: losses, x: 0, y: 41, w: 34, h: 14 }, { object: versions, x: 34, y: 41, w: 14, h: 14, time: 'now-26h' },
    ],
  }),
};
