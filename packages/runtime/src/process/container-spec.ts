import { mkdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';
import { findProgram } from '../catalogue.js';
import { RuntimeError } from '../errors.js';
import { type ContainerRecord, isHostNetwork, type SandboxRecord } from '../records.js';
import type { ShimSpec } from '../shim/records.js';
import type { ControlGroups } from './control-group.js';
import { CONTAINER_MARK } from './marks.js';
import { canonicalPath, type PathKind, planMounts } from './mount-plan.js';
import { homeOf, hostUsers, runAs } from './run-as.js';

/** What this process may do on this host. */
export interface HostFacts {
  /** Private mount namespaces can be made. */
  canMount: boolean;
  path: string;
  /** Where containers get control groups; undefined where this process may not make any. */
  controlGroups: ControlGroups | undefined;
}

/**
 * The shim's orders for a container. Its mounts are links below `KEELSON_ROOT` always, and bind mounts at the paths
 * that were asked for where the host allows; `KEELSON_MOUNTS` says (as JSON) what is mounted where.
 */
export function containerSpec(
  { record, directory }: { record: ContainerRecord; directory: string },
  sandbox: SandboxRecord,
  host: HostFacts,
): ShimSpec {
  const { config } = record;
  const root = join(directory, 'rootfs');
  const mounts = config.mounts.map(({ containerPath, hostPath, readonly }) => ({ containerPath, hostPath, readonly }));
  for (const mount of mounts) checkMount(mount.containerPath, mount.hostPath);
  for (const mount of mounts) link(root, mount.containerPath, mount.hostPath);
  const points = mounts.map((it) => ({ ...it, containerPath: canonicalPath(it.containerPath, realPath) }));
  const plan = host.canMount ? planMounts(points, pathKind, directory) : { script: '', skipped: [] };
  if (plan.script !== '')
    for (const folder of ['root', 'layers']) mkdirSync(join(directory, folder), { recursive: true });

  const users = hostUsers();
  const user = runAs(config.linux?.securityContext, users);
  const env: Record<string, string> = {
    PATH: host.path,
    HOME: homeOf(user?.uid ?? users.uid, users),
    HOSTNAME: sandbox.config.hostname,
    ...(config.tty ? { TERM: 'xterm' } : {}),
    ...(isHostNetwork(sandbox.config) ? {} : { POD_IP: sandbox.ip }),
    KEELSON_ROOT: root,
    KEELSON_MOUNTS: JSON.stringify(Object.fromEntries(mounts.map((it) => [it.containerPath, it.hostPath]))),
    ...Object.fromEntries(config.envs.map(({ key, value }) => [key, value])),
    [CONTAINER_MARK]: record.id,
  };
  const cwd = config.workingDir === '' ? root : config.workingDir;
  checkProgram(record, env, cwd, plan.script !== '');
  return {
    id: record.id,
    argv: record.argv,
    env,
    cwd,
    tty: config.tty,
    stdin: config.stdin,
    stdinOnce: config.stdinOnce,
    logPath: logPathOf(record, sandbox),
    mountScript: plan.script,
    hostname: sandbox.config.hostname,
    controlGroup: host.controlGroups?.make(record.id).directory,
    user,
    oomScoreAdj: config.linux?.resources?.oomScoreAdj || undefined,
  };
}

export function logPathOf(record: ContainerRecord, sandbox: SandboxRecord): string {
  const { logDirectory } = sandbox.config;
  return logDirectory === '' || record.config.logPath === '' ? '' : join(logDirectory, record.config.logPath);
}

/** Says at the start what the shell would only say in the log. Paths inside mounts cannot be checked from here. */
function checkProgram(record: ContainerRecord, env: Record<string, string>, cwd: string, hasMounts: boolean): void {
  const program = record.argv[0] ?? '';
  if (hasMounts && program.includes('/')) return;
  if (findProgram(program, env['PATH'] ?? '', cwd) !== undefined) return;
  const where = program.includes('/') ? 'no such file or directory' : 'executable file not found in $PATH';
  throw new RuntimeError(
    'failed-precondition',
    `failed to start container: exec: "${program}": ${where} (on this host)`,
  );
}

function checkMount(containerPath: string, hostPath: string): void {
  if (!isAbsolute(containerPath)) throw new RuntimeError('invalid', `mount path "${containerPath}" is not absolute`);
  if (hostPath === '') throw new RuntimeError('unimplemented', 'image volumes: no image is pulled here');
  if (pathKind(hostPath) === 'missing') throw new RuntimeError('invalid', `mount source "${hostPath}" does not exist`);
}

/** A mount inside another one has no link of its own: the link would be written into that volume. */
function link(root: string, containerPath: string, hostPath: string): void {
  const target = join(root, containerPath);
  try {
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(hostPath, target);
  } catch (error) {
    if (!['EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

function realPath(path: string): string | undefined {
  try {
    return realpathSync(path);
  } catch {
    return undefined;
  }
}

function pathKind(path: string): PathKind {
  try {
    return statSync(path).isDirectory() ? 'directory' : 'file';
  } catch {
    return 'missing';
  }
}
