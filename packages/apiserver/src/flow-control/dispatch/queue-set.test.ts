import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '@keelson/service';
import { FlowCounts } from './flow-counts.js';
import { QueueSet } from './queue-set.js';
import { QueuedRequest } from './queued-request.js';
import { deal, handOf } from './shuffle-sharding.js';
import { ONE_SEAT, type Work } from './work.js';

const asked = {
  ...{ user: { user: 'u', groups: [] }, verb: 'get', group: '', resource: 'pods', subresource: '' },
  ...{ namespace: '', name: '' },
};
const counts = new FlowCounts('s');
const arrival = (flow = '', work: Work = ONE_SEAT) => ({ work, counts, flow, asked });

function queueing(limit: number, queueLengthLimit = 10): QueueSet {
  const set = new QueueSet(0);
  set.configure({ queues: 4, queueLengthLimit }, limit, 0);
  return set;
}

function started(set: QueueSet, hand: readonly number[], now = 0, work: Work = ONE_SEAT): QueuedRequest {
  const request = set.start(arrival('', work), hand, now);
  assert.ok(request instanceof QueuedRequest, String(request));
  return request;
}

test('what has a seat goes at once, the rest waits in its queue and is refused when that is full', () => {
  const set = queueing(1, 2);
  const first = started(set, [0]);
  assert.equal(first.phase, 'executing');
  const [second, third] = [started(set, [0]), started(set, [0])];
  assert.equal(set.start(arrival(), [0], 0), 'queue-full');
  assert.equal(started(set, [1]).phase, 'waiting');
  const order: number[] = [];
  second.onStart = () => order.push(2);
  third.onStart = () => order.push(3);
  assert.equal(set.finish(first, 5), 0);
  assert.deepEqual(order, []); // the other queue has been served less
  assert.equal(set.seatsInUse, 1);
});

test('without queues what has no seat is refused, and what is exempt never is', () => {
  const set = new QueueSet(0);
  set.configure({ queues: 0, queueLengthLimit: 0 }, 1, 0);
  const first = started(set, []);
  assert.equal(set.start(arrival(), [], 0), 'concurrency-limit');
  set.finish(first, 1);
  started(set, [], 1);
  set.configure({ queues: 0, queueLengthLimit: 0 }, 'exempt', 1);
  for (let turn = 0; turn < 100; turn++) assert.equal(started(set, [], 1).phase, 'executing');
  set.configure({ queues: 4, queueLengthLimit: 1 }, 0, 1);
  const jailed = new QueueSet(0);
  jailed.configure({ queues: 4, queueLengthLimit: 1 }, 0, 0);
  assert.equal(started(jailed, [0]).phase, 'waiting');
});

test('a request that leaves makes room for the next, and so does one that is too wide to go', () => {
  const set = queueing(4);
  const running = started(set, [0]);
  const wide = started(set, [1], 0, { initialSeats: 4, finalSeats: 0, lingerMs: 0 });
  // Narrow ones behind it are through later in the virtual world.
  const narrow = [started(set, [1]), started(set, [1])];
  assert.deepEqual([wide.phase, ...narrow.map(({ phase }) => phase)], ['waiting', 'waiting', 'waiting']);
  assert.equal(set.withdraw(wide, 'cancelled', 1), true);
  assert.deepEqual(
    narrow.map(({ phase }) => phase),
    ['executing', 'executing'],
  );
  assert.equal(set.withdraw(wide, 'cancelled', 1), false);
  assert.equal(set.totals.cancelled, 1);
  set.finish(running, 2);
  for (const it of narrow) set.finish(it, 2);
  assert.equal(set.isIdle, true);
  assert.equal(set.queues.length, 0);
});

test('what is wider than all there is goes alone', () => {
  const set = queueing(2);
  const running = started(set, [0]);
  const wide = started(set, [1], 0, { initialSeats: 5, finalSeats: 0, lingerMs: 0 });
  assert.equal(wide.phase, 'waiting');
  set.finish(running, 1);
  assert.equal(wide.phase, 'executing');
  assert.equal(started(set, [2], 1).phase, 'waiting');
});

test('final seats stay taken for their time, and are fewer for longer where there are not as many', () => {
  const set = queueing(2);
  const request = started(set, [0], 0, { initialSeats: 1, finalSeats: 4, lingerMs: 10 });
  assert.equal(set.finish(request, 1), 20);
  assert.deepEqual([set.seatsInUse, set.executing], [2, 0]);
  const next = started(set, [1], 1);
  assert.equal(next.phase, 'waiting');
  set.release(request, 21);
  assert.equal(next.phase, 'executing');
  set.release(request, 22);
  assert.equal(set.seatsInUse, 1);
});

test('two flows that never stop get the same, however many requests one of them has', () => {
  const set = queueing(4, 1_000);
  const served = [0, 0];
  const running: { request: QueuedRequest; flow: number }[] = [];
  const join = (flow: number, now: number) => {
    const request = started(set, [flow], now);
    const note = () => {
      served[flow]!++;
      running.push({ request, flow });
    };
    if (request.phase === 'executing') note();
    else request.onStart = note;
  };
  for (let turn = 0; turn < 500; turn++) join(0, 0);
  for (let turn = 0; turn < 10; turn++) join(1, 0);
  for (let now = 10; now <= 1_000; now += 10)
    for (const { request, flow } of running.splice(0)) {
      set.finish(request, now);
      join(flow, now);
    }
  const [flood, modest] = served as [number, number];
  assert.ok(Math.abs(flood - modest) <= 10, `${flood} and ${modest}`);
});

test('one who comes goes before a flood of long requests, however little of them is over yet', () => {
  const set = queueing(6, 1_000);
  const wide = { initialSeats: 2, finalSeats: 0, lingerMs: 0 };
  const flood = Array.from({ length: 150 }, (_, turn) => started(set, [turn % 3], 0, wide));
  // Nothing of the flood was over before; its second round has been waiting for long.
  const [first] = flood.filter(({ phase }) => phase === 'executing');
  const jane = started(set, [3], 5_000);
  set.finish(first!, 5_001);
  assert.equal(jane.phase, 'executing');
});

test('hands are of different queues, and as likely as each other', () => {
  const random = seededRandom(1);
  const seen = new Array<number>(16).fill(0);
  for (let turn = 0; turn < 4_000; turn++) {
    const hand = deal(random.bytes(8).readBigUInt64LE(), 16, 4);
    assert.equal(new Set(hand).size, 4);
    for (const card of hand) seen[card]!++;
  }
  for (const count of seen) assert.ok(Math.abs(count - 1_000) < 150, seen.join());
  assert.deepEqual(
    handOf('s', 'jane', { queues: 128, handSize: 6 }),
    handOf('s', 'jane', { queues: 128, handSize: 6 }),
  );
  assert.deepEqual([...deal(7n, 3, 3)].sort(), [0, 1, 2]);
});

/** A random history of arrivals, ends, departures and new limits, with what always holds checked after each step. */
function history(seed: number): void {
  const random = seededRandom(seed);
  let now = 0;
  let limit = 1 + random.integer(8);
  const set = new QueueSet(0);
  const configure = (queues: number) => set.configure({ queues, queueLengthLimit: 5 }, limit, now);
  let queues = 1 + random.integer(8);
  configure(queues);
  const own = new FlowCounts('s');
  const all = new Set<QueuedRequest>();
  const lingering: { request: QueuedRequest; at: number }[] = [];
  let arrived = 0;
  let over = 0;
  const end = (request: QueuedRequest) => {
    const lingerMs = set.finish(request, now);
    if (lingerMs > 0) lingering.push({ request, at: now + lingerMs });
    else over++;
    all.delete(request);
  };
  const release = (until: number) => {
    lingering.sort((a, b) => a.at - b.at);
    while ((lingering[0]?.at ?? Number.POSITIVE_INFINITY) <= until) {
      const { request, at } = lingering.shift()!;
      now = Math.max(now, at);
      set.release(request, now);
      over++;
    }
  };
  const step = () => {
    release(now + random.integer(10));
    const chance = random.float();
    const phase = (wanted: string) => [...all].filter((it) => it.phase === wanted);
    const pick = <T>(from: readonly T[]): T | undefined => from[random.integer(Math.max(1, from.length))];
    if (chance < 0.5) {
      const flow = `f${random.integer(4)}`;
      const work = {
        initialSeats: 1 + random.integer(3),
        finalSeats: random.integer(4),
        lingerMs: random.integer(2) * 7,
      };
      const hand = handOf('s', flow, { queues, handSize: Math.min(2, queues) });
      const result = set.start({ work, counts: own, flow, asked }, hand, now);
      arrived++;
      if (result instanceof QueuedRequest) all.add(result);
      else over++;
    } else if (chance < 0.85) {
      const request = pick(phase('executing'));
      if (request !== undefined) end(request);
    } else if (chance < 0.95) {
      const request = pick(phase('waiting'));
      if (request !== undefined && set.withdraw(request, 'cancelled', now)) {
        all.delete(request);
        over++;
      }
    } else {
      limit = 1 + random.integer(8);
      queues = 1 + random.integer(8);
      configure(queues);
    }
    check();
  };
  const check = () => {
    const running = [...all].filter((it) => it.phase === 'executing');
    const waiting = [...all].filter((it) => it.phase === 'waiting');
    const seats = (of: readonly QueuedRequest[]) => of.reduce((sum, it) => sum + it.seats, 0);
    const used = seats(running) + seats(lingering.map(({ request }) => request));
    assert.equal(set.seatsInUse, used, 'seats are counted');
    assert.deepEqual([set.executing, set.waiting], [running.length, waiting.length], 'requests are counted');
    assert.equal(arrived, over + all.size + lingering.length, 'nothing is lost');
    assert.equal(own.waitingSeats, seats(waiting));
    assert.equal(own.executingSeats, used);
    // Nobody waits while the next in line would have a seat.
    if (used === 0) assert.equal(waiting.length, 0, 'what could go goes');
    const inQueues = set.queues.reduce((sum, queue) => sum + queue.waiting.size, 0);
    assert.equal(inQueues, waiting.length);
  };
  for (let turn = 0; turn < 400; turn++) {
    const before = Math.max(limit, set.seatsInUse);
    step();
    const after = set.seatsInUse;
    // A limit that shrank is reached by attrition; nothing is started beyond it but one that is alone.
    const alone = set.executing + lingering.length === 1;
    assert.ok(after <= Math.max(limit, before) || alone, `seed ${seed}: ${after} of ${limit}`);
  }
  for (let turn = 0; turn < 10_000 && (all.size > 0 || lingering.length > 0); turn++) {
    now++;
    for (const it of [...all].filter(({ phase }) => phase === 'executing')) end(it);
    release(now + 10);
    check();
  }
  assert.equal(all.size, 0, 'nobody starves');
  assert.deepEqual([set.demand, set.isIdle, set.queues.length], [0, true, 0]);
}

test('whatever comes, seats are never exceeded, nothing is lost and nobody starves', () => {
  for (let seed = 1; seed <= 150; seed++) history(seed);
});
