import { readdirSync, readFileSync } from 'node:fs';
import type { Clock, Timer } from '@keelson/service';
import { identify, type ProcessIdentity, readStat } from './proc.js';

const LOOK_EVERY_MS = 500;
/** More are not remembered; the marks that all processes inherit must do for the rest. */
const SEEN_MAX = 1_000;

/**
 * Follows a container's descendants where there is no control group: a process that left its session is remembered while
 * its line to the program can still be seen, for it may lose its marks (PAM sets limits anew) and its parent later.
 */
export class DescendantWatch {
  readonly #leader: ProcessIdentity;
  readonly #onChange: (seen: ProcessIdentity[]) => void;
  #seen: ProcessIdentity[] = [];
  #timer: Timer | undefined;

  constructor(leader: ProcessIdentity, onChange: (seen: ProcessIdentity[]) => void) {
    this.#leader = leader;
    this.#onChange = onChange;
  }

  start(clock: Clock): void {
    this.#timer = clock.every(LOOK_EVERY_MS, () => this.look());
  }

  stop(): void {
    this.#timer?.cancel();
  }

  look(): void {
    const outside = new Map<number, ProcessIdentity>();
    const known = new Map(this.#seen.map((it) => [it.pid, it]));
    const queue = [this.#leader.pid, ...known.keys()];
    const visited = new Set<number>();
    for (let pid = queue.pop(); pid !== undefined; pid = queue.pop()) {
      if (visited.has(pid)) continue;
      visited.add(pid);
      const stat = readStat(pid);
      if (stat === undefined) continue;
      queue.push(...childrenOf(pid));
      const left = stat.session !== this.#leader.pid && outside.size < SEEN_MAX;
      const identity = left ? identify(pid) : undefined;
      if (identity !== undefined) outside.set(pid, identity);
    }
    const next = [...outside.values()];
    const changed =
      next.length !== this.#seen.length || next.some((it) => known.get(it.pid)?.startTicks !== it.startTicks);
    this.#seen = next;
    if (changed) this.#onChange(next);
  }
}

/** Children are listed with the thread that forked them. */
function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readFileSync(`/proc/${pid}/task/${thread}/children`, 'latin1').split(' ').filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}
