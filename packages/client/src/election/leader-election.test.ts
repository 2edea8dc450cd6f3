import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { apiErrors, type Lease } from '@keelson/api';
import { type Logger, seededRandom, silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { ApiClient } from '../api-client.js';
import { deferred } from '../deferred.js';
import { resources } from '../resource.js';
import { MemoryTransport, until } from '../testing/index.js';
import { LeaderElection } from './leader-election.js';

const KEY = { namespace: 'kube-system', name: 'test' };

function world() {
  const clock = new ManualClock();
  const server = new MemoryTransport({ clock });
  const client = new ApiClient(server);
  const candidate = (identity: string, on: ManualClock = clock) =>
    new LeaderElection({ ...KEY, identity }, { client, clock: on, random: seededRandom(7), logger: silentLogger });
  const holder = async () => (await client.get<Lease>(resources.leases, KEY)).spec?.holderIdentity;
  return { clock, server, client, candidate, holder };
}

/** A term of office that lasts until its signal aborts. */
function term() {
  const begun = deferred<AbortSignal>();
  const lead = (signal: AbortSignal) => {
    begun.resolve(signal);
    return new Promise<void>((resolve) => {
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  };
  return { lead, begun: begun.promise };
}

const isUpdate = ({ verb }: { verb: string }) => verb === 'update' || verb === 'create' || verb === 'get';

describe('LeaderElection', () => {
  it('takes a lease that nobody holds, and gives it back at the end', async () => {
    const { candidate, holder } = world();
    const stop = new AbortController();
    const { lead, begun } = term();
    const running = candidate('a').run(lead, stop.signal);
    await begun;
    assert.equal(await holder(), 'a');
    stop.abort();
    await running;
    assert.equal(await holder(), '');
  });

  it('tells once why it cannot have the lease', async () => {
    const { clock, server, client } = world();
    const told: string[] = [];
    const warn = ({ reason }: { reason: string }) => void told.push(reason);
    const logger = { info: () => {}, debug: () => {}, warn } as unknown as Logger;
    const election = new LeaderElection({ ...KEY, identity: 'a' }, { client, clock, random: seededRandom(7), logger });
    server.intercept = () => apiErrors.forbidden({ group: '', plural: 'leases' }, 'test', 'no rights');
    const stop = new AbortController();
    const { lead, begun } = term();
    const running = election.run(lead, stop.signal);
    await clock.advanceAsync(20_000);
    server.intercept = () => undefined;
    await clock.advanceAsync(5_000);
    await begun;
    assert.equal(told.length, 1);
    assert.match(told[0] ?? '', /no rights/);
    stop.abort();
    await running;
  });

  it('keeps its lease by renewing it', async () => {
    const { clock, server, client, candidate } = world();
    const stop = new AbortController();
    const { lead, begun } = term();
    const running = candidate('a').run(lead, stop.signal);
    const signal = await begun;
    const first = await client.get<Lease>(resources.leases, KEY);
    const before = server.requests.length;
    for (let step = 0; step < 100; step++) await clock.advanceAsync(1_000);
    const renewals = server.requests.slice(before);
    assert.ok(renewals.length > 30);
    assert.ok(
      renewals.every(({ verb }) => verb === 'update'),
      'nobody else writes it: there is nothing to read',
    );
    // Somebody else wrote something else of it.
    await client.patch(resources.leases, KEY, 'merge', { metadata: { labels: { a: 'b' } } });
    for (let step = 0; step < 10; step++) await clock.advanceAsync(1_000);
    assert.deepEqual((await client.get<Lease>(resources.leases, KEY)).metadata.labels, { a: 'b' });
    const now = await client.get<Lease>(resources.leases, KEY);
    assert.equal(signal.aborted, false);
    assert.notEqual(now.spec?.renewTime, first.spec?.renewTime);
    assert.equal(now.spec?.acquireTime, first.spec?.acquireTime);
    stop.abort();
    await running;
  });

  it('waits for another’s lease by its own clock, whatever the record’s times say', async () => {
    const { clock, client, candidate, holder } = world();
    const spec = { holderIdentity: 'other', leaseDurationSeconds: 15, renewTime: '1999-01-01T00:00:00.000000Z' };
    await client.create<Lease>(resources.leases, { metadata: KEY, spec });
    const stop = new AbortController();
    const { lead, begun } = term();
    const running = candidate('a').run(lead, stop.signal);
    for (let step = 0; step < 14; step++) await clock.advanceAsync(1_000);
    assert.equal(await holder(), 'other');
    let led = false;
    void begun.then(() => {
      led = true;
    });
    await until(() => led, { clock });
    assert.equal(await holder(), 'a');
    assert.equal((await client.get<Lease>(resources.leases, KEY)).spec?.leaseTransitions, 1);
    stop.abort();
    await running;
  });

  it('never takes a lease that its holder keeps renewing', async () => {
    const { clock, candidate, holder } = world();
    const stop = new AbortController();
    const first = term();
    const second = term();
    const running = [candidate('a').run(first.lead, stop.signal)];
    await first.begun;
    running.push(candidate('b').run(second.lead, stop.signal));
    for (let step = 0; step < 120; step++) await clock.advanceAsync(500);
    assert.equal(await holder(), 'a');
    stop.abort();
    await Promise.all(running);
  });

  it('stops leading when it could not renew in time', async () => {
    const { clock, server, candidate } = world();
    const { lead, begun } = term();
    const running = candidate('a').run(lead, new AbortController().signal);
    const signal = await begun;
    server.intercept = (request) => (isUpdate(request) ? apiErrors.serviceUnavailable('down') : undefined);
    await until(() => signal.aborted, { clock });
    await running;
  });

  it('stops leading before another could, however long the server keeps it waiting', async () => {
    const { clock, server, candidate } = world();
    const { lead, begun } = term();
    const running = candidate('a').run(lead, new AbortController().signal);
    const signal = await begun;
    const renewedAt = clock.monotonic();
    // Requests fail at once until shortly before the deadline; then one hangs until it is given up.
    server.intercept = (request) => {
      if (!isUpdate(request)) return undefined;
      if (clock.monotonic() - renewedAt < 9_900) return apiErrors.serviceUnavailable('down');
      return new Promise(() => {});
    };
    await until(() => signal.aborted, { clock, stepMs: 10 });
    assert.ok(clock.monotonic() - renewedAt <= 10_000 + 10, `led for ${clock.monotonic() - renewedAt} ms`);
    server.intercept = () => undefined;
    void running;
  });

  it('lets go of the lease when the work fails, and fails with it', async () => {
    const { clock, server, candidate, holder } = world();
    const running = candidate('a').run(() => Promise.reject(new Error('broken')), new AbortController().signal);
    await assert.rejects(running, /broken/);
    assert.equal(await holder(), '');
    const before = server.requests.length;
    await clock.advanceAsync(60_000);
    assert.equal(server.requests.length, before, 'nothing renews after the end');
  });
});
