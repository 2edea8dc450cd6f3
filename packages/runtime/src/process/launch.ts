/** Who a program runs as. */
export interface RunAs {
  uid: number;
  gid: number;
  groups: number[];
}

/** A command line for spawn(2). */
export interface Launch {
  file: string;
  args: string[];
}

/** Exit code of a container whose start failed before its program ran, as containerd reports it. */
export const START_FAILED = 128;

/** Prepares what the script says, moves into ROOT if it set one, and becomes the program. */
const ENTER =
  'if [ -n "$ROOT" ]; then exec chroot "$ROOT" /bin/sh -c \'cd "$0" && exec "$@"\' "$@"; fi\ncd "$1" && shift && exec "$@"';

/**
 * The command line that becomes a container's program once it reads a line from file descriptor `gate`; the end of
 * that file makes it end without a trace. So a program runs only after its start was written to disk.
 */
export function gatedLaunch(
  spec: { argv: readonly string[]; cwd: string; mountScript: string; user?: RunAs | undefined },
  gate: 0 | 3,
): Launch {
  const close = gate === 3 ? 'exec 3<&-' : ':';
  const prepare =
    spec.mountScript === '' ? ':' : `trap "exit ${START_FAILED}" EXIT\n${spec.mountScript}\nset +e\ntrap - EXIT`;
  const script = `ROOT=\nread -r _ <&${gate} || exit ${START_FAILED}\n${close}\n${prepare}\n${ENTER}`;
  const shell = ['/bin/sh', '-c', script, 'keelson', spec.cwd, ...asUser(spec.user), ...spec.argv];
  const isolate = spec.mountScript === '' ? [] : ['unshare', '--mount', '--propagation', 'private', '--'];
  return split([...isolate, ...shell]);
}

/** The command line of a further program in the view that process `pid` has of the file system. */
export function enterLaunch(
  spec: { argv: readonly string[]; cwd: string; mountScript: string; user?: RunAs | undefined },
  pid: number,
): Launch {
  const enter = spec.mountScript === '' ? [] : ['nsenter', '--target', String(pid), '--mount', '--root', '--wd', '--'];
  return split([...enter, '/bin/sh', '-c', 'cd "$0" && exec "$@"', spec.cwd, ...asUser(spec.user), ...spec.argv]);
}

function asUser(user: RunAs | undefined): string[] {
  if (user === undefined) return [];
  const groups = user.groups.length > 0 ? `--groups=${user.groups.join(',')}` : '--clear-groups';
  return ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, groups, '--'];
}

function split(line: string[]): Launch {
  const [file, ...args] = line as [string, ...string[]];
  return { file, args };
}
