import type { Clock } from '@keelson/service';
import { RuntimeError } from '../errors.js';
import type { ControlGroup } from './control-group.js';
import { type Marks, Membership, ProcessTable, SeenProcess } from './marks.js';
import { listPids, type ProcessStat, readStat, sendSignal } from './proc.js';

const PAUSE_MIN_MS = 2;
const PAUSE_MAX_MS = 200;
/** Looks in a row in which new processes may turn up before those that were found are killed. */
const LOOKS_MAX = 100;
/** Glances without a find after which nothing is there: what forks and ends all the time can be missed by one. */
const GLANCES = 5;

/** All that a container started: what its control group holds where it has one, what bears its marks where not. */
export class ContainerProcesses {
  readonly #marks: () => Marks;
  readonly #group: ControlGroup | undefined;

  constructor(group: ControlGroup | undefined, marks: () => Marks) {
    this.#group = group;
    this.#marks = marks;
  }

  /** What counts for all of them at once, where they have that. */
  get group(): ControlGroup | undefined {
    return this.#group;
  }

  list(table?: ProcessTable): ProcessStat[] {
    if (this.#group === undefined) return (table ?? new ProcessTable()).of(this.#marks());
    return this.#group.pids().flatMap((pid) => readStat(pid) ?? []);
  }

  /**
   * Kills until nothing is left, and answers only then. Past the deadline it rejects with what cannot be killed: a process
   * that waits for a device or a file system is beyond SIGKILL.
   */
  async end(clock: Clock, withinMs = Number.POSITIVE_INFINITY): Promise<void> {
    const until = clock.monotonic() + withinMs;
    for (let pause = PAUSE_MIN_MS; !(await this.#strike(clock)); pause = Math.min(2 * pause, PAUSE_MAX_MS)) {
      if (clock.monotonic() > until) {
        const pids = this.list().map(({ pid }) => pid);
        throw new RuntimeError('internal', `processes ${pids.join(', ')} of ${this.#marks().id} cannot be killed`);
      }
      await clock.sleep(pause);
    }
  }

  /** One blow at everything that is there; true when there was nothing. */
  async #strike(clock: Clock): Promise<boolean> {
    if (this.#group === undefined) return await strikeMarked(this.#marks(), clock);
    if (this.#group.remove()) return true;
    this.#group.strike();
    return false;
  }
}

/** Stops each as soon as it is found, so that it cannot fork away, until nothing new is found; then kills them all. */
async function strikeMarked(marks: Marks, clock: Clock): Promise<boolean> {
  const members = new Membership(marks);
  const stopped = new Map<number, number>();
  const strangers = new Set<number>();
  for (let look = 0, quiet = 0; look < LOOKS_MAX && quiet < GLANCES; look++) {
    let found = false;
    for (const pid of listPids()) {
      // A stranger stays one unless its parent turns out to be a member.
      if (pid === process.pid || (quiet > 0 && strangers.has(pid))) continue;
      const stat = readStat(pid);
      if (stat === undefined || stopped.get(pid) === stat.startTicks) continue;
      if (members.has(new SeenProcess(stat))) {
        sendSignal(pid, 'SIGSTOP');
        stopped.set(pid, stat.startTicks);
        found = true;
      } else strangers.add(pid);
    }
    quiet = found ? 0 : quiet + 1;
    if (!found) await clock.sleep(PAUSE_MIN_MS);
  }
  for (const pid of stopped.keys()) sendSignal(pid, 'SIGKILL');
  return stopped.size === 0;
}
