import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { AuditEvent, type EventFacts, type EventObjects } from '../audit-event.js';
import type { AuditBackend } from '../backend.js';
import { legacyLine } from '../legacy-format.js';
import { Batching, type BatchingOptions } from './batching.js';
import { LogFile } from './log-file.js';
import { Truncating } from './truncating.js';

const facts: EventFacts = {
  ...({ level: 'RequestResponse', auditID: 'id', stage: 'ResponseComplete', verb: 'get' } as const),
  ...{ requestURI: '/api/v1/pods', user: { username: 'jane', groups: ['a', 'b'] }, impersonatedUser: undefined },
  ...{ impersonationConstraint: undefined, sourceIPs: ['10.0.0.1'], userAgent: 'curl/8', objectRef: undefined },
  ...{ responseStatus: { code: 200 }, receivedMs: 0, stageMs: 1.5, annotations: undefined },
};
const event = (id: string, objects: EventObjects = {}) => new AuditEvent({ ...facts, auditID: id }, objects);

function memory(keep: () => boolean | Promise<boolean> = () => true) {
  const batches: string[][] = [];
  const backend: AuditBackend = {
    process(events) {
      batches.push(events.map((it) => it.facts.auditID));
      return keep();
    },
    close: async () => {},
  };
  return { batches, backend };
}

function lossCounter() {
  const lost: Record<string, number> = {};
  const count = (plugin: string, _error: Error, more: number) => {
    lost[plugin] = (lost[plugin] ?? 0) + more;
  };
  return { lost, count };
}

function batching(options: Partial<BatchingOptions>, keep?: () => boolean | Promise<boolean>) {
  const clock = new ManualClock();
  const { batches, backend } = memory(keep);
  const { lost, count } = lossCounter();
  const all = { bufferSize: 10, maxBatchSize: 3, maxWaitMs: 30_000, concurrency: 2, ...options };
  return { clock, batches, lost, made: new Batching(all, { backend, clock, lost: count }) };
}

test('an event has upstream’s fields in their order, with microseconds', () => {
  const made = event('x', { request: '{"a":1}', response: '{"b":2}' });
  assert.equal(
    made.json,
    '{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"RequestResponse","auditID":"x","stage":"ResponseComplete",' +
      '"requestURI":"/api/v1/pods","verb":"get","user":{"username":"jane","groups":["a","b"]},"sourceIPs":["10.0.0.1"],' +
      '"userAgent":"curl/8","responseStatus":{"metadata":{},"code":200},"requestObject":{"a":1},"responseObject":{"b":2},' +
      '"requestReceivedTimestamp":"1970-01-01T00:00:00.000000Z","stageTimestamp":"1970-01-01T00:00:00.001500Z"}',
  );
  assert.equal(
    legacyLine(made),
    '1970-01-01T00:00:00.000000Z AUDIT: id="x" stage="ResponseComplete" ip="10.0.0.1" method="get" user="jane" ' +
      'groups="\\"a\\",\\"b\\"" as="<self>" asgroups="<lookup>" user-agent="curl/8" namespace="<none>" uri="/api/v1/pods" response="200"',
  );
});

test('a full batch goes at once, others when they have waited', () => {
  const { clock, batches, made } = batching({});
  made.process(['1', '2', '3', '4'].map((id) => event(id)));
  assert.deepEqual(batches, [['1', '2', '3']]);
  clock.advance(30_000);
  assert.deepEqual(batches, [['1', '2', '3'], ['4']]);
});

test('what waits is bounded while nobody takes it, and goes on afterwards', async () => {
  const takes: (() => void)[] = [];
  const slow = () => new Promise<boolean>((resolve) => takes.push(() => resolve(true)));
  const { batches, lost, made } = batching({ maxBatchSize: 2, concurrency: 1, bufferSize: 4 }, slow);
  for (let id = 1; id <= 8; id++) made.process([event(String(id))]);
  assert.deepEqual(batches, [['1', '2']]);
  assert.deepEqual(lost, { buffered: 2 });
  for (let taken = 0; taken < 3; taken++) {
    takes.shift()?.();
    await new Promise(setImmediate);
  }
  assert.deepEqual(batches, [
    ['1', '2'],
    ['3', '4'],
    ['5', '6'],
  ]);
});

test('bytes that wait are bounded as well', () => {
  const large = JSON.stringify('x'.repeat(1000));
  const { lost, made } = batching({ bufferBytes: 2_500, maxBatchSize: 10 });
  made.process(['1', '2', '3'].map((id) => event(id, { request: large })));
  assert.deepEqual(lost, { buffered: 2 });
});

test('no more batches a second than the throttle lets through', () => {
  const { clock, batches, made } = batching({ maxBatchSize: 1, throttle: { qps: 2, burst: 2 } });
  made.process(['1', '2', '3', '4'].map((id) => event(id)));
  assert.equal(batches.length, 2);
  clock.advance(600);
  assert.equal(batches.length, 3);
  clock.advance(600);
  assert.equal(batches.length, 4);
});

test('closing passes on what still waits', async () => {
  const { batches, made } = batching({});
  made.process([event('1')]);
  await made.close();
  assert.deepEqual(batches, [['1']]);
});

test('large events lose their objects, then themselves; large batches are split', () => {
  const { batches, backend } = memory();
  const { lost, count } = lossCounter();
  const max = event('1').bytes + 60;
  const made = new Truncating({ maxEventBytes: max, maxBatchBytes: max * 2 }, { backend, lost: count });
  const large = JSON.stringify('x'.repeat(500));
  const seen: AuditEvent[] = [];
  const process = backend.process;
  backend.process = (events) => {
    seen.push(...events);
    return process(events);
  };
  const tooLarge = new AuditEvent({ ...facts, auditID: '4', userAgent: 'x'.repeat(500) });
  assert.equal(made.process([event('1'), event('2', { response: large }), event('3'), tooLarge, event('5')]), true);
  assert.deepEqual(batches, [
    ['1', '2'],
    ['3', '5'],
  ]);
  assert.deepEqual(lost, { truncate: 1 });
  const short = JSON.parse(seen[1]!.json) as { annotations: object; responseObject?: object };
  assert.deepEqual(short.annotations, { 'audit.k8s.io/truncated': 'true' });
  assert.equal(short.responseObject, undefined);
});

test('files that are put aside at the same time are all there', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'audit-log-'));
  try {
    const options = { path: join(directory, 'a.log'), maxBytes: 3, maxBackups: 0, maxAgeDays: 0, compress: false };
    const file = new LogFile(options, { clock: new ManualClock(), logger: silentLogger });
    for (const line of ['1', '2', '3', '4']) file.write(`${line}\n`);
    await file.close();
    const texts = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    assert.deepEqual(texts.sort(), ['1\n', '2\n', '3\n', '4\n']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

test('a file is put aside when it is full; as many as wanted are kept, compressed', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'audit-log-'));
  try {
    const path = join(directory, 'logs', 'audit.log');
    const clock = new ManualClock();
    const options = { path, maxBytes: 10, maxBackups: 2, maxAgeDays: 0, compress: true };
    const file = new LogFile(options, { clock, logger: silentLogger });
    for (const line of ['first', 'second', 'third', 'fourth']) {
      file.write(`${line}\n`);
      clock.advance(1_000);
    }
    await file.close();
    const names = readdirSync(join(directory, 'logs')).sort();
    assert.equal(names.length, 3, names.join());
    assert.ok(
      names.slice(0, 2).every((it) => /^audit-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{3}\.log\.gz$/.test(it)),
      names.join(),
    );
    const texts = names.slice(0, 2).map((it) => gunzipSync(readFileSync(join(directory, 'logs', it))).toString());
    assert.deepEqual([...texts, readFileSync(path, 'utf8')], ['second\n', 'third\n', 'fourth\n']);
    // Who comes later writes on, and forgets what is too old.
    clock.advance(3 * 24 * 3_600_000);
    const later = new LogFile({ ...options, maxBytes: 0, maxAgeDays: 1 }, { clock, logger: silentLogger });
    later.write('fifth\n');
    await later.close();
    assert.equal(readFileSync(path, 'utf8'), 'fourth\nfifth\n');
    assert.deepEqual(readdirSync(join(directory, 'logs')), ['audit.log']);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
