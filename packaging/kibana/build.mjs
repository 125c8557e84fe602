// Writes ratchet.ndjson, which Kibana imports, and the table of panels in README.md, both from source/.
//   node build.mjs          writes them
//   node build.mjs --check  fails where they are not what source/ says
import { readFileSync, writeFileSync } from 'node:fs';
import { onCall } from './source/on-call.mjs';
import { posture } from './source/posture.mjs';
import { trust } from './source/trust.mjs';
import { blind, evidence, failing, fresh, losses, refused, views, waivers } from './source/views.mjs';

const boards = [posture, onCall, trust];
// What is referred to stands before what refers to it.
export const objects = [...views, failing, fresh, waivers, blind, refused, losses, evidence, ...boards.flatMap(board => board.objects), ...boards.map(board => board.dashboard)];

const kinds = { visualization: 'Vega', lens: 'Lens', search: 'table of documents' };

// The fields of an object of ours, as it names them itself.
export function fieldsIn(object) {
  const { attributes } = object;
  if (object.type === 'search') return unique([...attributes.columns, ...attributes.sort.map(([field]) => field), ...kqlFields(JSON.parse(attributes.kibanaSavedObjectMeta.searchSourceJSON).query.query)]);
  if (object.type === 'lens') {
    const columns = Object.values(attributes.state.datasourceStates.formBased.layers.rows.columns);
    return unique([...columns.map(c => c.sourceField).filter(field => field !== '___records___'), ...[attributes.state.query, ...columns.map(c => c.filter ?? { query: '' })].flatMap(({ query }) => kqlFields(query))]);
  }
  if (object.type === 'visualization') return unique(requestFields(JSON.parse(JSON.parse(attributes.visState).params.spec).data.url.body));
  return [];
}

const unique = list => [...new Set(list)].sort();
export const kqlFields = query => [...query.replace(/"[^"]*"/g, '""').matchAll(/([@\w.]+)\s*(?::|[<>]=?)/g)].map(([, field]) => field);

function requestFields(value, name) {
  if (typeof value === 'string') return name === 'field' ? [value] : [];
  if (Array.isArray(value)) return value.flatMap(item => name === 'includes' ? [item] : requestFields(item, name));
  if (typeof value !== 'object' || value === null) return [];
  // Clauses whose key is the field.
  if (['term', 'terms', 'range', 'prefix'].includes(name) && !('field' in value)) return Object.keys(value);
  if (name === 'sort') return Object.keys(value);
  return Object.entries(value).flatMap(([key, item]) => requestFields(item, key));
}

export function panelTable() {
  const lines = boards.flatMap(({ dashboard }) => {
    const panels = dashboard.references.map(({ id }) => objects.find(object => object.id === id));
    return ['', `### ${dashboard.attributes.title.replace('Ratchet: ', '')}`, '', dashboard.attributes.description, '', '| panel | drawn by | question that it answers | fields |', '|---|---|---|---|',
      ...panels.map(panel => `| ${panel.attributes.title} | ${kinds[panel.type]} | ${panel.attributes.description} | ${fieldsIn(panel).map(field => `\`${field}\``).join(' ')} |`)];
  });
  return lines.join('\n') + '\n';
}

const beside = name => new URL(name, import.meta.url);
const mark = '<!-- panels: written by build.mjs -->\n';

export function files() {
  const readme = readFileSync(beside('README.md'), 'utf8');
  return {
    'ratchet.ndjson': objects.map(object => JSON.stringify(object) + '\n').join(''),
    'README.md': readme.slice(0, readme.indexOf(mark) + mark.length) + panelTable(),
  };
}

if (process.argv[1] && import.meta.url.endsWith(process.argv[1].split('/').pop()))
  for (const [name, text] of Object.entries(files())) {
    if (!process.argv.includes('--check')) writeFileSync(beside(name), text);
    else if (readFileSync(beside(name), 'utf8') !== text) throw new Error(`${name} is not what source/ says: run node packaging/kibana/build.mjs`);
  }
