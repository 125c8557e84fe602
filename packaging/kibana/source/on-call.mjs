// The dashboard of whoever is on call.
import { age, ask, colours, findings, is, picked, picture, rows, severities, words } from './draw.mjs';
import { dashboard, vega } from './objects.mjs';
import { failing } from './views.mjs';

const recent = { range: { '@timestamp': { gte: 'now-30d' } } };
const newest = fields => ({ top_hits: { size: 1, sort: [{ 'event.sequence': { order: 'desc' } }], _source: { includes: fields } } });

const open = vega({
  id: 'ratchet-open-alerts', title: 'Open alerts', question: 'What was I woken for that is still open, since when, and what do I do?',
  spec: rows({
    data: ask(findings, [recent, is('event.kind', 'alert')], {
      alerts: {
        terms: { field: 'ratchet.alert.key', size: 500, order: { newest: 'desc' } },
        aggs: { newest: { max: { field: 'event.sequence' } }, word: newest(['host.name', 'message', 'rule.id', 'rule.remediation', 'event.severity', 'ratchet.alert.event', 'ratchet.alert.opened']) },
      },
    }, 'alerts.buckets'),
    transform: [
      { calculate: 'datum.word.hits.hits[0]._source', as: 'it' },
      { calculate: 'datum.it.event.severity', as: 'severity' }, { calculate: `${JSON.stringify(words)}[datum.severity]`, as: 'grade' },
      { calculate: 'now() - toDate(datum.it.ratchet.alert.opened)', as: 'age' },
    ],
    wanted: "datum.it.ratchet.alert.event !== 'resolved'", sort: ['severity', 'age'],
    cells: [
      { x: 0, to: 0.18, text: 'datum.it.host.name', bold: true }, { x: 0.18, to: 0.92, text: 'datum.it.message', bold: true }, { x: 0.92, to: 1, text: age('datum.age'), bold: true },
      { x: 0, to: 0.18, text: 'datum.it.rule.id', line: 1 }, { x: 0.18, to: 1, text: "'→ ' + datum.it.rule.remediation", line: 1 },
    ],
    mark: colours('grade', severities), empty: 'No alert is open', none: 'No alert in the last 30 days', lines: 2, limit: 8,
  }),
});

const maintenance = vega({
  id: 'ratchet-maintenance', title: 'Hosts in maintenance', question: 'On which hosts are alerts held back, by whom, why, and for how long?',
  spec: rows({
    data: ask(findings, [{ range: { '@timestamp': { gte: 'now-26h' } } }, is('event.action', 'maintenance-started', 'maintenance-ended')], {
      hosts: {
        terms: { field: 'host.name', size: 1000, order: { _key: 'asc' } },
        aggs: { windows: { terms: { field: 'ratchet.maintenance.id', size: 20 }, aggs: { ended: { filter: { term: { 'event.action': 'maintenance-ended' } } }, word: newest(['event.end', 'event.reason', 'user.name']) } } },
      },
    }, 'hosts.buckets'),
    transform: [
      { flatten: ['windows.buckets'], as: ['window'] },
      { calculate: 'datum.window.word.hits.hits[0]._source', as: 'it' }, { calculate: 'toDate(datum.it.event.end) - now()', as: 'left' },
    ],
    wanted: 'datum.window.ended.doc_count === 0 && datum.left > 0', sort: ['left'],
    cells: [
      { x: 0, to: 0.3, text: 'datum.key', bold: true }, { x: 0.3, to: 0.5, text: `${age('datum.left')} + ' left'` }, { x: 0.5, to: 1, text: "datum.it.user.name + ': ' + datum.it.event.reason" },
    ],
    empty: 'No host is in maintenance', none: 'No maintenance in the last 26 hours',
  }),
});

const told = { opened: '#D55E00', reopened: '#661100', reminder: '#E69F00', resolved: '#56B4E9' };
const news = vega({
  id: 'ratchet-alert-news', title: 'Alerts told', question: 'Was it a bad night? What opened, came again and was resolved, hour by hour.',
  spec: picture({
    data: ask(findings, [picked, is('event.kind', 'alert')], { hours: { date_histogram: { field: '@timestamp', calendar_interval: '1h', min_doc_count: 1 }, aggs: { news: { terms: { field: 'ratchet.alert.event', size: 10 } } } } }, 'hours.buckets'),
    transform: [{ flatten: ['news.buckets'], as: ['news'] }, { calculate: 'datum.news.key', as: 'told' }, { calculate: 'datum.news.doc_count', as: 'alerts' }],
    layer: [{
      mark: { type: 'bar', width: { band: 0.8 } },
      encoding: {
        x: { field: 'key', type: 'temporal', timeUnit: 'yearmonthdatehours', title: null, axis: { format: '%H:%M', labelOverlap: true } },
        y: { field: 'alerts', type: 'quantitative', title: 'alerts', axis: { tickMinStep: 1 } },
        color: colours('told', told), tooltip: [{ field: 'key', type: 'temporal', title: 'hour', format: '%b %d %H:%M' }, { field: 'told' }, { field: 'alerts' }],
      },
    }],
    empty: 'No alert in this time',
  }),
});

export const onCall = {
  objects: [open, maintenance, news],
  dashboard: dashboard({
    id: 'ratchet-on-call', title: 'Ratchet: On-call', description: 'For whoever is on call: what is open, what to do about it, and where alerts are held back.', from: 'now-24h', refresh: 60000,
    panels: [
      { object: open, x: 0, y: 0, w: 48, h: 18 },
      { object: maintenance, x: 0, y: 18, w: 24, h: 12 }, { object: news, x: 24, y: 18, w: 24, h: 12 },
      { object: failing, x: 0, y: 30, w: 48, h: 24, time: 'now-26h' },
    ],
  }),
};
