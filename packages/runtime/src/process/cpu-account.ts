import type { ProcessStat } from './proc.js';

/** A process for all time of one boot: numbers are used again, start times are not. */
type Key = string;

/**
 * The CPU time of a changing set of processes, as a counter that never goes back. What a process used is its own; when it
 * ends, it is its parent's if the parent waited for it, and nobody's if not: then it is remembered here.
 */
export class CpuAccount {
  #last = new Map<Key, ProcessStat>();
  /** Ticks of processes that have ended and are in no living process' count. */
  #orphaned = 0;
  /** Of these, what a living ancestor may still wait for: ended processes stay zombies until then. */
  #expected = new Map<Key, number>();
  #total = 0;

  /** Ticks used since the first look, by those that are there now and by all that were. */
  look(processes: readonly ProcessStat[]): number {
    const now = new Map(processes.map((it) => [keyOf(it), it]));
    const heirOf = heirs(this.#last, now);
    const taken = new Map<Key, number>();
    for (const [key, gone] of this.#last) {
      if (now.has(key)) continue;
      const ticks = gone.ownTicks + gone.waitedTicks;
      const heir = heirOf(gone);
      if (heir === undefined) this.#orphaned += ticks;
      else taken.set(heir, (taken.get(heir) ?? 0) + ticks);
    }
    const expected = new Map<Key, number>();
    for (const [key, { waitedTicks }] of now) {
      const gained = waitedTicks - (this.#last.get(key)?.waitedTicks ?? 0);
      const missing = (taken.get(key) ?? 0) - gained;
      const before = this.#expected.get(key) ?? 0;
      // What is missing now may come later, and what came more than was due was missing before.
      const after = Math.max(0, before + missing);
      this.#orphaned += after - before;
      if (after > 0) expected.set(key, after);
    }
    this.#last = now;
    this.#expected = expected;
    const living = processes.reduce((sum, it) => sum + it.ownTicks + it.waitedTicks, 0);
    this.#total = Math.max(this.#total, living + this.#orphaned);
    return this.#total;
  }
}

/** Who lives now and was the nearest living ancestor of one that has ended, by what was known when both lived. */
function heirs(
  last: ReadonlyMap<Key, ProcessStat>,
  now: ReadonlyMap<Key, ProcessStat>,
): (gone: ProcessStat) => Key | undefined {
  const byPid = new Map([...last.values()].map((it) => [it.pid, it]));
  const known = new Map<Key, Key | undefined>();
  return (gone) => {
    const passed = new Set([keyOf(gone)]);
    let heir: Key | undefined;
    for (let it = byPid.get(gone.parent); it !== undefined; it = byPid.get(it.parent)) {
      const key = keyOf(it);
      if (now.has(key)) heir = key;
      else if (known.has(key)) heir = known.get(key);
      else if (!passed.has(key)) {
        passed.add(key);
        continue;
      }
      break;
    }
    for (const key of passed) known.set(key, heir);
    return heir;
  };
}

function keyOf({ pid, startTicks }: ProcessStat): Key {
  return `${pid}/${startTicks}`;
}
