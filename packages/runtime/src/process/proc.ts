import { readdirSync, readFileSync } from 'node:fs';

/** A process, told apart from a later one that got the same number. */
export interface ProcessIdentity {
  pid: number;
  /** Start time in clock ticks after boot; with the boot's id it names a process for all time. */
  startTicks: number;
  bootId: string;
}

/** What /proc/<pid>/stat says that the runtime needs. */
export interface ProcessStat {
  pid: number;
  state: string;
  group: number;
  session: number;
  /** Ticks of CPU: own, and of children that were waited for. */
  cpuTicks: number;
  minorFaults: number;
  majorFaults: number;
  startTicks: number;
  rssBytes: number;
}

const PAGE_BYTES = 4096;
export const TICKS_PER_SECOND = 100;

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** undefined once the process is gone; a zombie counts as gone. */
function readStat(pid: number): ProcessStat | undefined {
  let text: string;
  try {
    text = readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch {
    return undefined;
  }
  // The second field is the program's name in parentheses and may itself hold spaces and parentheses.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const at = (index: number) => Number(fields[index - 3]);
  const state = fields[0] ?? 'X';
  if (state === 'Z' || state === 'X') return undefined;
  return {
    pid,
    state,
    group: at(5),
    session: at(6),
    cpuTicks: at(14) + at(15) + at(16) + at(17),
    minorFaults: at(10),
    majorFaults: at(12),
    startTicks: at(22),
    rssBytes: at(24) * PAGE_BYTES,
  };
}

export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readStat(pid);
  return stat && { pid, startTicks: stat.startTicks, bootId: bootId() };
}

export function isAlive(identity: ProcessIdentity): boolean {
  return identity.bootId === bootId() && readStat(identity.pid)?.startTicks === identity.startTicks;
}

function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => name >= '0' && name <= '9~')
    .map(Number);
}

/** The variable that marks every process of a container, whatever session it moved itself to. */
export const CONTAINER_MARK = 'KEELSON_CONTAINER_ID';

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

/** One look at all processes of the host, for questions about many containers. */
export class ProcessTable {
  readonly #all: { stat: ProcessStat; mark: string | undefined }[] = [];

  constructor() {
    for (const pid of listPids()) {
      const stat = pid === process.pid ? undefined : readStat(pid);
      if (stat !== undefined) this.#all.push({ stat, mark: markOf(pid) });
    }
  }

  /** Every living process of the container: those in its leader's session, and those that carry its mark. */
  of(id: string, leader: ProcessIdentity | undefined): ProcessStat[] {
    const session = leader !== undefined && leader.bootId === bootId() ? leader : undefined;
    return this.#all
      .filter(
        ({ stat, mark }) => mark === id || (session?.pid === stat.session && stat.startTicks >= session.startTicks),
      )
      .map(({ stat }) => stat);
  }
}

/** Answers whether the process was there to take the signal. */
export function sendSignal(pid: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(pid, signal);
    return true;
  } catch {
    return false;
  }
}

/** SIGKILLs every process of the container until a look finds none: one may fork while it is being killed. */
export function killContainer(id: string, leader: ProcessIdentity | undefined): void {
  for (let round = 0; round < 50; round++) {
    const alive = new ProcessTable().of(id, leader);
    if (alive.length === 0) return;
    for (const { pid } of alive) sendSignal(pid, 'SIGKILL');
  }
}
