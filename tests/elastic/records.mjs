// Real payloads: the agent's own, of every recorded host and of this one, and samples of those that only trouble brings about.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { read, root } from './mapping.mjs';

export const agent = process.env.AGENT_UNDER_TEST ?? fileURLToPath(new URL('artifacts/publish/ratchet-agent', root));
const MiB64 = 64 << 20;

// Every finding of the recorded hosts, as `check` prints it: no chain fields.
export function recordedFindings() {
  const hosts = fileURLToPath(new URL('tests/hosts/', root));
  return readdirSync(hosts).filter(name => existsSync(join(hosts, name, 'root'))).flatMap(name => {
    const config = join(hosts, name, 'agent.json');
    const answer = spawnSync(agent, ['check', '--root', join(hosts, name, 'root'), '--format', 'json', ...existsSync(config) ? ['--config', config] : []], { maxBuffer: MiB64 });
    if (answer.status > 2) throw new Error(`${name}: ${answer.stderr}`);
    return JSON.parse(answer.stdout);
  });
}

// What the running agent signs on this host: start, findings, sweep, key-rotated, and all again under the new key.
export function signedRecords() {
  const work = mkdtempSync(join(tmpdir(), 'ratchet-elastic-'));
  try {
    const config = join(work, 'agent.json');
    writeFileSync(config, JSON.stringify({
      host: 'web01.internal', state: join(work, 'state'),
      waivers: ['sshd.forwarding', 'ossec.installed'].map(rule => ({ rule, subject: '*', owner: 'ops', reason: 'bastion', expires: '2099-06-30' })),
    }));
    execFileSync('mkdir', ['-m', '700', join(work, 'state')]);
    const run = () => spawnSync(agent, ['run', '--once', '--wait', '1s', '--config', config]);
    run();
    execFileSync(agent, ['key', 'rotate', '--config', config], { stdio: 'ignore' });
    run();
    const spool = join(work, 'state', 'spool');
    const lines = readdirSync(spool).sort().flatMap(name => readFileSync(join(spool, name), 'utf8').trim().split('\n'));
    return lines.map(line => ({ jws: line, payload: JSON.parse(Buffer.from(line.split('.')[1], 'base64url')) }));
  } finally {
    rmSync(work, { recursive: true });
  }
}

export const samples = read('tests/elastic/samples.json');

// Leaves of a document: [['event.id', 'x'], …]; lists give each of their values.
export function leaves(document, prefix = '') {
  return Object.entries(document).flatMap(([name, value]) =>
    value === null ? []
    : Array.isArray(value) ? value.flatMap(item => typeof item === 'object' ? leaves(item, `${prefix}${name}.`) : [[prefix + name, item]])
    : typeof value === 'object' ? leaves(value, `${prefix}${name}.`)
    : [[prefix + name, value]]);
}
