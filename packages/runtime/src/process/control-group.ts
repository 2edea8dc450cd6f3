import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { sendSignal } from './proc.js';

/**
 * A control group of the kernel that holds all processes of one container: nothing that is born in it can leave it by
 * setsid, `env -i` or a second fork. Cgroup v2, or v1's freezer.
 */
export class ControlGroup {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get exists(): boolean {
    return existsSync(this.directory);
  }

  /** Where a process writes its number to join. */
  get door(): string {
    return join(this.directory, 'cgroup.procs');
  }

  /** Moves a process in. A process that has ended meanwhile is none of its business. */
  add(pid: number): void {
    try {
      writeFileSync(this.door, String(pid));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }

  /** Those of groups that a program made inside are its too. */
  pids(): number[] {
    return this.#tree().flatMap((directory) => readLines(join(directory, 'cgroup.procs')).map(Number));
  }

  /** CPU time of all that ever ran in it; undefined where its hierarchy does not count that. */
  get cpuNanoseconds(): number | undefined {
    const microseconds = readNumber(join(this.directory, 'cpu.stat'), 'usage_usec');
    return microseconds === undefined ? undefined : microseconds * 1000;
  }

  /** Memory in use, file pages that nobody used lately apart; undefined where its hierarchy does not count that. */
  get memory(): { usageBytes: number; inactiveFileBytes: number } | undefined {
    const usageBytes = readNumber(join(this.directory, 'memory.current'));
    if (usageBytes === undefined) return undefined;
    return { usageBytes, inactiveFileBytes: readNumber(join(this.directory, 'memory.stat'), 'inactive_file') ?? 0 };
  }

  /** SIGKILLs all at one moment, so that none can fork meanwhile. */
  strike(): void {
    if (existsSync(join(this.directory, 'cgroup.kill'))) {
      write(join(this.directory, 'cgroup.kill'), '1');
      return;
    }
    this.#freeze(true);
    for (const pid of this.pids()) sendSignal(pid, 'SIGKILL');
    this.#freeze(false);
  }

  /** True once it is gone, which it can only be when nothing lives in it. */
  remove(): boolean {
    for (const directory of this.#tree().reverse()) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') return false;
      }
    }
    return true;
  }

  #freeze(frozen: boolean): void {
    write(join(this.directory, 'freezer.state'), frozen ? 'FROZEN' : 'THAWED');
    write(join(this.directory, 'cgroup.freeze'), frozen ? '1' : '0');
  }

  /** Parents before children. */
  #tree(directory = this.directory): string[] {
    return [directory, ...subdirectories(directory).flatMap((name) => this.#tree(join(directory, name)))];
  }
}

/** The groups of a runtime's containers, each named after its container, side by side in one directory. */
export class ControlGroups {
  readonly #parent: string;
  readonly #prefix: string;

  constructor(parent: string, rootDir: string) {
    this.#parent = parent;
    this.#prefix = `keelson-${createHash('sha256').update(rootDir).digest('hex').slice(0, 12)}-`;
  }

  /**
   * `wanted` is a directory, or `auto` for the one that this process is in itself, or `none`. Undefined when there are to
   * be none, or when `auto` finds no place where this process may make one.
   */
  static find(wanted: string, rootDir: string): ControlGroups | undefined {
    if (wanted === 'none') return undefined;
    if (wanted === 'auto') {
      const groups = ownGroups().map((parent) => new ControlGroups(parent, rootDir));
      return groups.find((it) => it.#problem() === undefined);
    }
    const groups = new ControlGroups(wanted, rootDir);
    const problem = groups.#problem();
    if (problem === undefined) return groups;
    throw new Error(
      `--cgroup-root: ${problem}: give a directory of cgroup v2 or of v1's freezer that this user may write to, auto or none`,
    );
  }

  make(id: string): ControlGroup {
    const directory = join(this.#parent, this.#prefix + id);
    if (!existsSync(directory)) mkdirSync(directory);
    return new ControlGroup(directory);
  }

  /** The group of a container, whether it is there or not. */
  of(id: string): ControlGroup {
    return new ControlGroup(join(this.#parent, this.#prefix + id));
  }

  /** Ids of the containers that have a group. */
  list(): string[] {
    return subdirectories(this.#parent)
      .filter((name) => name.startsWith(this.#prefix))
      .map((name) => name.slice(this.#prefix.length));
  }

  /** Tries with a process, since only that tells whether this process may. */
  #problem(): string | undefined {
    try {
      const group = this.make('probe');
      try {
        const files = readdirSync(group.directory);
        if (!['cgroup.kill', 'cgroup.freeze', 'freezer.state'].some((name) => files.includes(name))) {
          return `${this.#parent} is no control group that can be frozen`;
        }
        const moved = spawnSync('/bin/sh', ['-c', 'echo $$ >"$0"', group.door], { stdio: 'ignore' }).status === 0;
        return moved ? undefined : `processes cannot be moved into a group in ${this.#parent}`;
      } finally {
        group.remove();
      }
    } catch (error) {
      return `cannot make a group in ${this.#parent} (${(error as NodeJS.ErrnoException).code})`;
    }
  }
}

/** The groups that this process is in, in the hierarchies that can stop all processes at once, the better first. */
function ownGroups(): string[] {
  const own = readLines('/proc/self/cgroup').map((line) => {
    const [, controllers = '', ...path] = line.split(':');
    return { controllers: controllers.split(','), path: path.join(':') };
  });
  return ['cgroup2', 'cgroup'].flatMap((type) =>
    readLines('/proc/self/mountinfo').flatMap((line) => {
      const [left = '', right = ''] = line.split(' - ');
      const [, , , root = '/', mountPoint = ''] = left.split(' ').map(unescapeMount);
      const [found, , options = ''] = right.split(' ');
      if (found !== type || (type === 'cgroup' && !options.split(',').includes('freezer'))) return [];
      const mine = own.find(({ controllers }) => controllers.includes(type === 'cgroup' ? 'freezer' : ''));
      if (mine === undefined) return [];
      const below = relative(root, mine.path);
      return [below.startsWith('..') ? mountPoint : join(mountPoint, below)];
    }),
  );
}

/** Spaces and the like are written as octal numbers there. */
function unescapeMount(text: string): string {
  return text.replace(/\\(\d{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8)));
}

function subdirectories(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function readLines(path: string): string[] {
  try {
    return readFileSync(path, 'utf8').split('\n').filter(Boolean);
  } catch {
    return [];
  }
}

/** The number in a file of one, or the one behind a key in a file of many. */
function readNumber(path: string, key?: string): number | undefined {
  const lines = readLines(path);
  const text = key === undefined ? lines[0] : lines.find((it) => it.startsWith(`${key} `))?.slice(key.length + 1);
  const value = Number(text);
  return text === undefined || !Number.isFinite(value) ? undefined : value;
}

/** What is not there, or not any more, needs no writing. */
function write(path: string, value: string): void {
  try {
    if (existsSync(path)) writeFileSync(path, value);
  } catch {
    // The group went away, or the kernel wants another try: whoever strikes looks again.
  }
}
