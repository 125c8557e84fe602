// The Kibana objects: current, tied together without a loose end, and about fields that exist.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { fieldsIn, files, kqlFields, objects } from '../../packaging/kibana/build.mjs';
import { fieldsOfPattern, list, root } from './mapping.mjs';
import { panels } from './draw.mjs';
import { faultsOf } from './specification.mjs';

const committed = readFileSync(new URL('packaging/kibana/ratchet.ndjson', root), 'utf8').trimEnd().split('\n').map(line => JSON.parse(line));
const patternOf = id => objects.find(o => o.type === 'index-pattern' && o.id === id).attributes.title;

// The index pattern that an object asks.
const asked = object => object.type === 'visualization' ? panels.find(p => p.id === object.id).spec.data.url.index : patternOf(object.references[0].id);

test('what is committed is what the source says', () => {
  for (const [name, text] of Object.entries(files())) assert.equal(readFileSync(new URL(`packaging/kibana/${name}`, root), 'utf8'), text, `${name}: run node packaging/kibana/build.mjs`);
});

test('ids are ours, single, and never change', () => {
  const ids = committed.map(o => `${o.type} ${o.id}`);
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(committed.every(o => o.id.startsWith('ratchet-')));
  // Bookmarks and other people's dashboards point at these.
  assert.deepEqual(ids.filter(id => /^(dashboard|index-pattern)/.test(id)).sort(), ['dashboard ratchet-on-call', 'dashboard ratchet-posture', 'dashboard ratchet-trust',
    'index-pattern ratchet-findings', 'index-pattern ratchet-latest', 'index-pattern ratchet-quarantine', 'index-pattern ratchet-sweeps']);
});

test('each reference leads to an object of the same file, and each name of a reference is used', () => {
  for (const object of committed) {
    for (const { type, id } of object.references) assert.ok(committed.some(o => o.type === type && o.id === id), `${object.id} refers to ${type} ${id}`);
    const names = object.references.map(r => r.name);
    if (object.type === 'dashboard') {
      const own = JSON.parse(object.attributes.panelsJSON);
      assert.deepEqual(own.map(p => `${p.panelIndex}:${p.panelRefName}`), names);
      own.forEach((panel, i) => assert.equal(panel.type, object.references[i].type));
    } else if (object.type === 'search') {
      assert.deepEqual(names, [JSON.parse(object.attributes.kibanaSavedObjectMeta.searchSourceJSON).indexRefName]);
    } else if (object.type === 'lens') {
      assert.deepEqual(names, Object.keys(object.attributes.state.datasourceStates.formBased.layers).map(layer => `indexpattern-datasource-layer-${layer}`));
    }
  }
});

test('no object is of a version that Kibana 8.9 would refuse', () => {
  const newest = { 'index-pattern': '8.0.0', search: '8.0.0', visualization: '8.5.0', lens: '8.9.0', dashboard: '8.9.0' };
  for (const { type, id, typeMigrationVersion, coreMigrationVersion } of committed) assert.deepEqual([typeMigrationVersion, coreMigrationVersion], [newest[type], '8.8.0'], id);
});

test('each field of each table, picture and query exists in the template behind it', () => {
  for (const object of objects.filter(o => o.type !== 'dashboard' && o.type !== 'index-pattern')) {
    const all = fieldsOfPattern(asked(object)), used = fieldsIn(object);
    assert.ok(used.length > 0, object.id);
    for (const field of used) assert.ok(all[field], `${object.id}: ${field} is not in ${asked(object)}`);
  }
});

test('what is sorted, counted and searched has an index', () => {
  for (const object of objects.filter(o => ['search', 'lens', 'visualization'].includes(o.type))) {
    const all = fieldsOfPattern(asked(object));
    const shown = object.type === 'search' ? object.attributes.columns : [];
    for (const field of fieldsIn(object).filter(f => !shown.includes(f))) assert.ok(all[field].index !== false && all[field].enabled !== false, `${object.id}: ${field}`);
    for (const [field] of object.type === 'search' ? object.attributes.sort : []) assert.notEqual(all[field].type, 'match_only_text', `${object.id} cannot sort by ${field}`);
  }
});

test('each data view has its time field', () => {
  for (const view of committed.filter(o => o.type === 'index-pattern')) assert.equal(fieldsOfPattern(view.attributes.title)[view.attributes.timeFieldName].type, 'date');
});

test('each aggregation of Lens fits the type of its field, and each column is shown', () => {
  const fits = { terms: ['keyword'], unique_count: ['keyword'], max: ['date', 'long', 'double'] };
  for (const object of objects.filter(o => o.type === 'lens')) {
    const all = fieldsOfPattern(asked(object)), { columns, columnOrder } = object.attributes.state.datasourceStates.formBased.layers.rows;
    assert.deepEqual(Object.keys(columns), columnOrder);
    assert.deepEqual(object.attributes.state.visualization.columns.map(c => c.columnId), columnOrder);
    for (const { operationType, sourceField, params } of Object.values(columns)) {
      if (operationType !== 'count') assert.ok(fits[operationType].includes(all[sourceField].type), `${object.id}: ${operationType} of ${sourceField}`);
      if (params.orderBy) assert.ok(columns[params.orderBy.columnId] && !columns[params.orderBy.columnId].isBucketed, `${object.id} is ordered by ${params.orderBy.columnId}`);
    }
  }
});

test('each request of each picture is one that Elasticsearch takes, and obeys the dashboard', () => {
  for (const { id, spec } of panels) {
    const { index, body } = spec.data.url;
    // What Kibana puts in their place.
    const text = JSON.stringify(body).replaceAll(/"%dashboard_context-\w+%"/g, '{"match_all":{}}').replaceAll('{"%timefilter%":true}', '{"gte":"now-7d","lte":"now"}');
    assert.ok(!text.includes('%'), `${id}: ${text.match(/"[^"]*%[^"]*"/)}`);
    assert.deepEqual(faultsOf('POST', `/${index}/_search`, JSON.parse(text)), [], id);
    for (const clause of ['must', 'filter', 'must_not']) assert.ok(JSON.stringify(body.query.bool[clause]).includes(`%dashboard_context-${clause}_clause%`), `${id}: ${clause}`);
  }
});

test('the panels of a dashboard lie beside each other, on its 48 columns, without a hole between rows', () => {
  for (const { id, attributes } of committed.filter(o => o.type === 'dashboard')) {
    const taken = new Set();
    for (const { gridData: { x, y, w, h } } of JSON.parse(attributes.panelsJSON))
      for (let column = x; column < x + w; column++)
        for (let row = y; row < y + h; row++) {
          assert.ok(column < 48 && !taken.has(`${column} ${row}`), `${id}: ${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
    assert.equal(taken.size, 48 * Math.max(...[...taken].map(place => Number(place.split(' ')[1]) + 1)), id);
  }
});

test('every panel says which question it answers', () => {
  for (const object of objects.filter(o => ['search', 'lens', 'visualization'].includes(o.type))) assert.match(object.attributes.description, /[?.)]$/, object.id);
});

test('the fields of a KQL query are found, words in quotes are not', () => {
  assert.deepEqual(kqlFields('a.b: x and (c >= "d: e" or not f_g < 3)'), ['a.b', 'c', 'f_g']);
});

// The words of ES|QL's expressions that are no names unless they are quoted (its lexer grammar, Expression.g4).
const reserved = ['and', 'asc', 'by', 'desc', 'false', 'first', 'in', 'is', 'last', 'like', 'not', 'null', 'nulls', 'on', 'or', 'rlike', 'true', 'where', 'with'];

test('alert rules ask for fields that exist, under ids that Kibana takes', () => {
  const rules = list('packaging/kibana/rules');
  assert.equal(rules.length, 2);
  for (const { name, body: { id, rule } } of rules) {
    // Rules hold encrypted attributes: Kibana refuses an id that is not a UUID.
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/, name);
    const { esql } = rule.params.esqlQuery, [from] = esql.match(/(?<=^FROM )\S+/), all = fieldsOfPattern(from);
    const columns = [...esql.matchAll(/(\w+) = /g)].map(([, column]) => column);
    for (const column of columns) assert.ok(!reserved.includes(column), `${name}: ES|QL takes ${column} as a word of its own, in capitals or not`);
    // Words in capitals are ES|QL's own.
    const fields = [...esql.replace(from, '').replace(/"[^"]*"/g, '').matchAll(/[@\w.]+/g)].map(([word]) => word).filter(word => /^[@a-z]/.test(word) && !columns.includes(word));
    assert.ok(fields.length > 0);
    for (const field of fields) assert.ok(all[field], `${name}: ${field}`);
    assert.equal(all[rule.params.timeField].type, 'date', name);
    assert.deepEqual([rule.params.threshold, rule.params.thresholdComparator], [[0], '>'], 'Kibana takes no other with ES|QL');
  }
});
