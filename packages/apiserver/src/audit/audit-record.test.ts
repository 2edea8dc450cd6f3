import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Status } from '@keelson/api';
import { Registry, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { User } from '../auth/user.js';
import { attributesOf } from '../registry/attributes.js';
import type { AuditEvent } from './audit-event.js';
import { AuditMetrics } from './audit-metrics.js';
import { Auditor } from './auditor.js';
import { type AuditBackend, ignoringErrors, union } from './backend.js';
import { type PolicyRule, policyOf } from './policy.js';

const user: User = { user: 'jane', groups: [] };
const path = { group: 'apps', version: 'v1', resource: 'deployments', namespace: 'shop', name: 'web', subresource: '' };

function auditing(rule: PolicyRule, keep: () => boolean = () => true) {
  const clock = new ManualClock();
  const events: AuditEvent[] = [];
  const backend: AuditBackend = {
    process(made) {
      events.push(...made);
      return keep();
    },
    close: async () => {},
  };
  const registry = new Registry();
  const metrics = new AuditMetrics(registry, { clock, logger: silentLogger });
  const auditor = new Auditor(policyOf({ rules: [rule] }), { backend, metrics, clock, logger: silentLogger });
  const record = (subresource = '') =>
    auditor.record(
      {
        ...{ id: 'id', uri: '/', sourceIPs: [], userAgent: 'x'.repeat(2_000) },
        attributes: (who) => attributesOf({ verb: 'get', path: { ...path, subresource } }, who),
      },
      user,
    );
  return { clock, events, record, registry, backend };
}

const told = (events: readonly AuditEvent[]) => events.map((it) => JSON.parse(it.json) as Record<string, never>);
const stages = (events: readonly AuditEvent[]) => events.map(({ facts }) => facts.stage);

test('what nobody thought of is told as a panic, and as nothing else', () => {
  const { events, record } = auditing({ level: 'Metadata' });
  const made = record()!;
  made.received();
  made.panicked(new Error('no such thing'));
  made.started(500);
  made.completed();
  assert.deepEqual(stages(events), ['RequestReceived', 'Panic']);
  assert.deepEqual(told(events)[1]?.['responseStatus'], {
    ...{ metadata: {}, status: 'Failure', message: "APIServer panic'd: no such thing" },
    ...{ reason: 'InternalError', code: 500 },
  });
});

test('only what goes on is told of when it begins; a client that leaves at once ends it too', () => {
  const { events, record } = auditing({ level: 'Metadata', omitStages: ['RequestReceived'] });
  const streamed = record('log')!;
  streamed.received();
  streamed.completed();
  streamed.completed();
  assert.deepEqual(stages(events), ['ResponseStarted', 'ResponseComplete']);
  assert.equal((told(events)[0]?.['responseStatus'] as Status | undefined)?.message, 'Connection closed early');
  events.length = 0;
  const plain = record()!;
  plain.started(200);
  plain.completed();
  assert.deepEqual(stages(events), ['ResponseComplete']);
});

test('a slow request says how long it took; what is noted twice stays as it was', () => {
  const { clock, events, record } = auditing({ level: 'Metadata' });
  const made = record()!;
  made.annotate('a', '1');
  made.annotate('a', '2');
  clock.advance(1_250);
  made.started(200);
  made.completed();
  assert.deepEqual(told(events)[0]?.['annotations'], { a: '1', 'apiserver.latency.k8s.io/total': '1.25s' });
  assert.equal(String(told(events)[0]?.['userAgent']).length, 1_024 + '...TRUNCATED'.length);
});

test('what a backend could not keep refuses a request only where it is to', () => {
  const { record, backend } = auditing({ level: 'Metadata' }, () => false);
  assert.equal(record()!.received(), false);
  assert.equal(ignoringErrors(backend).process([]), true);
  assert.equal(union([ignoringErrors(backend), backend]).process([]), false);
});

test('the level that the policy has for a request is counted, none too', async () => {
  const { record, registry } = auditing({ level: 'None' });
  assert.equal(record(), undefined);
  assert.match(await registry.metrics(), /apiserver_audit_level_total\{level="None"\} 1/);
});

test('without their record of managers where the policy says so: objects, lists and Tables', () => {
  const { events, record } = auditing({ level: 'RequestResponse', omitManagedFields: true });
  const object = { metadata: { name: 'a', managedFields: [{ manager: 'm' }] } };
  for (const shown of [object, { items: [object] }, { rows: [{ cells: ['a'], object }] }]) {
    const made = record()!;
    made.answeredWith(JSON.stringify(shown));
    made.started(200);
    made.completed();
  }
  assert.ok(events.every(({ json }) => json.includes('"name":"a"') && !json.includes('managedFields')));
});
