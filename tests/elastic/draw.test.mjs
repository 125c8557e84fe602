// Each Vega panel, drawn from answers at hand: what is there is seen, and nothing is never mistaken for good.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { answers, calm, empty } from './answers.mjs';
import { draw, panels } from './draw.mjs';

process.env.TZ = 'UTC';
const panel = id => panels.find(p => p.id === `ratchet-${id}`);
// What is written in a picture, from top to bottom.
const texts = svg => [...svg.matchAll(/<text[^>]*translate\([^,]*,([^)]*)\)[^>]*>([^<]*)<\/text>/g)]
  .map(([, y, text]) => ({ y: Number(y), text: text.replaceAll('&amp;', '&') })).sort((a, b) => a.y - b.y).map(({ text }) => text);
const seen = async (id, all) => texts((await draw(panel(id), all[`ratchet-${id}`])).svg);

test('every panel has answers, and is drawn from them without a warning', async () => {
  assert.deepEqual(panels.map(p => p.id).sort(), Object.keys(answers).sort());
  for (const one of panels) {
    const { svg, warnings } = await draw(one, answers[one.id]);
    assert.deepEqual(warnings, [], one.id);
    assert.ok(!/NaN|undefined|Infinity/.test(svg), one.id);
    assert.ok((svg.match(/<path|<text/g) ?? []).length > 6, one.id);
  }
});

test('an answer has the aggregations that its request asks for', () => {
  for (const { id, spec } of panels) {
    assert.deepEqual(Object.keys(answers[id]), Object.keys(spec.data.url.body.aggs), id);
    const asked = Object.values(spec.data.url.body.aggs)[0].aggs ?? {}, given = Object.values(answers[id])[0].buckets[0];
    for (const name of Object.keys(asked)) assert.ok(name in given, `${id}: ${name}`);
  }
});

test('where nothing is known the panel says so, and nothing else', async () => {
  for (const one of panels) {
    const { svg } = await draw(one, empty[one.id]);
    assert.ok(texts(svg).some(text => /^(No|Nothing) .* (in|this) /.test(text)), `${one.id}: ${texts(svg)}`);
    assert.ok(!/NaN|undefined|Infinity|e\+308/.test(svg.replace(/aria-label="[^"]*"/g, '')), one.id);
  }
  assert.ok((await seen('silent', empty)).includes('No heartbeat of any host in seven days: nothing is known'));
  assert.ok((await seen('failing-severity', empty)).includes('No finding in the last 26 hours'));
});

test('where all is well the panel says that', async () => {
  assert.ok((await seen('silent', calm)).includes('Every host of the last seven days is heard from'));
  assert.ok((await seen('failing-severity', calm)).includes('Nothing fails'));
  assert.ok((await seen('open-alerts', calm)).includes('No alert is open'));
  assert.ok((await seen('maintenance', calm)).includes('No host is in maintenance'));
  assert.ok((await seen('missing', calm)).includes('No number is missing in this time'));
  assert.ok((await seen('spool', calm)).includes('No host waits with more than the batch that it is sending'));
});

test('silent are the hosts that missed three of their own intervals, the longest silent first', async () => {
  const all = await seen('silent', answers);
  assert.deepEqual(all.filter(text => text.endsWith('.internal')), ['log02.internal', 'web02.internal', 'db07.internal']);
  assert.ok(all.includes('silent for 3 d') && all.includes('silent for 40 min'));
});

test('undeclared losses come before declared ones', async () => {
  const all = await seen('missing', answers);
  assert.deepEqual(all.filter(text => text.endsWith('undeclared') && text !== 'undeclared'), ['3 undeclared', '1 undeclared', 'none undeclared']);
  assert.ok(!all.includes('db07.internal'));
});

test('an alert that was resolved is not open; the worst and oldest stand on top', async () => {
  assert.deepEqual((await seen('open-alerts', answers)).filter(text => text.endsWith('.internal')), ['web01.internal', 'db07.internal', 'log01.internal', 'salt01.internal']);
});

test('a maintenance that ended, or whose time is over, holds nothing back', async () => {
  assert.deepEqual((await seen('maintenance', answers)).filter(text => text.endsWith('.internal')), ['db07.internal', 'web03.internal']);
});

test('a list that is longer than its panel says how much longer', async () => {
  const { buckets: [one] } = answers['ratchet-silent'].hosts;
  const many = { hosts: { buckets: Array.from({ length: 25 }, (_, i) => ({ ...one, key: `host${i}` })) } };
  assert.ok(texts((await draw(panel('silent'), many)).svg).includes('… and 15 more'));
});

test('verdicts and severities have colours that colour-blind people tell apart', () => {
  const source = readFileSync(new URL('../../packaging/kibana/source/draw.mjs', import.meta.url), 'utf8');
  for (const name of ['evaluations', 'severities']) {
    const colours = source.match(new RegExp(`${name} = \\{([^}]*)`))[1].match(/#\w{6}/g);
    for (const blindness of Object.keys(matrices))
      for (const [i, a] of colours.entries()) for (const b of colours.slice(i + 1)) assert.ok(distance(a, b, blindness) > 40, `${name}, ${blindness}: ${a} ${b} ${distance(a, b, blindness)}`);
  }
});

// Machado, Oliveira and Fernandes (2009), severity 1.0, on linear RGB.
const matrices = {
  protanopia: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  deuteranopia: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  tritanopia: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
};

function distance(a, b, blindness) {
  const [x, y] = [a, b].map(hex => {
    const linear = [1, 3, 5].map(i => (parseInt(hex.slice(i, i + 2), 16) / 255) ** 2.2);
    return matrices[blindness].map(row => 255 * Math.max(0, row.reduce((sum, weight, i) => sum + weight * linear[i], 0)) ** (1 / 2.2));
  });
  return Math.hypot(...x.map((value, i) => value - y[i]));
}
