// Canned answers of Elasticsearch to the requests of the Vega panels: { panel id: aggregations }. The clock stands at `clock`.
export const clock = Date.parse('2026-11-22T09:30:00Z');
const minute = 60000, hour = 60 * minute, day = 24 * hour;
const iso = time => new Date(time).toISOString();
const bucket = (key, doc_count, more = {}) => ({ key, doc_count, ...more });
const buckets = list => ({ buckets: list });
const hit = source => ({ hits: { total: { value: 1 }, hits: [{ _source: source }] } });

const grown = Array.from({ length: 30 }, (_, i) => {
  const failed = Math.round(2600 - i * 62 + 320 * Math.sin(i)), unknown = i === 11 ? 1900 : 240 - i * 3, waived = i < 14 ? 120 : 480;
  return { key: Date.parse('2026-10-24') + i * day, doc_count: 288 * 24, passed: { value: 14000 - failed - unknown - waived }, failed: { value: failed }, unknown: { value: unknown }, waived: { value: waived } };
});

const states = (passed, failed, unknown, waived, not_applicable = 4) => ({
  states: buckets(Object.entries({ passed, failed, unknown, waived, not_applicable }).filter(([, n]) => n > 0).map(([key, n]) => bucket(key, n))),
});
const grade = (number, judged, failed) => bucket(number, judged, { failed: { doc_count: failed } });
const tags = (prefix, list) => buckets(list.map((control, i) => bucket(`${prefix} ${control}`, 100, states(80 - i * 3 % 37, [3, 0, 14, 1, 0, 22][i % 6], [0, 2, 0, 0, 5, 0][i % 6], [0, 0, 0, 4, 0, 1][i % 6]))));

const alert = (host, rule, message, remediation, severity, event, opened) => bucket(`${host} ${rule}`, 2, {
  newest: { value: 1 }, word: hit({ host: { name: host }, message, rule: { id: rule, remediation }, event: { severity }, ratchet: { alert: { event, opened: iso(opened) } } }),
});
const window = (host, who, reason, end, ended = 0) => bucket(host, 1 + ended, { windows: buckets([bucket('w1', 1 + ended, { ended: { doc_count: ended }, word: hit({ event: { end: iso(end), reason }, user: { name: who } }) })]) });
const beat = (host, silence, interval = 300) => bucket(host, 2000, { last: { value: clock - silence }, interval: { value: interval }, spool: { value: 0 } });
const chain = (host, missing, lost = 0) => bucket(`chain of ${host}`, 900, {
  host: buckets([bucket(host, 900)]), first: { value: 100 }, last: { value: 100 + 899 + missing }, held: { value: 900 },
  gaps: { doc_count: lost ? 1 : 0, first: { value: lost ? 400 : 0 }, last: { value: lost ? 400 + lost - 1 : 0 } },
});
const refused = (time, reasons) => bucket(Date.parse(time), 9, { reasons: buckets(Object.entries(reasons).map(([reason, lines]) => bucket(reason, lines, { lines: { value: lines } }))) });
const waits = (host, depth) => bucket(host, 100, {
  deepest: { value: Math.max(...depth) }, times: buckets(depth.map((value, i) => bucket(clock - clock % hour - (depth.length - i) * 6 * hour, 1, { depth: { value } }))),
});

export const answers = {
  'ratchet-posture-now': { states: buckets([bucket('failed', 58), bucket('unknown', 12), bucket('waived', 9), bucket('passed', 2143)]) },
  'ratchet-compliance': { days: buckets(grown) },
  'ratchet-failing-severity': { grades: buckets([grade(73, 1450, 31), grade(47, 420, 19), grade(99, 230, 3), grade(21, 122, 5)]) },
  'ratchet-hipaa': { tags: tags('HIPAA', ['164.308(a)(1)(ii)(B)', '164.308(a)(1)(ii)(D)', '164.308(a)(3)(ii)(C)', '164.308(a)(4)(ii)(B)', '164.308(a)(4)(ii)(C)', '164.308(a)(5)(ii)(B)', '164.308(a)(5)(ii)(C)', '164.308(a)(5)(ii)(D)', '164.308(a)(6)(ii)', '164.308(a)(8)', '164.310(d)(1)', '164.310(d)(2)(ii)', '164.312(a)(1)', '164.312(a)(2)(i)', '164.312(a)(2)(iv)', '164.312(b)', '164.312(c)(1)', '164.312(d)', '164.312(e)(1)', '164.312(e)(2)(i)', '164.312(e)(2)(ii)']) },
  'ratchet-hitrust': { tags: tags('HITRUST', ['01.b', '01.c', '01.d', '01.e', '01.i', '01.j', '01.m', '01.n', '01.p', '01.q', '02.i', '06.d', '06.h', '09.aa', '09.ab', '09.ac', '09.b', '09.j', '09.m', '10.f', '10.g', '10.h', '10.k']) },
  'ratchet-open-alerts': {
    alerts: buckets([
      alert('db07.internal', 'disk.data-encrypted', '/srv/pg is not encrypted: nothing above sdc encrypts', 'Move the data to a LUKS volume, or put LUKS under this one while the service is stopped.', 99, 'opened', clock - 25 * minute),
      alert('web01.internal', 'sshd.root-login', 'again: permitrootlogin is yes for every connection (/etc/ssh/sshd_config.d/50-cloud-init.conf:2)', 'Set PermitRootLogin no where the evidence says that it is set, then reload sshd.', 99, 'reopened', clock - 3 * hour),
      alert('web02.internal', 'ports.expected-only', 'nothing allows tcp 0.0.0.0:9999 /usr/bin/java', 'Stop it, or allow it in the port policy.', 73, 'resolved', clock - 5 * hour),
      alert('log01.internal', 'ossec.manager-connected', 'still, since 2026-11-20 07:12Z: the agent waits for its manager ossec.internal for 2 days', 'Look at the manager, at the network between, and at the key of the agent.', 73, 'reminder', clock - 50 * hour),
      alert('salt01.internal', 'sshd.max-auth-tries', 'maxauthtries is 6 for every connection (default)', 'Set MaxAuthTries 4.', 21, 'opened', clock - 40 * minute),
    ]),
  },
  'ratchet-maintenance': { hosts: buckets([window('db07.internal', 'ana', 'CHG-118: new kernel', clock + 95 * minute), window('web01.internal', 'ops', 'done early', clock + 30 * minute, 1), window('web03.internal', 'ben', 'Tomcat update', clock + 12 * minute), window('web04.internal', 'ben', 'over', clock - 2 * minute)]) },
  'ratchet-alert-news': { hours: buckets(Array.from({ length: 14 }, (_, i) => bucket(clock - clock % hour - (23 - i * 1.7 | 0) * hour, 3, { news: buckets([bucket('opened', [1, 0, 4, 2, 1, 0, 9][i % 7]), bucket('resolved', [1, 1, 0, 5, 1, 2, 3][i % 7]), ...i % 5 ? [] : [bucket('reminder', 2)], ...i % 6 ? [] : [bucket('reopened', 1)]].filter(b => b.doc_count)) })).filter(b => b.news.buckets.length)) },
  'ratchet-silent': { hosts: buckets([beat('db07.internal', 40 * minute), beat('log02.internal', 3 * day), beat('slow.internal', 2 * hour, 3600), beat('web01.internal', 2 * minute), beat('web02.internal', 5 * hour)]) },
  'ratchet-refusals': { times: buckets([refused('2026-11-16T06:00Z', { malformed: 2 }), refused('2026-11-18T00:00Z', { 'unknown-key': 44 }), refused('2026-11-18T06:00Z', { 'unknown-key': 51 }), refused('2026-11-21T18:00Z', { forged: 7, 'foreign-host': 3 }), refused('2026-11-22T00:00Z', { forged: 1, malformed: 12 })]) },
  'ratchet-missing': { chains: buckets([chain('db07.internal', 0), chain('log02.internal', 120, 120), chain('web02.internal', 3), chain('web03.internal', 41, 40)]) },
  'ratchet-spool': { hosts: buckets([waits('log02.internal', [0, 1, 4, 9, 16, 22, 28, 33, 38, 12, 1, 0]), waits('db07.internal', [0, 0, 0, 2, 6, 6, 2, 0, 0, 0, 0, 0]), waits('web01.internal', [0, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0])]) },
};

// Where all is well.
export const calm = {
  ...answers,
  'ratchet-failing-severity': { grades: buckets([grade(73, 1450, 0), grade(99, 230, 0)]) },
  'ratchet-open-alerts': { alerts: buckets([answers['ratchet-open-alerts'].alerts.buckets[2]]) },
  'ratchet-maintenance': { hosts: buckets([window('web01.internal', 'ops', 'done early', clock + 30 * minute, 1), window('web04.internal', 'ben', 'over', clock - 2 * minute)]) },
  'ratchet-silent': { hosts: buckets([beat('slow.internal', 2 * hour, 3600), beat('web01.internal', 2 * minute)]) },
  'ratchet-missing': { chains: buckets([chain('db07.internal', 0)]) },
  'ratchet-spool': { hosts: buckets([waits('web01.internal', [0, 1, 0, 1])]) },
};

// What Elasticsearch answers where there is nothing: no buckets, but those of a filters aggregation, which are always there.
export const empty = {
  ...Object.fromEntries(Object.entries(answers).map(([id, aggregations]) => [id, Object.fromEntries(Object.keys(aggregations).map(name => [name, buckets([])]))])),
  'ratchet-posture-now': { states: buckets(['failed', 'unknown', 'waived', 'passed'].map(key => bucket(key, 0))) },
};
