// packaging/elasticsearch/install against the stand-in: what it makes, what it says, and how it stops.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from './mapping.mjs';
import { standIn } from './stand-in.mjs';

const script = fileURLToPath(new URL('packaging/elasticsearch/install', root));

function install(url, settings = {}, ...args) {
  const env = { PATH: process.env.PATH, HOME: '/nonexistent', ELASTICSEARCH_URL: url, KIBANA_URL: url, ELASTIC_API_KEY: 'c2VjcmV0', ...settings };
  for (const name of Object.keys(env)) if (env[name] === undefined) delete env[name];
  return new Promise(done => execFile(script, args, { env }, (error, out, err) => done({ code: error?.code ?? 0, out, err })));
}

const words = out => [...new Set(out.split('\n').map(line => line.match(/^(created|changed|unchanged) /)?.[1]).filter(Boolean))];

async function on(options, body) {
  const cluster = await standIn(options);
  try { await body(cluster); } finally { cluster.stop(); }
}

test('the first run creates everything with requests that the specification knows, the second changes nothing', () => on({}, async ({ url, wrong, kept }) => {
  const first = await install(url);
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(words(first.out), ['created'], first.out);
  for (const thing of ['retention ratchet-proof', 'component template ratchet-ecs', 'index template logs-ratchet.findings', 'role ratchet-logstash', 'data stream logs-ratchet.findings-default',
    'index security_solution-ratchet.misconfiguration_latest', 'Kibana dashboard ratchet-posture', 'Kibana dashboard ratchet-on-call', 'Kibana dashboard ratchet-trust', 'alert rule Ratchet: a host fell silent', 'alert rule Ratchet: a record did not prove itself'])
    assert.ok(first.out.includes(`created    ${thing}\n`), thing);
  assert.deepEqual(wrong, []);
  const before = JSON.stringify([...kept]);
  const second = await install(url);
  assert.equal(second.code, 0, second.err);
  assert.deepEqual(words(second.out), ['unchanged'], second.out);
  assert.equal(JSON.stringify([...kept]), before);
}));

test('what somebody changed in the cluster is put back, and told', () => on({}, async ({ url, kept }) => {
  await install(url);
  kept.get('/_ilm/policy/ratchet-proof').policy.phases.delete.min_age = '7d';
  kept.get('/_security/role/ratchet-logstash').indices[0].privileges.push('delete');
  kept.get('object dashboard ratchet-posture').attributes.title = 'mine';
  const { out } = await install(url);
  assert.deepEqual(out.split('\n').filter(line => line.startsWith('changed')), ['changed    retention ratchet-proof', 'changed    role ratchet-logstash', 'changed    Kibana dashboard ratchet-posture']);
  assert.equal(kept.get('/_ilm/policy/ratchet-proof').policy.phases.delete.min_age, '2192d');
}));

test('a new field reaches the indices that are there', () => on({}, async ({ url, kept }) => {
  await install(url);
  for (const path of ['/logs-ratchet.findings-default', '/security_solution-ratchet.misconfiguration_latest']) kept.set(path, { dynamic: false });
  const { out } = await install(url);
  assert.deepEqual(out.split('\n').filter(line => line.startsWith('changed')), ['changed    data stream logs-ratchet.findings-default', 'changed    index security_solution-ratchet.misconfiguration_latest']);
}));

test('a changed alert rule keeps its actions', () => on({}, async ({ url, kept }) => {
  await install(url);
  const [at, rule] = [...kept].find(([path, body]) => path.startsWith('rule ') && body.name.includes('silent'));
  const action = { id: 'pager', group: 'query matched', params: { message: 'x' }, uuid: 'u' };
  kept.set(at, { ...rule, schedule: { interval: '1h' }, actions: [{ ...action, connector_type_id: '.pagerduty' }] });
  const { out } = await install(url);
  assert.match(out, /^changed +alert rule Ratchet: a host fell silent$/m);
  assert.equal(kept.get(at).schedule.interval, '1m');
  assert.deepEqual(kept.get(at).actions, [action]);
}));

test('one alert for each host where Kibana can, one for all before that', async () => {
  for (const [kibana, group] of [['8.18.9', 'all'], ['8.19.0', 'row'], ['9.0.4', 'all'], ['9.10.0', 'row']])
    await on({ kibana }, async ({ url, kept }) => {
      assert.equal((await install(url)).code, 0);
      assert.equal([...kept].find(([path]) => path.startsWith('rule '))[1].params.groupBy, group, kibana);
    });
});

test('a version that these files are not for is refused before anything is changed', async () => {
  for (const options of [{ elasticsearch: '7.17.9' }, { elasticsearch: '8.13.4' }, { elasticsearch: '10.0.0' }, { kibana: '7.17.0' }, { elasticsearch: 'ok' }])
    await on(options, async ({ url, log }) => {
      const { code, err } = await install(url);
      assert.equal(code, 1);
      assert.match(err, /these files are for 8\.14 to 9\.x|does not say its version/);
      assert.ok(log.every(line => line.startsWith('GET ')), log.join());
    });
});

test('wrong credentials are said to be wrong, and nothing is changed', () => on({ authorization: 'ApiKey other' }, async ({ url, log }) => {
  const { code, err } = await install(url);
  assert.equal(code, 1);
  assert.match(err, /401 the credentials are not accepted \(unable to authenticate\); set ELASTIC_API_KEY/);
  assert.deepEqual(log, ['GET /']);
}));

test('user and password come from a netrc file', () => on({ authorization: `Basic ${btoa('elastic:secret')}` }, async ({ url }) => {
  const folder = mkdtempSync(join(tmpdir(), 'ratchet-netrc-'));
  try {
    writeFileSync(join(folder, 'netrc'), 'machine 127.0.0.1 login elastic password secret\n', { mode: 0o600 });
    const { code, err } = await install(url, { ELASTIC_API_KEY: undefined, ELASTIC_NETRC: join(folder, 'netrc') });
    assert.equal(code, 0, err);
  } finally { rmSync(folder, { recursive: true }); }
}));

test('it stops half way with the reason, and the next run completes', async () => {
  let broken = true;
  const refuse = request => {
    if (broken && request === 'PUT /_security/role/ratchet-logstash') return [403, { error: { reason: 'action [cluster:admin/xpack/security/role/put] is unauthorized' } }];
  };
  await on({ refuse }, async ({ url, log }) => {
    const first = await install(url);
    assert.equal(first.code, 1);
    assert.match(first.err, /PUT \S+ratchet-logstash: 403 the credentials do not allow this \(action .*\); the README.*mend it and run again/);
    assert.match(first.out, /created +index template/);
    assert.ok(!log.some(line => line.includes('_data_stream')));
    broken = false;
    const second = await install(url);
    assert.equal(second.code, 0, second.err);
    assert.match(second.out, /^unchanged +index template logs-ratchet.findings$/m);
    assert.match(second.out, /^created +role ratchet-logstash$/m);
  });
});

test('a connection that is cut, an answer that is no JSON and a server that breaks end it with the place', async () => {
  for (const [refusal, said] of [['cut', /GET http\S+_ilm\/policy\/ratchet-proof: no answer/], [[502, '<html>bad gateway</html>'], /502 <html>bad gateway/], [[500, { error: { root_cause: [{ reason: 'disk full' }] } }], /500 disk full/]])
    await on({ refuse: request => request === 'GET /_ilm/policy/ratchet-proof' ? refusal : undefined }, async ({ url }) => {
      const { code, err } = await install(url);
      assert.equal(code, 1);
      assert.match(err, said);
    });
});

test('an object that Kibana refuses is named', () => on({
  refuse: request => request === 'POST /api/saved_objects/_import' ? [200, { success: false, errors: [{ type: 'dashboard', id: 'ratchet-trust', error: { type: 'missing_references' } }] }] : undefined,
}, async ({ url }) => {
  const { code, err } = await install(url);
  assert.equal(code, 1);
  assert.match(err, /Kibana refuses some objects: dashboard ratchet-trust: missing_references/);
}));

test('without a Kibana it says so and leaves it alone', () => on({}, async ({ url, log }) => {
  const { code, out } = await install(url, { KIBANA_URL: undefined });
  assert.equal(code, 0);
  assert.match(out, /KIBANA_URL is not set: Kibana is left alone/);
  assert.ok(!log.some(line => line.includes('/api/')));
}));

test('a space and a namespace are used', () => on({}, async ({ url, log }) => {
  assert.equal((await install(url, { KIBANA_SPACE: 'hipaa', RATCHET_NAMESPACE: 'prod' })).code, 0);
  assert.ok(log.includes('PUT /_data_stream/logs-ratchet.findings-prod'));
  assert.ok(log.some(line => line.startsWith('POST /s/hipaa/api/saved_objects/_import')));
}));

test('settings that cannot be right are refused with their name', async () => {
  for (const [settings, said] of [[{ ELASTICSEARCH_URL: undefined }, /ELASTICSEARCH_URL is not set/], [{ ELASTIC_API_KEY: 'a"\nurl = x' }, /ELASTIC_API_KEY is not/], [{ RATCHET_NAMESPACE: '*' }, /RATCHET_NAMESPACE is not/]]) {
    const { code, err } = await install('http://127.0.0.1:1', settings);
    assert.equal(code, 1);
    assert.match(err, said);
  }
  assert.match((await install('http://127.0.0.1:1', {}, 'http://x')).err, /takes no arguments/);
});
