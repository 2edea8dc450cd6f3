import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, resolve } from 'node:path';
import { type Kubeconfig, readKubeconfig } from '@keelson/client/kubeconfig';
import { parse, stringify } from 'yaml';
import { CliError } from '../errors.js';

/** A kubeconfig, the sum of one or more files. */
export interface KubeconfigSource {
  /** Files that were looked for, in order of precedence. */
  readonly paths: readonly string[];
  readonly config: Kubeconfig;
}

interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** Where a kubeconfig is looked for: the flag, else $KUBECONFIG, else ./.keelson/kubeconfig if it is there, else ~/.kube/config. */
export function kubeconfigPaths(flag: string | undefined, { env, cwd }: Surroundings): string[] {
  if (flag !== undefined && flag !== '') return [resolve(cwd, flag)];
  const listed = (env['KUBECONFIG'] ?? '').split(delimiter).filter((path) => path !== '');
  if (listed.length > 0) return listed.map((path) => resolve(cwd, path));
  const local = resolve(cwd, '.keelson/kubeconfig');
  if (existsSync(local)) return [local];
  return [resolve(env['HOME'] ?? homedir(), '.kube/config')];
}

/** Reads and merges the files; the first that names a thing wins. Only a file named by the flag must be there. */
export function loadKubeconfig(flag: string | undefined, surroundings: Surroundings): KubeconfigSource {
  const paths = kubeconfigPaths(flag, surroundings);
  if (flag !== undefined && flag !== '' && !existsSync(paths[0] ?? '')) {
    throw new CliError(`--kubeconfig: stat ${paths[0]}: no such file or directory`);
  }
  const files = paths.filter((path) => existsSync(path)).map(readKubeconfig);
  return { paths, config: files.reduceRight<Kubeconfig>((below, above) => merge(above, below), {}) };
}

function merge(above: Kubeconfig, below: Kubeconfig): Kubeconfig {
  const both = <T extends { name: string }>(a: T[] | null | undefined, b: T[] | null | undefined): T[] => {
    const names = new Set((a ?? []).map((it) => it.name));
    return [...(a ?? []), ...(b ?? []).filter((it) => !names.has(it.name))];
  };
  return {
    'current-context': above['current-context'] || below['current-context'] || '',
    clusters: both(above.clusters, below.clusters),
    users: both(above.users, below.users),
    contexts: both(above.contexts, below.contexts),
  };
}

/** Writes one change to the first of the files that exists. */
export function updateKubeconfig(source: KubeconfigSource, change: (config: Kubeconfig) => void): void {
  const path = source.paths.find((it) => existsSync(it));
  if (path === undefined) throw new CliError(`no kubeconfig at ${source.paths.join(', ')}`);
  const config = (parse(readFileSync(path, 'utf8')) ?? {}) as Kubeconfig;
  change(config);
  writeFileSync(path, stringify(config), { mode: 0o600 });
}
