import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, resolve } from 'node:path';
import { parse, stringify } from 'yaml';
import { CliError } from '../errors.js';
import type { ClusterEntry, Kubeconfig, UserEntry } from './types.js';

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

/** One file, its relative paths made absolute. */
export function readKubeconfig(path: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new CliError(`error loading config file "${path}": ${firstLine(error)}`, { cause: error });
  }
  if (config === null || config === undefined) return {};
  if (typeof config !== 'object' || Array.isArray(config))
    throw new CliError(`config file "${path}" is not a kubeconfig`);
  const read = config as Kubeconfig;
  const folder = dirname(path);
  for (const { cluster } of read.clusters ?? []) absolute<ClusterEntry>(cluster, ['certificate-authority'], folder);
  for (const { user } of read.users ?? [])
    absolute<UserEntry>(user, ['client-certificate', 'client-key', 'tokenFile'], folder);
  return read;
}

function absolute<T extends object>(
  entry: T | null | undefined,
  fields: readonly (keyof T & string)[],
  folder: string,
): void {
  const loose = (entry ?? {}) as Record<string, unknown>;
  for (const field of fields) {
    const value = loose[field];
    if (typeof value === 'string' && value !== '') loose[field] = resolve(folder, value);
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
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
