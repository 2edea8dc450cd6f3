import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CpuAccount } from './cpu-account.js';
import type { ProcessStat } from './proc.js';

function stat(pid: number, parent: number, ownTicks: number, waitedTicks = 0, startTicks = pid): ProcessStat {
  const rest = { state: 'S', group: 1, session: 1, minorFaults: 0, majorFaults: 0, rssBytes: 0 };
  return { pid, parent, ownTicks, waitedTicks, startTicks, ...rest };
}

test('a child that its parent waited for is counted once', () => {
  const account = new CpuAccount();
  assert.equal(account.look([stat(1, 0, 10), stat(2, 1, 30)]), 40);
  assert.equal(account.look([stat(1, 0, 10, 35)]), 45);
});

test('a child that nobody of the container waited for stays counted', () => {
  const account = new CpuAccount();
  account.look([stat(1, 0, 10), stat(2, 99, 30)]);
  assert.equal(account.look([stat(1, 0, 11)]), 41);
  assert.equal(account.look([stat(1, 0, 12)]), 42);
});

test('one that has ended and is waited for later is not counted twice', () => {
  const account = new CpuAccount();
  account.look([stat(1, 0, 10), stat(2, 1, 30)]);
  assert.equal(account.look([stat(1, 0, 10)]), 40);
  assert.equal(account.look([stat(1, 0, 10, 30)]), 40);
  assert.equal(account.look([stat(1, 0, 10, 37)]), 47);
});

test('a grandchild goes to the nearest ancestor that lives', () => {
  const account = new CpuAccount();
  account.look([stat(1, 0, 1), stat(2, 1, 5), stat(3, 2, 20)]);
  assert.equal(account.look([stat(1, 0, 1, 25)]), 26);
});

test('a number that is used again is another process', () => {
  const account = new CpuAccount();
  account.look([stat(1, 0, 10), stat(2, 99, 500, 0, 7)]);
  assert.equal(account.look([stat(1, 0, 10), stat(2, 1, 3, 0, 90)]), 513);
});

/** What happens to processes between two looks. */
const step = fc.oneof(
  fc.record({ do: fc.constant('work' as const), who: fc.nat(20), ticks: fc.nat(50) }),
  fc.record({ do: fc.constant('fork' as const), who: fc.nat(20), ticks: fc.nat(0) }),
  fc.record({ do: fc.constantFrom('end' as const, 'orphan' as const), who: fc.nat(20), ticks: fc.nat(0) }),
  fc.record({ do: fc.constant('look' as const), who: fc.nat(0), ticks: fc.nat(0) }),
);

test('the counter never goes back and never counts what was not used', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const account = new CpuAccount();
      let living = [stat(1, 0, 0)];
      let [used, next, last] = [0, 2, 0];
      for (const { do: what, who, ticks } of steps) {
        const chosen = living[who % living.length]!;
        if (what === 'work') {
          used += ticks;
          living = living.map((it) => (it === chosen ? { ...it, ownTicks: it.ownTicks + ticks } : it));
        } else if (what === 'fork') living = [...living, stat(next++, chosen.pid, 0)];
        else if (what === 'look') {
          const counted = account.look(living);
          assert.ok(counted >= last && counted <= used, `${counted} after ${last} of ${used}`);
          last = counted;
        } else if (chosen.pid !== 1) {
          // Waited for by its parent, or by a process that is not the container's; its children are adopted elsewhere.
          const all = chosen.ownTicks + chosen.waitedTicks;
          living = living
            .filter((it) => it !== chosen)
            .map((it) =>
              what === 'end' && it.pid === chosen.parent ? { ...it, waitedTicks: it.waitedTicks + all } : it,
            )
            .map((it) => (it.parent === chosen.pid ? { ...it, parent: 0 } : it));
        }
      }
    }),
    { numRuns: 2000 },
  );
});
