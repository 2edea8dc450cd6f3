import assert from 'node:assert/strict';
import { test } from 'node:test';
import { silentLogger } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import type { CriClient } from '../cri/cri-client.js';
import { RuntimeHealth } from './runtime-health.js';

type Condition = { type: string; status: boolean; reason: string; message: string };
const is = (type: string, status: boolean): Condition => ({ type, status, reason: 'Why', message: 'so' });

function given() {
  const clock = new ManualClock();
  const state = { away: false, conditions: [is('RuntimeReady', true), is('NetworkReady', true)], relistAt: 0 };
  const runtime = {
    status: async () => {
      if (state.away) throw new Error('no connection');
      return { status: { conditions: state.conditions } };
    },
  } as unknown as CriClient['runtime'];
  const health = new RuntimeHealth({ runtime, clock, logger: silentLogger, lastRelistAt: () => state.relistAt });
  const pass = async (seconds: number) => {
    for (let left = seconds; left > 0; left -= 5) {
      clock.advance(5_000);
      await health.check();
    }
    return await health.problem();
  };
  return { clock, state, health, pass };
}

test('a runtime that is away makes the node unready after half a minute, not with one call', async () => {
  const { state, health, pass } = given();
  assert.equal(await health.problem(), undefined);
  state.away = true;
  assert.equal(await pass(25), undefined);
  assert.equal(await pass(5), 'container runtime is down');
  state.away = false;
  assert.equal(await pass(5), undefined);
});

test('a runtime that says that it is not ready is believed at once', async () => {
  const { state, health, pass } = given();
  assert.equal(await health.problem(), undefined);
  state.conditions = [is('RuntimeReady', true), is('NetworkReady', false)];
  assert.equal(await pass(5), 'container runtime network not ready: NetworkReady=false reason:Why message:so');
  state.conditions = [is('RuntimeReady', false)];
  assert.equal(
    await pass(5),
    '[container runtime not ready: RuntimeReady=false reason:Why message:so, container runtime network not ready: NetworkReady is not reported]',
  );
});

test('a runtime that was never heard of, and lists that are too old', async () => {
  const { state, health, pass } = given();
  state.away = true;
  assert.equal(await health.problem(), 'container runtime status check may not have completed yet');
  state.away = false;
  assert.equal(await pass(180), undefined);
  assert.equal(await pass(10), 'PLEG is not healthy: pleg was last seen active 190s ago; threshold is 3m0s');
});
