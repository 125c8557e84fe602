// The index templates hold every field of every record with the right type, and leave ECS as it is.
import assert from 'node:assert/strict';
import test from 'node:test';
import { EcsFlat } from '@elastic/ecs';
import { fieldsOf, templates } from './mapping.mjs';
import { leaves, recordedFindings, samples, signedRecords } from './records.mjs';

const fields = name => fieldsOf(templates.find(t => t.name === name).body);
const findings = recordedFindings(), signed = signedRecords();
const indexOf = payload => payload.event.dataset === 'ratchet.sweeps' ? 'metrics-ratchet.sweeps' : 'logs-ratchet.findings';
// As the pipeline stores them, by index.
const documents = [
  ...findings.map(payload => ['logs-ratchet.findings', payload]),
  ...signed.map(({ jws, payload }) => [indexOf(payload), { ...payload, ratchet: { ...payload.ratchet, jws, verified: true } }]),
  ...Object.entries(samples).flatMap(([index, all]) => all.map(sample => [index, sample])),
];
const latest = documents.filter(([, d]) => d.event.action === 'finding').map(([, d]) => ['security_solution-ratchet.misconfiguration_latest', d]);

// Elasticsearch's types, as tests of a JSON value.
const holds = {
  keyword: value => typeof value === 'string',
  match_only_text: value => typeof value === 'string',
  date: value => typeof value === 'string' && /^\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\d(\.\d{1,9})?Z)?$/.test(value),
  long: value => Number.isSafeInteger(value),
  double: value => typeof value === 'number',
  boolean: value => typeof value === 'boolean',
  ip: value => typeof value === 'string',
};

// The field that holds a path: itself, or the one above it that takes whole objects.
function fieldOf(all, path) {
  for (let at = path; at; at = at.slice(0, Math.max(0, at.lastIndexOf('.')))) if (all[at]) return at;
}

const isWhole = spec => spec.type === 'flattened' || spec.enabled === false;

test('the agent was really asked: every kind of record is here', () => {
  assert.ok(findings.length > 1000, `${findings.length} findings of recorded hosts`);
  const actions = new Set(documents.map(([, d]) => d.event.action));
  for (const action of ['finding', 'sweep', 'start', 'key-rotated', 'gap', 'record-rejected', 'maintenance-started', 'maintenance-ended', 'record-refused'])
    assert.ok(actions.has(action), action);
  const evaluations = new Set(documents.map(([, d]) => d.result?.evaluation));
  for (const evaluation of ['passed', 'failed', 'unknown', 'not_applicable', 'waived']) assert.ok(evaluations.has(evaluation), evaluation);
  assert.ok(signed.some(({ payload }) => payload.ratchet.waiver?.expires === '2099-06-30'), 'a waived finding says when its waiver ends');
  assert.ok(signed.some(({ payload }) => payload.ratchet.sweep?.interval_s === 300), 'a heartbeat says its interval');
});

test('each field of each record is in its template, with a type that holds the value', () => {
  const wrong = new Set();
  for (const [index, document] of [...documents, ...latest]) {
    const all = fields(index);
    for (const [path, value] of leaves(document)) {
      const field = fieldOf(all, path);
      if (!field) wrong.add(`${index}: ${path} is not in the template`);
      else if (field !== path ? !isWhole(all[field]) : !(isWhole(all[field]) ? false : holds[all[field].type]?.(value)))
        wrong.add(`${index}: ${path} is ${JSON.stringify(value)}, the template says ${all[field].type}`);
    }
  }
  assert.deepEqual([...wrong], []);
});

test('no text that somebody will search for is longer than its field indexes', () => {
  const cut = new Set();
  for (const [index, document] of [...documents, ...latest]) {
    const all = fields(index);
    for (const [path, value] of leaves(document)) if (all[path]?.ignore_above < String(value).length) cut.add(`${path}: ${String(value).length}`);
  }
  assert.deepEqual([...cut], []);
});

test('each ECS field keeps the type that ECS gives it, and no field of ours is one of ECS by accident', () => {
  const families = { keyword: ['keyword', 'constant_keyword'], constant_keyword: ['constant_keyword', 'keyword'] };
  const ours = /^(ratchet|result|resource)\.|^rule\.(section|remediation|tags|benchmark\.)/;
  for (const { name, body } of templates)
    for (const [path, spec] of Object.entries(fieldsOf(body))) {
      const ecs = EcsFlat[path] ?? (/^data_stream\./.test(path) && { type: 'constant_keyword' });
      if (ours.test(path)) assert.ok(!EcsFlat[path], `${name}: ${path} belongs to ECS`);
      else {
        assert.ok(ecs, `${name}: ${path} is not an ECS field`);
        assert.ok((families[ecs.type] ?? [ecs.type]).includes(spec.type), `${name}: ${path} is ${spec.type}, ECS says ${ecs.type}`);
      }
    }
});

test('each ECS field of each record has a value that ECS allows', () => {
  const wrong = new Set();
  for (const [, document] of documents) {
    for (const [path, value] of leaves(document)) {
      const allowed = EcsFlat[path]?.allowed_values?.map(v => v.name) ?? EcsFlat[path]?.expected_values;
      if (allowed && !allowed.includes(value)) wrong.add(`${path}: ${value}`);
    }
    const types = document.event.category.flatMap(category => EcsFlat['event.category'].allowed_values.find(v => v.name === category)?.expected_event_types ?? []);
    for (const type of document.event.type) if (!types.includes(type)) wrong.add(`event.type ${type} with category ${document.event.category}`);
    for (const name of ['event.category', 'event.type']) {
      const value = name.split('.').reduce((at, part) => at[part], document);
      if (!Array.isArray(value)) wrong.add(`${name} is not a list`);
    }
  }
  assert.deepEqual([...wrong], []);
});

test('the latest view has the fields that Kibana\'s Findings page asks for, and so have the records', () => {
  const wanted = ['rule.id', 'rule.uuid', 'rule.name', 'rule.section', 'rule.benchmark.id', 'rule.benchmark.name', 'rule.benchmark.version', 'rule.benchmark.rule_number',
    'rule.benchmark.posture_type', 'resource.id', 'resource.name', 'resource.type', 'result.evaluation', 'event.outcome', 'observer.vendor', '@timestamp', 'event.id', 'host.name'];
  const view = fields('security_solution-ratchet.misconfiguration_latest');
  for (const path of wanted) {
    assert.ok(view[path], path);
    for (const { payload } of signed.filter(r => r.payload.event.action === 'finding'))
      assert.ok(leaves(payload).some(([leaf]) => leaf === path), `${payload.rule.id} has no ${path}`);
  }
});

test('the record itself is kept and not indexed, and no field is taken in that nobody declared', () => {
  for (const { name, body } of templates) {
    const all = fieldsOf(body);
    const kept = all['ratchet.jws'] ?? all['ratchet.quarantine.text'];
    assert.deepEqual([kept.index, kept.doc_values, kept.ignore_above], [false, false, undefined], name);
    assert.equal(body.template.settings.index.mapping.ignore_malformed, 'true', name);
  }
});
