import { basename, dirname, join } from 'node:path';

export interface PlannedMount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
}

export type PathKind = 'file' | 'directory' | 'missing';

export interface MountPlan {
  /** Shell commands for a private mount namespace; the last line of a plan with a root of its own sets ROOT. */
  script: string;
  /** Paths that cannot be mounted here: they are in /proc or /sys and the host has no such path. */
  skipped: string[];
}

const KERNEL_FOLDERS = /^\/(proc|sys)(\/|$)/;

/**
 * Plans how a container sees its mounts. A path that the host has is covered by a bind mount. Where it lacks one, the
 * nearest folder that it has is covered by an overlay in which the mount point can be made; at the top, where that is
 * the root, the container gets a root of its own: a tmpfs into which each entry of the host's is bound. The host itself
 * is never written to. `dir` is a folder of the container that exists and holds `root` and `layers`. Paths that are
 * mounted on must not lead through links: see {@link canonicalPath}.
 */
export function planMounts(
  mounts: readonly PlannedMount[],
  kindOf: (path: string) => PathKind,
  dir: string,
): MountPlan {
  const wanted = [...mounts].sort((a, b) => depth(a.containerPath) - depth(b.containerPath));
  const skipped = wanted.filter((it) => isUnmountable(it.containerPath, kindOf)).map((it) => it.containerPath);
  const planned = wanted.filter((it) => !skipped.includes(it.containerPath));
  if (planned.length === 0) return { script: '', skipped };

  const isInside = (path: string) => planned.some((it) => path.startsWith(`${it.containerPath}/`));
  const missing = planned.filter((it) => kindOf(it.containerPath) === 'missing' && !isInside(it.containerPath));
  const parents = new Set(missing.map((it) => existingParent(it.containerPath, kindOf)));
  const root = parents.delete('/') ? join(dir, 'root') : '';
  const lines = ['set -e'];
  if (root !== '') lines.push(...ownRoot(root));
  lines.push(...overlays(root, join(dir, 'layers'), [...parents]));
  for (const mount of planned) {
    const binding = bind(mount, `${root}${mount.containerPath}`, kindOf);
    const overDevices = kindOf(mount.containerPath) === 'missing' && isInDev(mount.containerPath);
    lines.push(...(overDevices ? ['if [ -n "$DEV" ]; then', ...binding, 'fi'] : binding));
  }
  if (root !== '') lines.push(`ROOT=${quote(root)}`);
  return { script: lines.join('\n'), skipped };
}

function isUnmountable(path: string, kindOf: (path: string) => PathKind): boolean {
  return path === '/' || (KERNEL_FOLDERS.test(path) && kindOf(path) === 'missing');
}

function ownRoot(root: string): string[] {
  return [
    `mount -t tmpfs -o mode=755 keelson ${quote(root)}`,
    'for entry in /* /.[!.]*; do',
    '  if [ -L "$entry" ]; then',
    `    cp -P "$entry" ${quote(root)}"$entry"`,
    '  elif [ -d "$entry" ]; then',
    `    mkdir ${quote(root)}"$entry" && mount --rbind "$entry" ${quote(root)}"$entry"`,
    '  elif [ -e "$entry" ]; then',
    `    : >${quote(root)}"$entry" && mount --bind "$entry" ${quote(root)}"$entry"`,
    '  fi',
    'done',
  ];
}

/**
 * What is written beside the mount points goes to memory and is gone with the container. What is mounted below such a
 * folder stays where it is. Without an overlay over /dev a container runs all the same: its devices come first.
 */
function overlays(root: string, layers: string, parents: string[]): string[] {
  if (parents.length === 0) return [];
  const lines = ["points=$(cut -d' ' -f5 /proc/self/mountinfo)", `mount -t tmpfs -o mode=755 keelson ${quote(layers)}`];
  for (const [index, parent] of parents.sort((a, b) => depth(a) - depth(b)).entries()) {
    const layer = join(layers, String(index));
    const [below, target] = [quote(`${layer}/below`), quote(root + parent)];
    const options = quote(`lowerdir=${parent},upperdir=${layer}/upper,workdir=${layer}/work`);
    const overlay = `mount -t overlay -o ${options} keelson ${target}`;
    const keep = [
      'for point in $points; do',
      '  case "$point" in',
      `    ${quote(parent)}/*) mount --rbind ${below}"\${point#${quote(parent)}}" ${quote(root)}"$point" || : ;;`,
      '  esac',
      'done',
    ];
    lines.push(
      `mkdir -p ${quote(`${layer}/upper`)} ${quote(`${layer}/work`)} ${below}`,
      `mount --rbind ${target} ${below}`,
      ...(parent === '/dev' ? ['DEV=', `if ${overlay} 2>/dev/null; then`, 'DEV=1', ...keep, 'fi'] : [overlay, ...keep]),
    );
  }
  return lines;
}

function isInDev(path: string): boolean {
  return path.startsWith('/dev/');
}

function bind(mount: PlannedMount, target: string, kindOf: (path: string) => PathKind): string[] {
  const path = quote(target);
  const lines: string[] = [];
  if (kindOf(mount.containerPath) === 'missing') {
    const makePoint = kindOf(mount.hostPath) === 'file' ? `[ -e ${path} ] || : >${path}` : `mkdir -p ${path}`;
    lines.push(`mkdir -p ${quote(dirname(target))}`, makePoint);
  }
  lines.push(`mount --rbind ${quote(mount.hostPath)} ${path}`);
  if (mount.readonly) lines.push(`mount -o remount,bind,ro ${path}`);
  return lines;
}

function existingParent(path: string, kindOf: (path: string) => PathKind): string {
  const parent = dirname(path);
  return parent === '/' || kindOf(parent) !== 'missing' ? parent : existingParent(parent, kindOf);
}

/** The path without the links that lead to it, as far as it exists. */
export function canonicalPath(path: string, realpath: (path: string) => string | undefined): string {
  const real = realpath(path);
  if (real !== undefined || path === '/') return real ?? path;
  return join(canonicalPath(dirname(path), realpath), basename(path));
}

function depth(path: string): number {
  return path.split('/').length;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
