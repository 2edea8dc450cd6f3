import { dirname, join } from 'node:path';

export interface PlannedMount {
  containerPath: string;
  hostPath: string;
  readonly: boolean;
}

export type PathKind = 'file' | 'directory' | 'missing';

export interface MountPlan {
  /** Shell commands for a private mount namespace; the last line of a plan with a root of its own sets ROOT. */
  script: string;
  /** Paths that cannot be mounted here: they are in /dev, /proc or /sys and the host has no such path. */
  skipped: string[];
}

const KERNEL_FOLDERS = /^\/(dev|proc|sys)(\/|$)/;

/**
 * Plans how a container sees its mounts. A path that the host has is covered by a bind mount. For a path that it lacks
 * the container gets a root of its own: a tmpfs into which each top-level entry of the host is bound, and overlays where
 * a mount point must be made deeper; the host itself is never written to. `dir` is a folder of the container that
 * exists and holds `root` and `layers`.
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
  const root = missing.length > 0 ? join(dir, 'root') : '';
  const lines = ['set -e'];
  if (root !== '') lines.push(...ownRoot(root, dir, missing, kindOf));
  for (const mount of planned) lines.push(...bind(mount, `${root}${mount.containerPath}`, kindOf));
  if (root !== '') lines.push(`ROOT=${quote(root)}`);
  return { script: lines.join('\n'), skipped };
}

function isUnmountable(path: string, kindOf: (path: string) => PathKind): boolean {
  return path === '/' || (KERNEL_FOLDERS.test(path) && kindOf(path) === 'missing');
}

function ownRoot(root: string, dir: string, missing: PlannedMount[], kindOf: (path: string) => PathKind): string[] {
  const layers = join(dir, 'layers');
  const lines = [
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
  const parents = new Set(missing.map((it) => existingParent(it.containerPath, kindOf)));
  parents.delete('/');
  if (parents.size > 0) lines.push(`mount -t tmpfs -o mode=755 keelson ${quote(layers)}`);
  for (const [index, parent] of [...parents].sort((a, b) => depth(a) - depth(b)).entries()) {
    const layer = join(layers, String(index));
    lines.push(
      `mkdir -p ${quote(`${layer}/upper`)} ${quote(`${layer}/work`)}`,
      `mount -t overlay -o ${quote(`lowerdir=${parent},upperdir=${layer}/upper,workdir=${layer}/work`)} keelson ${quote(root + parent)}`,
    );
  }
  return lines;
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

function depth(path: string): number {
  return path.split('/').length;
}

export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
