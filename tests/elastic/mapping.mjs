// What the index templates say of each field: component templates in order, then the template's own mappings.
import { readdirSync, readFileSync } from 'node:fs';

export const root = new URL('../../', import.meta.url);
export const read = path => JSON.parse(readFileSync(new URL(path, root)));
export const list = folder => readdirSync(new URL(folder, root)).filter(name => name.endsWith('.json')).sort()
  .map(name => ({ name: name.replace(/\.json$/, ''), body: read(`${folder}/${name}`) }));

const folder = 'packaging/elasticsearch';
export const components = list(`${folder}/components`);
export const templates = list(`${folder}/templates`);

// { 'event.id': { type: 'keyword', … }, … } of one index template.
export function fieldsOf(template) {
  const fields = {};
  const parts = [...template.composed_of.map(name => components.find(c => c.name === name).body), template];
  for (const part of parts) walk(part.template.mappings?.properties ?? {}, '', fields);
  return fields;
}

function walk(properties, prefix, fields) {
  for (const [name, spec] of Object.entries(properties)) {
    if (spec.properties) walk(spec.properties, `${prefix}${name}.`, fields);
    else fields[prefix + name] = spec;
  }
}

// All fields of the indices that an index pattern (as in a data view or a Vega request) matches.
export function fieldsOfPattern(pattern) {
  const matching = pattern.split(',').map(part => templates.filter(({ body }) => body.index_patterns.some(own => matches(part.trim(), own))));
  if (matching.some(found => found.length === 0)) throw new Error(`no template of ours is behind ${pattern}`);
  return Object.assign({}, ...matching.flat().map(({ body }) => fieldsOf(body)));
}

// Whether a pattern asks for indices that the template's pattern makes: `logs-x-*` of `logs-x-*`, `logs-x-default` of `logs-x-*`.
const matches = (asked, own) => asked === own || new RegExp(`^${own.split('*').map(escape).join('.*')}$`).test(asked.replace(/\*$/, 'x'));
const escape = text => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&');
