// The dashboard of the security team.
import { ask, colours, evaluations, latest, now, picked, picture, severities, sweeps, words } from './draw.mjs';
import { count, dashboard, rowsBy, table, unique, vega } from './objects.mjs';
import { blind, fresh, waivers } from './views.mjs';

const verdicts = { states: { terms: { field: 'result.evaluation', size: 10 } } };

const summary = vega({
  id: 'ratchet-posture-now', title: 'Now', question: 'How does the fleet stand at this moment?',
  spec: picture({
    data: ask(latest, [now], { states: { filters: { keyed: false, filters: Object.fromEntries(Object.keys(evaluations).reverse().map(word => [word, { term: { 'result.evaluation': word } }])) } } }, 'states.buckets'),
    transform: [{ joinaggregate: [{ op: 'sum', field: 'doc_count', as: 'judged' }] }],
    wanted: 'datum.judged > 0',
    layer: [
      { mark: { type: 'text', style: 'guide-label', fontSize: 40, fontWeight: 'bold', dy: -14 }, encoding: { x: word(), text: { field: 'doc_count', format: ',d' } } },
      { mark: { type: 'text', style: 'guide-label', fontSize: 14, dy: 22 }, encoding: { x: word(), text: { field: 'key' } } },
      { mark: { type: 'bar', height: 5, width: { band: 0.5 }, y: { expr: 'height / 2 + 42' } }, encoding: { x: word(), color: { ...colours('key', evaluations), legend: null } } },
    ],
    empty: 'No finding in the last 26 hours',
  }),
});

function word() {
  return { field: 'key', type: 'nominal', sort: null, axis: null };
}

const overTime = vega({
  id: 'ratchet-compliance', title: 'Compliance over time', question: 'Do we get better or worse? Share of all verdicts of each day, without what does not apply.',
  spec: picture({
    data: ask(sweeps, [picked], {
      days: {
        date_histogram: { field: '@timestamp', calendar_interval: '1d', min_doc_count: 1 },
        aggs: Object.fromEntries(Object.keys(evaluations).map(word => [word, { sum: { field: `ratchet.sweep.counts.${word}` } }])),
      },
    }, 'days.buckets'),
    transform: [
      ...Object.keys(evaluations).map(word => ({ calculate: `datum.${word}.value`, as: word })),
      { fold: Object.keys(evaluations), as: ['verdict', 'seen'] },
      { joinaggregate: [{ op: 'sum', field: 'seen', as: 'judged' }], groupby: ['key'] },
      { calculate: `indexof(${JSON.stringify(Object.keys(evaluations))}, datum.verdict)`, as: 'order' },
      { calculate: 'datum.judged > 0 ? datum.seen / datum.judged : 0', as: 'share' },
    ],
    layer: [{
      mark: { type: 'bar', width: { band: 0.85 } },
      encoding: {
        // Elasticsearch's days are UTC's: in a browser's own they would stand a day off.
        x: { field: 'key', type: 'temporal', timeUnit: 'utcyearmonthdate', title: null, axis: { format: '%b %d', labelOverlap: true } },
        y: { field: 'seen', type: 'quantitative', stack: 'normalize', title: 'share of verdicts', axis: { format: '%' } },
        color: colours('verdict', evaluations), order: { field: 'order' },
        tooltip: [{ field: 'key', type: 'temporal', timeUnit: 'utcyearmonthdate', title: 'day' }, { field: 'verdict' }, { field: 'share', format: '.1%' }],
      },
    }],
    empty: 'No heartbeat in this time',
  }),
});

const bySeverity = vega({
  id: 'ratchet-failing-severity', title: 'Failing now by severity', question: 'How bad is what fails?',
  spec: picture({
    data: ask(latest, [now], { grades: { terms: { field: 'event.severity', size: 10 }, aggs: { failed: { filter: { term: { 'result.evaluation': 'failed' } } } } } }, 'grades.buckets'),
    transform: [
      { calculate: `${JSON.stringify(words)}[datum.key]`, as: 'grade' }, { calculate: 'datum.failed.doc_count', as: 'findings' },
      { joinaggregate: [{ op: 'sum', field: 'findings', as: 'failing' }] },
    ],
    wanted: 'datum.failing > 0',
    layer: [
      { mark: { type: 'bar', height: { band: 0.7 } }, encoding: { y: level(), x: { field: 'findings', type: 'quantitative', axis: { tickMinStep: 1 } }, color: { ...colours('grade', severities), legend: null }, tooltip: [{ field: 'grade' }, { field: 'findings' }] } },
      { mark: { type: 'text', style: 'guide-label', align: 'left', dx: 6, fontSize: 14, fontWeight: 'bold' }, encoding: { y: level(), x: { field: 'findings', type: 'quantitative' }, text: { field: 'findings' } } },
    ],
    empty: 'Nothing fails', none: 'No finding in the last 26 hours',
  }),
});

function level() {
  return { field: 'grade', type: 'nominal', title: null, sort: Object.values(words).reverse(), axis: { labelFontSize: 13, ticks: false, domain: false } };
}

const byHost = table({
  id: 'ratchet-failing-host', title: 'Failing now by host', question: 'Which hosts need work first? (A click filters the whole dashboard.)',
  view: 'ratchet-latest', query: 'result.evaluation: failed',
  columns: [['host', rowsBy('host.name', 'host', 'all')], ['critical', count('critical', 'event.severity: 99')], ['high', count('high', 'event.severity: 73')], ['other', count('medium and low', 'event.severity < 73')], ['all', count('all')]],
  widths: { host: 260 },
});

const byRule = table({
  id: 'ratchet-failing-rule', title: 'Failing now by rule', question: 'Which one change would mend the most hosts?',
  view: 'ratchet-latest', query: 'result.evaluation: failed',
  columns: [['rule', rowsBy('rule.id', 'rule', 'hosts')], ['name', rowsBy('rule.name', 'good state', 'hosts', 3)], ['hosts', unique('host.name', 'hosts')], ['all', count('findings')]],
  widths: { rule: 190, name: 380 },
});

const coverage = (id, body, name) => vega({
  id, title: `${body} coverage`, question: `Which ${name} do our checks prove on every host, and where are they open? (Ratchet's own mapping of rules to ${name}.)`,
  spec: picture({
    data: ask(latest, [now, { prefix: { 'rule.tags': `${body} ` } }], { tags: { terms: { field: 'rule.tags', include: `${body} .*`, size: 100, order: { _key: 'asc' } }, aggs: verdicts } }, 'tags.buckets'),
    transform: [
      { flatten: ['states.buckets'], as: ['state'] },
      { filter: 'datum.state.key !== "not_applicable"' },
      { calculate: `substring(datum.key, ${body.length + 1})`, as: 'control' }, { calculate: 'datum.state.key', as: 'verdict' }, { calculate: 'datum.state.doc_count', as: 'seen' },
      { calculate: `indexof(${JSON.stringify(Object.keys(evaluations))}, datum.verdict)`, as: 'order' },
      { joinaggregate: [{ op: 'sum', field: 'seen', as: 'cited' }], groupby: ['control'] }, { calculate: 'datum.seen / datum.cited', as: 'share' },
    ],
    layer: [{
      mark: { type: 'bar', height: { band: 0.75 } },
      encoding: {
        y: { field: 'control', type: 'nominal', title: null, axis: { labelOverlap: false, ticks: false, domain: false } },
        x: { field: 'seen', type: 'quantitative', stack: 'normalize', title: 'share of findings', axis: { format: '%' } },
        color: colours('verdict', evaluations), order: { field: 'order' },
        tooltip: [{ field: 'control' }, { field: 'verdict' }, { field: 'seen', title: 'findings' }, { field: 'share', format: '.1%' }],
      },
    }],
    empty: `No finding that cites ${body} in the last 26 hours`,
  }),
});

const hipaa = coverage('ratchet-hipaa', 'HIPAA', 'paragraphs of 45 CFR Part 164');
const hitrust = coverage('ratchet-hitrust', 'HITRUST', 'HITRUST CSF references');

export const posture = {
  objects: [summary, overTime, bySeverity, byHost, byRule, hipaa, hitrust],
  dashboard: dashboard({
    id: 'ratchet-posture', title: 'Ratchet: Posture', description: 'For the security team: how the fleet stands, what fails, what is waived, which requirements are proved.', from: 'now-30d',
    panels: [
      { object: summary, x: 0, y: 0, w: 24, h: 7 }, { object: bySeverity, x: 24, y: 0, w: 24, h: 7 },
      { object: overTime, x: 0, y: 7, w: 48, h: 12 },
      { object: byHost, x: 0, y: 19, w: 20, h: 15, time: 'now-26h' }, { object: byRule, x: 20, y: 19, w: 28, h: 15, time: 'now-26h' },
      { object: fresh, x: 0, y: 34, w: 48, h: 13, time: 'now-26h' },
      { object: waivers, x: 0, y: 47, w: 24, h: 13, time: 'now-26h' }, { object: blind, x: 24, y: 47, w: 24, h: 13, time: 'now-26h' },
      { object: hipaa, x: 0, y: 60, w: 24, h: 24 }, { object: hitrust, x: 24, y: 60, w: 24, h: 24 },
    ],
  }),
};
