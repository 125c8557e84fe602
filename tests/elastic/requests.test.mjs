// What the files say, against Elasticsearch's own words: the whole API specification, and the types of its client.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { createRequire } from 'node:module';
import { convertRequests } from '@elastic/request-converter';
import { components, fieldsOf, list, templates } from './mapping.mjs';
import { panels } from './draw.mjs';
import { faultsOf } from './specification.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const folder = 'packaging/elasticsearch';
const kinds = [
  { files: list(`${folder}/ilm`), path: '/_ilm/policy', type: 'IlmPutLifecycleRequest', name: 'name' },
  { files: list(`${folder}/pipelines`), path: '/_ingest/pipeline', type: 'IngestPutPipelineRequest', name: 'id' },
  { files: components, path: '/_component_template', type: 'ClusterPutComponentTemplateRequest', name: 'name' },
  { files: templates, path: '/_index_template', type: 'IndicesPutIndexTemplateRequest', name: 'name' },
  { files: list(`${folder}/roles`), path: '/_security/role', type: 'SecurityPutRoleRequest', name: 'name' },
];
const files = kinds.flatMap(kind => kind.files.map(({ name, body }) => ({ ...kind, file: name, body })));

test('each file is a request that the API specification takes', async () => {
  for (const { path, file, body } of files) {
    assert.deepEqual(faultsOf('PUT', `${path}/${file}`, body), []);
    assert.equal(await convertRequests(`PUT ${path}/${file}\n${JSON.stringify(body)}`, 'javascript', { checkOnly: true }), true, file);
  }
});

test('the specification is asked in earnest: it finds what is wrong', () => {
  const faults = (path, body) => faultsOf('PUT', path, body).join();
  assert.match(faults('/_component_template/x', { template: { mappings: { properties: { a: { type: 'keywrd' } } } } }), /a\.type is "keywrd"/);
  assert.match(faults('/_component_template/x', { template: { mappings: { properties: { a: { properties: { b: { type: 'date', formt: 'x' } } } } } } }), /b knows no formt/);
  assert.match(faults('/_ilm/policy/x', { policy: { phases: { hot: { actions: { rolover: {} } } } } }), /knows no rolover/);
  assert.match(faults('/_index_template/x', { index_patterns: 'x', priority: 'high' }), /priority is not a number/);
  assert.match(faultsOf('POST', '/x/_search', { query: { bool: { filtr: [] } } }).join(), /knows no filtr/);
  assert.match(faultsOf('POST', '/x/_search?sise=3', {}).join(), /no parameter sise/);
  assert.match(faultsOf('PUT', '/_index_tmplate/x/y/z', {}).join(), /no such endpoint/);
});

test('each privilege of a role is one that Elasticsearch knows, and the writer can neither read nor delete', () => {
  const { types } = createRequire(import.meta.url)('@elastic/request-converter/dist/schema.json');
  const known = name => types.find(t => t.name.namespace === 'security._types' && t.name.name === name).members.map(member => member.name);
  for (const { body } of list(`${folder}/roles`)) {
    for (const privilege of body.cluster ?? []) assert.ok(known('ClusterPrivilege').includes(privilege), privilege);
    for (const { privileges } of body.indices) for (const privilege of privileges) assert.ok(known('IndexPrivilege').includes(privilege), privilege);
  }
  const granted = name => list(`${folder}/roles`).find(role => role.name === name).body.indices.flatMap(i => i.privileges);
  assert.deepEqual(granted('ratchet-logstash'), ['create_doc', 'auto_configure', 'index']);
  assert.deepEqual(granted('ratchet-reader'), ['read', 'view_index_metadata']);
});

test('only the latest view may be overwritten', () => {
  const { body } = list(`${folder}/roles`).find(role => role.name === 'ratchet-logstash');
  assert.deepEqual(body.indices.filter(i => i.privileges.includes('index')).map(i => i.names), [['security_solution-ratchet.misconfiguration_latest']]);
});

test('proof is kept six years and no link of a chain less long; what is refused, a year and more', () => {
  const days = name => Number(list(`${folder}/ilm`).find(p => p.name === name).body.policy.phases.delete.min_age.replace(/d$/, ''));
  const policy = name => templates.find(t => t.name === name).body.template.settings.index.lifecycle?.name;
  // Two of six years can be leap years.
  assert.ok(days('ratchet-proof') >= 6 * 365 + 2);
  assert.ok(days('ratchet-quarantine') > 366);
  assert.deepEqual(['logs-ratchet.findings', 'metrics-ratchet.sweeps', 'logs-ratchet.quarantine', 'security_solution-ratchet.misconfiguration_latest'].map(policy), ['ratchet-proof', 'ratchet-proof', 'ratchet-quarantine', undefined]);
});

test('what a template names exists: components, retention, pipeline', () => {
  const has = (kind, name) => list(`${folder}/${kind}`).some(one => one.name === name);
  for (const { name, body } of templates) {
    const { lifecycle, final_pipeline } = body.template.settings.index;
    for (const part of body.composed_of) assert.ok(has('components', part), `${name}: ${part}`);
    assert.ok(!lifecycle || has('ilm', lifecycle.name), name);
    assert.ok(has('pipelines', final_pipeline), name);
    assert.ok(body.priority > 100, `${name} loses to Elasticsearch's own logs-*-* template`);
    // A constant that the first document sets is a change of the mapping; with a fixed value it is none.
    for (const part of ['type', 'dataset']) assert.ok(fieldsOf(body)[`data_stream.${part}`].value, `${name}: data_stream.${part}`);
  }
});

// The mistakes that the types must find: a check that passes everything is none.
const mistakes = [
  ['ClusterPutComponentTemplateRequest', { name: 'x', template: { mappings: { properties: { a: { type: 'keywrd' } } } } }],
  ['IlmPutLifecycleRequest', { name: 'x', policy: { phases: { hot: { actions: { rollover: { max_agee: '1d' } } } } } }],
  ['IndicesPutIndexTemplateRequest', { name: 'x', index_patterns: ['x'], composd_of: [] }],
  ['SearchRequest', { aggs: { a: { terms: { feld: 'x' } } } }],
];

test('each file and each request of a picture is a literal of the client\'s types', () => {
  const searches = panels.map(({ spec }) => spec.data.url).map(({ index, body }) => ({
    index, ...JSON.parse(JSON.stringify(body).replaceAll(/"%dashboard_context-\w+%"/g, '{"match_all":{}}').replaceAll('{"%timefilter%":true}', '{"gte":"now-7d"}')),
  }));
  const lines = ['import type { estypes } from "@elastic/elasticsearch";',
    ...files.map(({ type, name, file, body }, i) => `export const file${i}: estypes.${type} = ${JSON.stringify({ [name]: file, ...body })};`),
    ...searches.map((body, i) => `export const search${i}: estypes.SearchRequest = ${JSON.stringify(body)};`),
    ...mistakes.map(([type, body], i) => `// @ts-expect-error\nexport const mistake${i}: estypes.${type} = ${JSON.stringify(body)};`)];
  // Beside node_modules, where the compiler looks for them.
  const work = mkdtempSync(join(here, 'node_modules', '.typed-'));
  try {
    writeFileSync(join(work, 'literals.ts'), lines.join('\n') + '\n');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext'];
    execFileSync(process.execPath, [join(here, 'node_modules/typescript/bin/tsc'), ...options, join(work, 'literals.ts')], { encoding: 'utf8' });
  } catch (error) {
    assert.fail(error.stdout || error.message);
  } finally {
    rmSync(work, { recursive: true });
  }
});
