// Judges a request against Elasticsearch's whole API specification, which @elastic/request-converter carries (dist/schema.json):
// the endpoint exists, and each property of path, query and body is one that it knows, with a value of a type that it takes.
import { createRequire } from 'node:module';

const specification = createRequire(import.meta.url)('@elastic/request-converter/dist/schema.json');
const types = new Map(specification.types.map(type => [`${type.name.namespace}.${type.name.name}`, type]));
const named = ({ namespace, name }) => types.get(`${namespace}.${name}`) ?? fail(`the specification has no ${namespace}.${name}`);
const fail = text => { throw new Error(text); };

// The faults of a request, as sentences; none where it is right.
export function faultsOf(method, url, body) {
  const { pathname, searchParams } = new URL(url, 'http://cluster');
  const found = find(method, decodeURI(pathname));
  if (!found) return [`${method} ${pathname}: no such endpoint`];
  const request = named(found.endpoint.request);
  const at = `${method} ${pathname}`;
  const known = new Set([...request.query, ...parents(request).flatMap(p => p.query ?? [])].map(p => p.name));
  const common = ['pretty', 'human', 'error_trace', 'filter_path'];
  const faults = [...searchParams.keys()].filter(name => !known.has(name) && !common.includes(name)).map(name => `${at}: no parameter ${name}`);
  if (body === undefined) return faults;
  if (request.body.kind === 'no_body') return [...faults, `${at} takes no body`];
  if (request.body.kind === 'value') return [...faults, ...judge(body, request.body.value, at)];
  return [...faults, ...object(body, request.body.properties, false, at)];
}

function find(method, path) {
  const matches = specification.endpoints.flatMap(endpoint => endpoint.urls.filter(url => url.methods.includes(method)).map(url => ({ endpoint, path: url.path })))
    .filter(({ path: template }) => new RegExp(`^${template.replace(/\{\w+\}/g, '[^/]+')}$`).test(path));
  // A literal segment is nearer than a parameter: /_search, not /{index}.
  return matches.sort((a, b) => (a.path.match(/\{/g)?.length ?? 0) - (b.path.match(/\{/g)?.length ?? 0))[0];
}

function judge(value, type, at) {
  switch (type.kind) {
    case 'user_defined_value': return [];
    case 'literal_value': return String(value) === String(type.value) ? [] : [`${at} is not ${type.value}`];
    case 'array_of': return Array.isArray(value) ? value.flatMap((item, i) => judge(item, type.value, `${at}[${i}]`)) : judge(value, type.value, at);
    case 'dictionary_of': return isObject(value) ? Object.entries(value).flatMap(([key, item]) => judge(item, type.value, `${at}.${key}`)) : [`${at} is not an object`];
    case 'union_of': return best(type.items.map(item => judge(value, item, at)));
    case 'instance_of': return instance(value, type, at);
    default: return fail(`the specification has a kind of type that is not known here: ${type.kind}`);
  }
}

const best = answers => answers.reduce((least, answer) => answer.length < least.length ? answer : least);
const isObject = value => typeof value === 'object' && value !== null && !Array.isArray(value);

function instance(value, { type, generics }, at) {
  if (type.namespace === '_builtins') return builtin(value, type.name, at);
  // A parameter of a generic type (TDocument and the like): whatever the caller makes of it.
  if (!types.has(`${type.namespace}.${type.name}`)) return [];
  const definition = named(type);
  if (type.name === 'Stringified') return best([judge(value, generics[0], at), typeof value === 'string' ? [] : [`${at} is not a string`]]);
  if (definition.kind === 'enum') {
    const words = definition.members.flatMap(member => [member.name, ...member.aliases ?? []]);
    return definition.isOpen || words.includes(String(value)) ? [] : [`${at} is ${JSON.stringify(value)}, not one of ${words.join(', ')}`];
  }
  if (definition.kind === 'type_alias') return alias(value, definition, at);
  if (definition.shortcutProperty && !isObject(value)) return judge(value, properties(definition).find(p => p.name === definition.shortcutProperty).type, at);
  return object(value, properties(definition), isOpen(definition), at, definition.variants?.kind === 'container');
}

// A union whose members are told apart by a property ("type": "keyword") is judged by that member alone.
function alias(value, definition, at) {
  if (definition.variants?.kind !== 'internal_tag' || !isObject(value)) return judge(value, definition.type, at);
  const { tag, defaultTag } = definition.variants, wanted = value[tag] ?? defaultTag;
  const member = definition.type.items.find(item => properties(named(item.type)).some(p => p.name === tag && p.type.value === wanted));
  return member ? judge(value, member, at) : [`${at}.${tag} is ${JSON.stringify(wanted)}, which nothing has`];
}

function object(value, known, open, at, container = false) {
  if (!isObject(value)) return [`${at} is not an object`];
  const byName = new Map(known.flatMap(p => [p.name, ...p.aliases ?? []].map(name => [name, p])));
  const missing = known.filter(p => p.required && ![p.name, ...p.aliases ?? []].some(name => name in value)).map(p => `${at} has no ${p.name}`);
  const inner = Object.entries(value).flatMap(([name, item]) =>
    byName.has(name) ? judge(item, byName.get(name).type, `${at}.${name}`) : open ? [] : [`${at} knows no ${name}`]);
  return container && Object.keys(value).length === 0 ? [`${at} is empty`] : [...missing, ...inner];
}

function builtin(value, name, at) {
  const right = { string: 'string', boolean: 'boolean', number: 'number', null: 'object' }[name];
  return right === undefined || typeof value === right || (right === 'number' && typeof value === 'string' && !Number.isNaN(Number(value))) ? [] : [`${at} is not a ${name}`];
}

const parents = definition => definition.inherits ? [named(definition.inherits.type), ...parents(named(definition.inherits.type))] : [];
const properties = definition => [definition, ...parents(definition)].flatMap(d => d.properties ?? []);
const isOpen = definition => [definition, ...parents(definition)].some(d => d.attachedBehaviors?.some(b => /^AdditionalPropert/.test(b)));
