// packaging/elasticsearch/export against the stand-in: all records, or a failure.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import test from 'node:test';
import { fileURLToPath } from 'node:url';
import { root } from './mapping.mjs';
import { standIn } from './stand-in.mjs';

const script = fileURLToPath(new URL('packaging/elasticsearch/export', root));
const documents = Array.from({ length: 2500 }, (_, i) => ({ host: i % 5 ? 'web01' : 'web02', time: `2026-10-${String(1 + i % 30).padStart(2, '0')}T00:00:00Z`, sequence: i, jws: `a.${i}.c` }));

async function exporting(args, options = {}) {
  const { url, stop, wrong } = await standIn({ documents, ...options });
  try {
    const env = { PATH: process.env.PATH, HOME: '/nonexistent', ELASTICSEARCH_URL: url, ELASTIC_API_KEY: 'c2VjcmV0' };
    const answer = await new Promise(done => execFile(script, args, { env }, (error, out, err) => done({ code: error?.code ?? 0, out, err })));
    assert.deepEqual(wrong, []);
    return answer;
  } finally { stop(); }
}

test('every record of the host and time comes out once, in order, over any number of pages', async () => {
  const { code, out, err } = await exporting(['web01', '2026-10-01', '2026-11-01']);
  assert.equal(code, 0, err);
  assert.deepEqual(out.trimEnd().split('\n'), documents.filter(d => d.host === 'web01').map(d => d.jws));
  assert.equal(err, '2000 records of web01\n');
});

test('an answer of a part of the shards, one that holds less than it counts, or one without the record fails', async () => {
  const answer = more => ({ refuse: (_, log) => [200, { timed_out: false, _shards: { failed: 0 }, hits: { total: { value: 2 }, hits: log.length === 1 ? [{ _source: { ratchet: { jws: 'a.b.c' } }, sort: [1, 'x'] }] : [] }, ...more }] });
  assert.match((await exporting(['web01', '2026-10-01', '2026-11-01'], answer({ _shards: { failed: 1 } }))).err, /part of its shards.*not complete/);
  assert.match((await exporting(['web01', '2026-10-01', '2026-11-01'], answer({ timed_out: true }))).err, /not complete/);
  assert.match((await exporting(['web01', '2026-10-01', '2026-11-01'], answer({}))).err, /said 2 records and gave 1\. What was written is not complete/);
  assert.match((await exporting(['web01', '2026-10-01', '2026-11-01'], answer({ hits: { total: { value: 1 }, hits: [{ _source: {}, sort: [1, 'x'] }] } }))).err, /holds no record/);
  for (const refusal of [[503, { error: { reason: 'all shards failed' } }], 'cut']) assert.equal((await exporting(['web01', '2026-10-01', '2026-11-01'], { refuse: () => refusal })).code, 1);
});

test('nothing is not everything: a host without records is an error', async () => {
  const { code, err } = await exporting(['web99', '2026-10-01', '2026-11-01']);
  assert.equal(code, 1);
  assert.match(err, /there is no record of web99/);
});

test('what is asked for is data, never a query', async () => {
  assert.match((await exporting(['web01"}},{"match_all":{', '2026-10-01', '2026-11-01'])).err, /there is no record/);
  assert.match((await exporting(['web01', 'now-1d', '2026-11-01'])).err, /now-1d is not a time/);
  assert.match((await exporting(['web01'])).err, /three arguments/);
});
