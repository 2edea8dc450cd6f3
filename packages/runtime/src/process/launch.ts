import { markScript } from './marks.js';
import { quote } from './mount-plan.js';
import type { RunAs } from './run-as.js';

/** What a container's programs are started with, the first and those that exec brings. */
export interface LaunchSpec {
  id: string;
  argv: readonly string[];
  cwd: string;
  /** A shell script that prepares the container's view of the file system; empty: the host's as it is. */
  mountScript: string;
  user?: RunAs | undefined;
  /** Its host's name, where it has a view of its own; empty: the host's. */
  hostname: string;
  /** The directory of its control group; without one, its processes are marked. */
  controlGroup?: string | undefined;
}

/** A command line for spawn(2). */
export interface Launch {
  file: string;
  args: string[];
}

/** Exit code of a container whose start failed before its program ran, as containerd reports it. */
export const START_FAILED = 128;

export const READY = 'R';

/** Prepares what the script says, moves into ROOT if it set one, and becomes the program. */
const ENTER =
  'if [ -n "$ROOT" ]; then exec chroot "$ROOT" /bin/sh -c \'cd "$0" && exec "$@"\' "$@"; fi\ncd "$1" && shift && exec "$@"';

/**
 * The command line that becomes a container's program. It prepares the container's view of the file system, says so by
 * one byte (READY) on file descriptor `gate`, and waits there for a line; the end of that file makes it end without a
 * trace. So a program runs only after its start was written to disk, and whoever comes in by exec finds the view whole.
 */
export function gatedLaunch(spec: LaunchSpec, gate: 0 | 3): Launch {
  const [out, close] = gate === 3 ? ['>&3', 'exec 3<&-'] : ['', ':'];
  const name = spec.hostname === '' ? ':' : `echo ${quote(spec.hostname)} >/proc/sys/kernel/hostname || :`;
  const prepare =
    spec.mountScript === ''
      ? ':'
      : `trap "exit ${START_FAILED}" EXIT\n${spec.mountScript}\nset +e\ntrap - EXIT\n${name}`;
  const wait = `printf ${READY} ${out}\nread -r _ <&${gate} || exit ${START_FAILED}\n${close}`;
  const script = `ROOT=\n${mark(spec)}\n${prepare}\n${wait}\n${ENTER}`;
  const shell = ['/bin/sh', '-c', script, 'keelson', spec.cwd, ...asUser(spec.user), ...spec.argv];
  const isolate = spec.mountScript === '' ? [] : ['unshare', '--mount', '--propagation', 'private', '--uts', '--'];
  return split([...isolate, ...shell]);
}

/**
 * The command line of a further program in the view that process `pid` has of the file system. It joins the container's
 * control group first, and does not run if that is gone.
 */
export function enterLaunch(spec: LaunchSpec, pid: number): Launch {
  const join =
    spec.controlGroup === undefined ? mark(spec) : `echo $$ >${quote(`${spec.controlGroup}/cgroup.procs`)} || exit 1`;
  const enter =
    spec.mountScript === '' ? [] : ['nsenter', '--target', String(pid), '--mount', '--uts', '--root', '--wd', '--'];
  const inside = [...enter, '/bin/sh', '-c', 'cd "$0" && exec "$@"', spec.cwd, ...asUser(spec.user), ...spec.argv];
  return split(['/bin/sh', '-c', `${join}\nexec "$@"`, 'keelson', ...inside]);
}

function mark({ id, controlGroup }: LaunchSpec): string {
  return controlGroup === undefined ? markScript(id) : ':';
}

function asUser(user: RunAs | undefined): string[] {
  if (user === undefined) return [];
  const { uid, gid, groups, noNewPrivileges } = user;
  const list = groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups';
  const identity = gid === undefined ? [] : [`--reuid=${uid}`, `--regid=${gid}`, list];
  return ['setpriv', ...identity, ...(noNewPrivileges ? ['--no-new-privs'] : []), '--'];
}

function split(line: string[]): Launch {
  const [file, ...args] = line as [string, ...string[]];
  return { file, args };
}
