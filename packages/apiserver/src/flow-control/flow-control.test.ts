import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlowSchema, PriorityLevelConfiguration } from '@keelson/api';
import { createMetrics } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { AuthorizationAttributes } from '../auth/authorizer.js';
import { dumpLevels, dumpQueues, dumpRequests } from './dumps.js';
import { FlowControl } from './flow-control.js';
import { FlowMetrics } from './flow-metrics.js';
import type { Ticket } from './limiter.js';
import { bootstrapLevels, bootstrapSchemas } from './mandatory.js';
import { Overloaded } from './overloaded.js';
import { WatchTracker } from './watch-tracker.js';
import { WorkEstimator } from './work-estimator.js';

const QUIET = { signal: new AbortController().signal };

function world(seats = 10) {
  const clock = new ManualClock();
  const watches = new WatchTracker();
  const registry = createMetrics();
  const estimator = new WorkEstimator({ objects: () => 0, watches });
  const metrics = new FlowMetrics(registry, clock);
  const flowControl = new FlowControl({ seats }, { clock, watches, estimator, metrics });
  return { clock, registry, flowControl };
}

const level = (name: string, shares: number, more: object = {}): PriorityLevelConfiguration => ({
  metadata: { name, uid: `level-${name}` },
  spec: {
    type: 'Limited',
    limited: {
      nominalConcurrencyShares: shares,
      lendablePercent: 0,
      limitResponse: { type: 'Queue', queuing: { queues: 8, handSize: 1, queueLengthLimit: 2 } },
      ...more,
    },
  },
});

const schema = (name: string, user: string, precedence = 100, to = name): FlowSchema => ({
  metadata: { name, uid: `schema-${name}` },
  spec: {
    matchingPrecedence: precedence,
    priorityLevelConfiguration: { name: to },
    distinguisherMethod: { type: 'ByUser' },
    rules: [
      {
        subjects: [{ kind: 'User', user: { name: user } }],
        resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true }],
      },
    ],
  },
});

function asked(user: string, verb = 'get'): AuthorizationAttributes {
  const where = { group: '', resource: 'pods', subresource: '', namespace: 'default', name: '' };
  return { user: { user, groups: ['system:authenticated'] }, verb, ...where };
}

test('before anything is configured there is what must be', async () => {
  const { flowControl } = world();
  const ticket = await flowControl.admit(asked('jane'), undefined, QUIET);
  ticket.release();
  assert.deepEqual(
    flowControl.levels.map(({ name }) => name),
    ['catch-all', 'exempt'],
  );
  assert.equal(flowControl.levels[0]?.current, 10);
  const admin = { ...asked('root'), user: { user: 'root', groups: ['system:masters'] } };
  for (let turn = 0; turn < 100; turn++) assert.ok(!(flowControl.admit(admin, undefined, QUIET) instanceof Promise));
});

test('a flood waits in its own level and is refused there; others go on', async () => {
  const { flowControl, registry } = world();
  flowControl.configure(
    [schema('a', 'flood'), schema('b', 'jane')],
    [level('a', 50, { borrowingLimitPercent: 0 }), level('b', 45)],
  );
  const tickets: (Ticket | Promise<Ticket>)[] = [];
  const admit = (user: string) => flowControl.admit(asked(user), undefined, QUIET);
  for (let turn = 0; turn < 7; turn++) tickets.push(admit('flood'));
  assert.equal(tickets.filter((it) => it instanceof Promise).length, 2);
  assert.throws(
    () => admit('flood'),
    (error: Overloaded) => {
      assert.deepEqual(error.by, { schemaUid: 'schema-a', levelUid: 'level-a' });
      return error instanceof Overloaded && error.code === 429 && error.details?.retryAfterSeconds === 1;
    },
  );
  const jane = admit('jane');
  assert.ok(!(jane instanceof Promise));
  assert.deepEqual(jane.by, { schemaUid: 'schema-b', levelUid: 'level-b' });
  assert.deepEqual(flowControl.inFlight, { readOnly: 6, mutating: 0 });
  (tickets[0] as Ticket).release();
  (tickets[0] as Ticket).release();
  const next = await tickets[5]!;
  next.release();
  (await tickets[6]!).release();
  const text = await registry.metrics();
  const counted = 'priority_level="a",flow_schema="a"';
  assert.match(text, new RegExp(`apiserver_flowcontrol_rejected_requests_total{${counted},reason="queue-full"} 1`));
  assert.match(text, new RegExp(`apiserver_flowcontrol_dispatched_requests_total{${counted}} 7`));
  assert.match(text, /apiserver_flowcontrol_nominal_limit_seats{priority_level="a"} 5/);
});

test('one who leaves, or waits too long, is out of the queue', async () => {
  const { flowControl, clock } = world(1);
  flowControl.configure([schema('a', '*')], [level('a', 95, { borrowingLimitPercent: 0 })]);
  const first = flowControl.admit(asked('u'), undefined, QUIET) as Ticket;
  const client = new AbortController();
  const leaving = flowControl.admit(asked('u'), undefined, client) as Promise<Ticket>;
  const waiting = flowControl.admit(asked('u'), undefined, QUIET) as Promise<Ticket>;
  client.abort(new Error('the client left'));
  await assert.rejects(leaving, /the client left/);
  const queues = () => flowControl.levels.find(({ name }) => name === 'a')!.queues;
  assert.deepEqual([queues().waiting, queues().totals.cancelled], [1, 1]);
  const refused = assert.rejects(waiting, Overloaded);
  await clock.advance(15_000);
  await refused;
  assert.deepEqual([queues().waiting, queues().totals.timedOut], [0, 1]);
  first.release();
  assert.equal(queues().isIdle, true);
  const gone = new AbortController();
  gone.abort(new Error('gone'));
  const last = flowControl.admit(asked('u'), undefined, QUIET) as Ticket;
  await assert.rejects(async () => flowControl.admit(asked('u'), undefined, gone), /gone/);
  last.release();
});

test('what a level does not need another has, until it needs it again', async () => {
  const { flowControl, clock } = world(100);
  flowControl.configure(
    [schema('busy', 'busy'), schema('idle', 'idle')],
    [
      level('busy', 50, {
        limitResponse: { type: 'Queue', queuing: { queues: 1, handSize: 1, queueLengthLimit: 500 } },
      }),
      level('idle', 45, { lendablePercent: 80 }),
    ],
  );
  const of = (name: string) => flowControl.levels.find((it) => it.name === name)!;
  assert.deepEqual(of('busy').seats, { nominal: 50, min: 50, max: 150 });
  assert.deepEqual(of('idle').seats, { nominal: 45, min: 9, max: 145 });
  const tickets = Array.from({ length: 200 }, () => flowControl.admit(asked('busy'), undefined, QUIET));
  flowControl.run(QUIET.signal);
  await clock.advance(10_000);
  assert.ok(of('busy').current > 80, String(of('busy').current));
  assert.ok(of('idle').current < 20, String(of('idle').current));
  assert.equal(
    flowControl.levels.reduce((sum, { current }) => sum + current, 0),
    100,
  );
  for (const it of tickets)
    void Promise.resolve(it).then(
      (ticket) => ticket.release(),
      () => {},
    );
  const back = Array.from({ length: 9 }, () => flowControl.admit(asked('idle'), undefined, QUIET));
  await clock.advance(60_000);
  assert.ok(of('idle').current >= 9);
  for (const it of back) (await it).release();
});

test('a level that nobody wants any more is gone when its last request is through', async () => {
  const { flowControl } = world();
  flowControl.configure([schema('a', 'u')], [level('a', 10)]);
  const ticket = (await flowControl.admit(asked('u'), undefined, QUIET)) as Ticket;
  flowControl.configure([schema('a', 'u')], []);
  const names = () => flowControl.levels.map(({ name }) => name);
  assert.deepEqual(names(), ['a', 'catch-all', 'exempt']);
  const other = await flowControl.admit(asked('u'), undefined, QUIET);
  assert.equal(other.by?.levelUid, '');
  ticket.release();
  assert.deepEqual(names(), ['catch-all', 'exempt']);
});

test('upstream’s configuration gives upstream’s seats', () => {
  const { flowControl } = world(600);
  flowControl.configure(bootstrapSchemas(), bootstrapLevels());
  const seats = Object.fromEntries(flowControl.levels.map((it) => [it.name, [it.seats.nominal, it.seats.min]]));
  assert.deepEqual(seats, {
    'catch-all': [13, 13],
    exempt: [0, 0],
    'global-default': [49, 24],
    'leader-election': [25, 25],
    'node-high': [98, 73],
    system: [74, 50],
    'workload-high': [98, 49],
    'workload-low': [245, 24],
  });
  const max = Object.fromEntries(flowControl.levels.map((it) => [it.name, it.requestSeatsMax]));
  assert.deepEqual([max['workload-low'], max['global-default'], max['leader-election']], [37, 8, 4]);
});

test('pages show levels, queues and requests', async () => {
  const { flowControl } = world(2);
  flowControl.configure([schema('a', '*')], [level('a', 95, { borrowingLimitPercent: 0 })]);
  const tickets = Array.from({ length: 3 }, () => flowControl.admit(asked('jane', 'list'), undefined, QUIET));
  const rows = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/, */));
  const [head, first] = rows(dumpLevels(flowControl));
  assert.deepEqual(head?.slice(0, 3), ['PriorityLevelName', 'ActiveQueues', 'IsIdle']);
  assert.deepEqual(first?.slice(0, 7), ['a', '1', 'false', 'false', '1', '2', '2']);
  assert.deepEqual(rows(dumpQueues(flowControl))[1]?.slice(2, 5), ['1', '2', '2']);
  const requests = rows(dumpRequests(flowControl, { details: true, wallMs: 0, nowMs: 0 }));
  assert.equal(requests.length, 4);
  assert.deepEqual(requests[1]?.slice(0, 5), ['a', 'a', requests[1]![2]!, '0', 'jane']);
  assert.equal(requests[1]?.[9], '0001-01-01T00:00:00Z');
  assert.deepEqual(requests[1]?.slice(10, 12), ['jane', 'list']);
  for (const it of tickets) void Promise.resolve(it).then((ticket) => ticket.release());
});

test('how much of its room each level and kind of request took is shown, nanosecond by nanosecond', async () => {
  const { clock, registry, flowControl } = world(10);
  const served = await flowControl.admit(
    {
      ...{ verb: 'get', group: '', resource: 'pods', subresource: '', namespace: 'default', name: 'p' },
      user: { user: 'jane', groups: ['system:authenticated'] },
    },
    undefined,
    QUIET,
  );
  clock.advance(2_000);
  served.release();
  clock.advance(1_000);
  const text = await registry.metrics();
  const value = (line: string) =>
    Number(
      text
        .split('\n')
        .find((it) => it.startsWith(`${line} `))
        ?.slice(line.length + 1),
    );
  const seats = 'apiserver_flowcontrol_priority_level_seat_utilization';
  const [level] = flowControl.levels.filter(({ counts }) => [...counts].some(({ dispatched }) => dispatched > 0));
  const labels = `phase="executing",priority_level="${level!.name}"`;
  assert.equal(value(`${seats}_count{${labels}}`), 3e9);
  assert.equal(value(`${seats}_bucket{${labels},le="0"}`), 1e9);
  assert.equal(value(`${seats}_bucket{${labels},le="+Inf"}`), 3e9);
  assert.equal(value(`${seats}_sum{${labels}}`), 2e9 / level!.current);
  const requests = 'apiserver_flowcontrol_priority_level_request_utilization';
  assert.equal(value(`${requests}_sum{phase="waiting",priority_level="${level!.name}"}`), 0);
  assert.equal(value(`${requests}_sum{${labels}}`), 2e9 / level!.current);
  const kinds = 'apiserver_flowcontrol_read_vs_write_current_requests';
  assert.equal(value(`${kinds}_sum{phase="executing",request_kind="readOnly"}`), 2e8);
  assert.equal(value(`${kinds}_sum{phase="executing",request_kind="mutating"}`), 0);
});
