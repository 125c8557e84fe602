// A small stand-in for Elasticsearch and Kibana: it keeps what it is given, hands it back as they would, and refuses on demand.
// It judges every Elasticsearch request against the API specification.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { faultsOf } from './specification.mjs';

const wrap = {
  '_ilm/policy': (name, body, version) => ({ [name]: { version, modified_date: new Date().toISOString(), ...body, in_use_by: { indices: [] } } }),
  '_ingest/pipeline': (name, body) => ({ [name]: body }),
  '_component_template': (name, body) => ({ component_templates: [{ name, component_template: body }] }),
  '_index_template': (name, body) => ({ index_templates: [{ name, index_template: body }] }),
  '_security/role': (name, body) => ({ [name]: { run_as: [], ...body } }),
};

export async function standIn({ elasticsearch = '8.19.3', kibana = '9.1.2', authorization = 'ApiKey c2VjcmV0', refuse = () => {}, documents = [] } = {}) {
  const kept = new Map(), versions = new Map(), log = [], wrong = [];
  const keep = (path, body) => { versions.set(path, (versions.get(path) ?? 0) + 1); kept.set(path, body); };

  function cluster(method, path, body) {
    wrong.push(...faultsOf(method, path, body));
    const name = path.split('/').pop(), kind = path.slice(1, path.lastIndexOf('/'));
    if (path.endsWith('/_search')) return [200, search(body)];
    if (path === '/') return [200, { version: { number: elasticsearch } }];
    if (kind === '_index_template/_simulate_index') return [200, { template: { settings: {}, aliases: {}, mappings: templateOf(name) } }];
    if (wrap[kind] && method === 'GET') return kept.has(path) ? [200, wrap[kind](name, kept.get(path), versions.get(path))] : [404, {}];
    if (wrap[kind] && method === 'PUT') return keep(path, body), [200, { acknowledged: true }];
    if (path.endsWith('/_mapping')) {
      const index = `/${path.split('/')[1]}`;
      if (method === 'PUT') return keep(index, body), [200, { acknowledged: true }];
      return kept.has(index) ? [200, { [`.ds${index}`]: { mappings: kept.get(index) } }] : [404, { error: { reason: 'no such index' } }];
    }
    if (method === 'PUT') return keep(`/${name}`, templateOf(name)), [200, { acknowledged: true }];
    return [400, { error: { reason: `the stand-in does not know ${method} ${path}` } }];
  }

  // The documents that lie after a place, as many as were asked for.
  function search({ size, search_after: [after] = [-1], query: { bool: { filter: [{ term }, { range }] } } }) {
    const own = documents.filter(d => d.host === term['host.name'] && d.time >= range['@timestamp'].gte && d.time < range['@timestamp'].lt);
    const hits = own.filter(d => d.sequence > after).slice(0, size).map(d => ({ _source: { ratchet: { jws: d.jws } }, sort: [d.sequence, d.jws] }));
    return { timed_out: false, _shards: { total: 2, failed: 0 }, hits: { total: { value: own.length }, hits } };
  }

  // The mappings of the index template that is behind a name.
  function templateOf(name) {
    const [, template] = [...kept].find(([path, body]) => path.startsWith('/_index_template/') && body.index_patterns.some(p => name === p || (p.endsWith('*') && name.startsWith(p.slice(0, -1)))));
    return { dynamic: false, parts: template.composed_of.map(part => kept.get(`/_component_template/${part}`)), own: template.template.mappings };
  }

  function kibanaApi(method, path, body, text) {
    if (path === '/api/status') return [200, { version: { number: kibana } }];
    if (path === '/api/saved_objects/_export') return [200, [...kept].filter(([at]) => at.startsWith('object ')).map(([, o]) => JSON.stringify({ ...o, updated_at: Date.now(), version: String(Math.random()) })).join('\n')];
    if (path === '/api/saved_objects/_import') {
      const objects = text.split(/\r?\n/).filter(line => line.startsWith('{')).map(line => JSON.parse(line));
      for (const object of objects) keep(`object ${object.type} ${object.id}`, object);
      return [200, { success: true, successCount: objects.length }];
    }
    const at = `rule ${path.split('/').pop()}`;
    if (method === 'GET') return kept.has(at) ? [200, kept.get(at)] : [404, { message: 'not found' }];
    if (method === 'POST') return keep(at, { ...body, id: path.split('/').pop(), actions: [], enabled: true, params: { ...body.params, termSize: 5 } }), [200, {}];
    if (body.rule_type_id || body.consumer) return [400, { message: '[request body.rule_type_id]: definition for this key is missing' }];
    return keep(at, { ...kept.get(at), ...body }), [200, {}];
  }

  const server = createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const text = Buffer.concat(chunks).toString(), { pathname } = new URL(request.url, 'http://x');
    log.push(`${request.method} ${request.url}`);
    let answer = refuse(`${request.method} ${pathname}`, log);
    if (!answer && request.headers.authorization !== authorization) answer = [401, { error: { reason: 'unable to authenticate' } }];
    if (!answer && /^\/(s\/|api\/)/.test(pathname)) {
      const body = request.headers['content-type'] === 'application/json' && text ? JSON.parse(text) : undefined;
      answer = request.headers['kbn-xsrf'] || request.method === 'GET' ? kibanaApi(request.method, pathname.replace(/^\/s\/[^/]+/, ''), body, text) : [400, { message: 'kbn-xsrf is missing' }];
    }
    answer ??= cluster(request.method, pathname, text ? JSON.parse(text) : undefined);
    if (answer === 'cut') return response.destroy();
    response.writeHead(answer[0], { 'content-type': 'application/json' }).end(typeof answer[1] === 'string' ? answer[1] : JSON.stringify(answer[1]));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${server.address().port}`, kept, log, wrong, stop: () => { server.closeAllConnections(); server.close(); } };
}
