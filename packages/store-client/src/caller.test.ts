import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { status } from '@grpc/grpc-js';
import { seededRandom, systemClock } from '@keelson/service';
import { Caller } from './caller.js';
import { Endpoints } from './endpoints.js';
import { StoreClientError } from './errors.js';

const clock = systemClock();
const never = new StoreClientError(status.UNAVAILABLE, 'No connection established. Last error: ECONNREFUSED');
const dropped = new StoreClientError(status.UNAVAILABLE, 'Connection dropped');

function callerOf(...endpoints: string[]) {
  const known = new Endpoints({ endpoints, tls: undefined }, { clock, random: seededRandom(1), logger: undefined });
  const options = { timeoutMs: 5_000, retryDelayMs: 1, retryDelayMaxMs: 5, requireLeader: true };
  return { caller: new Caller(options, { endpoints: known, clock }), endpoints: known };
}

/** Fails as often as there are errors, then answers; counts how often it was sent and where to. */
function sending(endpoints: Endpoints, ...failures: StoreClientError[]) {
  const sentTo: string[] = [];
  const send = async () => {
    sentTo.push(endpoints.current);
    const failure = failures.shift();
    if (failure) throw failure;
    return 'done';
  };
  return { send, sentTo };
}

describe('Caller', () => {
  test('a read goes to the next member whenever one is unavailable', async () => {
    const { caller, endpoints } = callerOf('a:1', 'b:1', 'c:1');
    const { send, sentTo } = sending(endpoints, dropped, never, dropped, dropped);
    assert.equal(await caller.read(send), 'done');
    assert.equal(sentTo.length, 5);
    assert.equal(new Set(sentTo).size, 3);
  });

  test('a write is sent again only if it was certainly never sent', async () => {
    const { caller, endpoints } = callerOf('a:1', 'b:1');
    const safe = sending(endpoints, never, never);
    assert.equal(await caller.write(safe.send), 'done');
    assert.equal(safe.sentTo.length, 3);
    const unsafe = sending(endpoints, dropped);
    await assert.rejects(caller.write(unsafe.send), { details: 'Connection dropped' });
    assert.equal(unsafe.sentTo.length, 1);
  });

  test('a refusal is final', async () => {
    const { caller, endpoints } = callerOf('a:1', 'b:1');
    const refused = new StoreClientError(status.OUT_OF_RANGE, 'etcdserver: mvcc: required revision has been compacted');
    const { send, sentTo } = sending(endpoints, refused);
    await assert.rejects(caller.read(send), (error) => (error as StoreClientError).isCompacted);
    assert.equal(sentTo.length, 1);
  });

  test('retries end with the time that the call has', async () => {
    const { caller } = callerOf('a:1');
    const send = () => Promise.reject(never);
    await assert.rejects(caller.read(send, { timeoutMs: 30 }), { code: status.UNAVAILABLE });
  });

  test('addresses that are none are refused', () => {
    const { endpoints } = callerOf('http://a:1/path');
    assert.throws(() => endpoints.connection(), /is not of the form/);
    assert.throws(() => callerOf(), /no endpoint is given/);
  });
});
