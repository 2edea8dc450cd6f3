import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Probe } from '@keelson/api';
import { seededRandom } from '@keelson/service';
import { ManualClock } from '@keelson/service/testing';
import { type ProbeKind, ProbeWorker } from './probe-worker.js';

/** Answers: passed, failed, or (undefined) the probe could not be made. */
function given(kind: ProbeKind, probe: Probe, answers: (boolean | undefined)[]) {
  const clock = new ManualClock();
  const seen: string[] = [];
  const worker = new ProbeWorker(
    { kind, probe: { periodSeconds: 10, ...probe }, container: {}, containerId: 'c', startedAt: clock.now() },
    {
      clock,
      random: seededRandom(1),
      ask: async () => {
        const ok = answers.length === 0 ? true : answers.shift();
        if (ok === undefined) throw new Error('the runtime is away');
        seen.push(`${clock.monotonic() / 1000}${ok ? '+' : '-'}`);
        return { ok, output: 'out' };
      },
      isDue: () => true,
      onResult: (ok) => seen.push(ok ? 'UP' : 'DOWN'),
      onFailure: () => {},
      onWarning: () => {},
      onError: ({ message }) => seen.push(message),
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

for (const kind of ['liveness', 'readiness', 'startup'] as const) {
  test(`a ${kind} probe that cannot be made is thrown away after three tries, and what was found before holds`, async () => {
    const away = Array.from({ length: 9 }, () => undefined);
    const { clock, seen, worker } = given(kind, { failureThreshold: 2 }, [false, ...away, false]);
    await clock.advanceAsync(35_000);
    assert.deepEqual(seen, ['0-', ...Array.from({ length: 3 }, () => 'the runtime is away')]);
    assert.equal(worker.verdict, undefined);
    await clock.advanceAsync(10_000);
    assert.deepEqual(seen.slice(4), ['40-', 'DOWN']);
  });
}

test('a try that goes through counts, though the one before it could not be made', async () => {
  const { clock, seen } = given('readiness', {}, [undefined, undefined, true]);
  await clock.advanceAsync(1_000);
  assert.deepEqual(seen, ['0+', 'UP']);
});
