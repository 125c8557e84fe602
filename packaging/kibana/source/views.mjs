// The data views, and the tables of documents that dashboards and readers start from.
import { words } from './draw.mjs';
import { dataView, search } from './objects.mjs';

const severity = { 'event.severity': { id: 'static_lookup', params: { lookupEntries: Object.entries(words).map(([key, value]) => ({ key, value })), unknownKeyValue: null } } };

export const views = [
  dataView('ratchet-latest', 'Ratchet: latest', 'security_solution-ratchet.misconfiguration_latest', severity),
  dataView('ratchet-findings', 'Ratchet: records', 'logs-ratchet.findings-*', severity),
  dataView('ratchet-sweeps', 'Ratchet: heartbeats', 'metrics-ratchet.sweeps-*'),
  dataView('ratchet-quarantine', 'Ratchet: quarantine', 'logs-ratchet.quarantine-*'),
];

export const failing = search({
  id: 'ratchet-failing', title: 'Failing now, with evidence and remedy', question: 'What is broken, what was seen, and what do I do about it?',
  view: 'ratchet-latest', query: 'result.evaluation: failed', sort: [['event.severity', 'desc'], ['ratchet.since', 'asc']],
  columns: ['event.severity', 'host.name', 'message', 'result.evidence', 'rule.remediation', 'ratchet.since', 'rule.id'],
  widths: { 'event.severity': 90, 'host.name': 150, 'ratchet.since': 190, 'rule.id': 170 },
});

export const fresh = search({
  id: 'ratchet-new', title: 'New since yesterday', question: 'What began to fail in the last 24 hours?',
  view: 'ratchet-latest', query: 'result.evaluation: failed and ratchet.since >= "now-24h"', sort: [['ratchet.since', 'desc']],
  columns: ['ratchet.since', 'event.severity', 'host.name', 'rule.name', 'message'],
  widths: { 'ratchet.since': 190, 'event.severity': 90, 'host.name': 150 },
});

export const waivers = search({
  id: 'ratchet-waivers', title: 'Waivers, the first to end on top', question: 'Which failures does somebody answer for, who, why, and until when?',
  view: 'ratchet-latest', query: 'result.evaluation: waived', sort: [['ratchet.waiver.expires', 'asc']],
  columns: ['ratchet.waiver.expires', 'host.name', 'rule.id', 'resource.name', 'result.reason'],
  widths: { 'ratchet.waiver.expires': 190, 'host.name': 150, 'rule.id': 170 },
});

export const blind = search({
  id: 'ratchet-unknown', title: 'Unknown: where the agent cannot see', question: 'What has nobody proved, and why not?',
  view: 'ratchet-latest', query: 'result.evaluation: unknown', sort: [['event.severity', 'desc']],
  columns: ['event.severity', 'host.name', 'rule.name', 'result.reason', 'ratchet.since'],
  widths: { 'event.severity': 90, 'host.name': 150, 'ratchet.since': 190 },
});

export const refused = search({
  id: 'ratchet-refused', title: 'Quarantine', question: 'What was refused, why, and where did it come from?',
  view: 'ratchet-quarantine', query: '', sort: [['@timestamp', 'desc']],
  columns: ['ratchet.quarantine.reason', 'message', 'source.ip', 'ratchet.quarantine.lines', 'ratchet.quarantine.sha256'],
  widths: { 'ratchet.quarantine.reason': 130, 'source.ip': 130, 'ratchet.quarantine.lines': 80 },
});

export const losses = search({
  id: 'ratchet-gaps', title: 'Declared: gaps, refused records, new chains, new keys', question: 'What does the agent itself say that it lost, and when did a chain or a key begin anew?',
  view: 'ratchet-findings', query: 'event.action: (gap or record-rejected or key-rotated) or ratchet.chain.reason: (first-start or state-lost or key-lost or no-state or cloned or renamed)', sort: [['@timestamp', 'desc']],
  columns: ['host.name', 'event.action', 'message', 'ratchet.gap.first', 'ratchet.gap.last', 'ratchet.gap.reason', 'ratchet.chain.follows'],
  widths: { 'host.name': 150, 'event.action': 130, 'ratchet.gap.first': 90, 'ratchet.gap.last': 90 },
});

// An auditor's start: every record of a time, to be exported and given to `ratchet-agent verify`.
export const evidence = search({
  id: 'ratchet-records', title: 'Every record', question: 'What did this host say at that time, word for word and signed?',
  view: 'ratchet-findings', query: '', sort: [['@timestamp', 'asc']],
  columns: ['host.name', 'event.action', 'rule.id', 'resource.name', 'result.evaluation', 'ratchet.chain.sequence', 'message'],
});
