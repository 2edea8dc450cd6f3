import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { type ProbeKind, ProbeWorker } from './probe-worker.js';

function given(kind: ProbeKind, probe: Probe, answers: boolean[]) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const worker = new ProbeWorker(
    { kind, probe: { periodSeconds: 10, ...probe }, container: {}, containerId: 'c', startedAt: clock.now() },
    {
      clock,
      random: seededRandom(1),
      ask: async () => {
        const ok = answers.shift() ?? true;
        seen.push(`${clock.monotonic() / 1000}${ok ? '+' : '-'}`);
        return { ok, output: 'out' };
      },
      isDue: () => true,
      onResult: (ok) => seen.push(ok ? 'UP' : 'DOWN'),
      onFailure: () => {},
    },
  );
  worker.start();
  return { clock, worker, seen };
}

test('readiness follows the answers, after enough of them in a row', async () => {
  const { clock, seen, worker } = given('readiness', { initialDelaySeconds: 5, successThreshold: 2 }, [
    true,
    false,
    true,
    true,
    false,
    false,
    false,
    true,
  ]);
  assert.equal(worker.verdict, undefined);
  await clock.advanceAsync(75_000);
  assert.deepEqual(seen, ['5+', '15-', '25+', '35+', 'UP', '45-', '55-', '65-', 'DOWN', '75+']);
});

test('a liveness probe that has failed asks no more', async () => {
  const { clock, seen, worker } = given('liveness', { failureThreshold: 2 }, [true, false, false, true]);
  await clock.advanceAsync(100_000);
  assert.deepEqual(seen, ['0+', 'UP', '10-', '20-', 'DOWN']);
  assert.equal(worker.verdict, false);
});

test('a startup probe asks until the container has started', async () => {
  const { clock, seen } = given('startup', { failureThreshold: 3 }, [false, false, true]);
  await clock.advanceAsync(100_000);
  assert.deepEqual(seen, ['0-', '10-', '20+', 'UP']);
});
