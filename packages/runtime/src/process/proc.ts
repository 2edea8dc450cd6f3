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
  parent: number;
  group: number;
  session: number;
  /** Ticks of CPU of its threads, those that have ended included. */
  ownTicks: number;
  /** Ticks of CPU of the children that it waited for, and of those that they waited for. */
  waitedTicks: number;
  minorFaults: number;
  majorFaults: number;
  startTicks: number;
  rssBytes: number;
}

const AT_PAGESZ = 6;
const AT_CLKTCK = 17;
/** What the kernel tells each program of the machine: its pages' size, and how long a tick is. */
export const { PAGE_BYTES, TICKS_PER_SECOND } = kernelUnits();

function kernelUnits(): { PAGE_BYTES: number; TICKS_PER_SECOND: number } {
  const told = new Map<number, number>();
  try {
    const words = new BigUint64Array(new Uint8Array(readFileSync('/proc/self/auxv')).buffer);
    for (let at = 0; at + 1 < words.length; at += 2) told.set(Number(words[at]), Number(words[at + 1]));
  } catch {
    // Not a Linux of 64 bits: what nearly all machines have must do.
  }
  return { PAGE_BYTES: told.get(AT_PAGESZ) ?? 4096, TICKS_PER_SECOND: told.get(AT_CLKTCK) ?? 100 };
}

export function bootId(): string {
  return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
}

/** undefined once the process is gone; a zombie counts as gone. */
export function readStat(pid: number): ProcessStat | undefined {
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
    parent: at(4),
    group: at(5),
    session: at(6),
    ownTicks: at(14) + at(15),
    waitedTicks: at(16) + at(17),
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

/** Every process of the host, newest first as far as numbers tell: what has just been forked is looked at before it is gone. */
export function listPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => name >= '0' && name <= '9~')
    .map(Number)
    .reverse();
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
