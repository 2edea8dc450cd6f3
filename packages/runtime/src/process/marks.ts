import { readFileSync } from 'node:fs';
import { bootId, listPids, type ProcessIdentity, type ProcessStat, readStat } from './proc.js';

/** The variable that marks every process of a container that kept its environment. */
export const CONTAINER_MARK = 'KEELSON_CONTAINER_ID';

/**
 * A limit of file locks that is a container's own. The kernel ignores this limit since 2.4, yet every child inherits it
 * through fork, exec, setsid and `env -i`, and only a privileged process can raise it: a mark that does not come off by
 * accident.
 */
export function lockLimitOf(id: string): number {
  return Number.parseInt(id.slice(0, 13), 16) + 1;
}

/** A shell line that puts the mark on the shell and all that comes of it; where it cannot, the other marks must do. */
export function markScript(id: string): string {
  const limit = lockLimitOf(id);
  return `prlimit --pid $$ --locks=${limit}:${limit} 2>/dev/null || :`;
}

/** By what the processes of one container are known. */
export interface Marks {
  id: string;
  leader: ProcessIdentity | undefined;
  /** Processes that its shim saw to descend from it. */
  descendants: readonly ProcessIdentity[];
}

/** One process at one look; what costs a read is read when it is asked for, once. */
export class SeenProcess {
  readonly stat: ProcessStat;
  #mark: string | undefined | null = null;
  #lockLimit: number | undefined | null = null;

  constructor(stat: ProcessStat) {
    this.stat = stat;
  }

  get mark(): string | undefined {
    if (this.#mark === null) this.#mark = markOf(this.stat.pid);
    return this.#mark;
  }

  get lockLimit(): number | undefined {
    if (this.#lockLimit === null) this.#lockLimit = lockLimitIn(this.stat.pid);
    return this.#lockLimit;
  }
}

/** Tells the processes of a container from all others. Remembers whom it has found, for their children. */
export class Membership {
  readonly #marks: Marks;
  readonly #limit: number;
  readonly #boot = bootId();
  readonly #found = new Map<number, number>();

  constructor(marks: Marks) {
    this.#marks = marks;
    this.#limit = lockLimitOf(marks.id);
  }

  has(process: SeenProcess): boolean {
    const { stat } = process;
    const member =
      this.#inSession(stat) ||
      this.#isChild(stat) ||
      this.#wasSeen(stat) ||
      process.mark === this.#marks.id ||
      process.lockLimit === this.#limit;
    if (member) this.#found.set(stat.pid, stat.startTicks);
    return member;
  }

  /** The number of a session that is empty can be another's by now. */
  #inSession({ session, startTicks }: ProcessStat): boolean {
    const { leader } = this.#marks;
    if (leader?.pid !== session || leader.bootId !== this.#boot || startTicks < leader.startTicks) return false;
    const first = readStat(session);
    return first === undefined || first.startTicks === leader.startTicks;
  }

  #isChild({ parent, startTicks }: ProcessStat): boolean {
    const parentStart = this.#found.get(parent);
    return parentStart !== undefined && startTicks >= parentStart;
  }

  #wasSeen({ pid, startTicks }: ProcessStat): boolean {
    return this.#marks.descendants.some(
      (it) => it.pid === pid && it.startTicks === startTicks && it.bootId === this.#boot,
    );
  }
}

/** One look at all processes of the host, taken with the first question, for questions about many containers. */
export class ProcessTable {
  #all: SeenProcess[] | undefined;

  /** Every living process of the container. */
  of(marks: Marks): ProcessStat[] {
    this.#all ??= lookAtAll();
    const members = new Membership(marks);
    return this.#all.filter((it) => members.has(it)).map(({ stat }) => stat);
  }
}

function lookAtAll(): SeenProcess[] {
  const all: SeenProcess[] = [];
  for (const pid of listPids()) {
    const stat = pid === process.pid ? undefined : readStat(pid);
    if (stat !== undefined) all.push(new SeenProcess(stat));
  }
  // Parents first, so that children are known by them.
  return all.sort((a, b) => a.stat.startTicks - b.stat.startTicks || a.stat.pid - b.stat.pid);
}

function markOf(pid: number): string | undefined {
  try {
    const environment = readFileSync(`/proc/${pid}/environ`, 'latin1');
    const at = environment.startsWith(`${CONTAINER_MARK}=`) ? 0 : environment.indexOf(`\0${CONTAINER_MARK}=`) + 1;
    if (at === 0 && !environment.startsWith(`${CONTAINER_MARK}=`)) return undefined;
    const start = at + CONTAINER_MARK.length + 1;
    const end = environment.indexOf('\0', start);
    return environment.slice(start, end < 0 ? undefined : end);
  } catch {
    return undefined;
  }
}

function lockLimitIn(pid: number): number | undefined {
  try {
    const hard = /^Max file locks +\S+ +(\d+)/m.exec(readFileSync(`/proc/${pid}/limits`, 'latin1'))?.[1];
    return hard === undefined ? undefined : Number(hard);
  } catch {
    return undefined;
  }
}
