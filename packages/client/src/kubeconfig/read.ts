import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { parse } from 'yaml';
import type { ClusterEntry, ExecEntry, Kubeconfig, UserEntry } from './types.js';

/** Names the file, or the entry of one, that is wrong. */
export class KubeconfigError extends Error {
  override name = 'KubeconfigError';
}

/** One file, its relative paths made absolute. Throws KubeconfigError. */
export function readKubeconfig(path: string): Kubeconfig {
  let config: unknown;
  try {
    config = parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new KubeconfigError(`error loading config file "${path}": ${firstLine(error)}`, { cause: error });
  }
  if (config === null || config === undefined) return {};
  if (typeof config !== 'object' || Array.isArray(config))
    throw new KubeconfigError(`config file "${path}" is not a kubeconfig`);
  const read = config as Kubeconfig;
  const folder = dirname(path);
  for (const { cluster } of read.clusters ?? []) absolute<ClusterEntry>(cluster, ['certificate-authority'], folder);
  for (const { user } of read.users ?? []) {
    absolute<UserEntry>(user, ['client-certificate', 'client-key', 'tokenFile'], folder);
    // A program that is named without a folder is looked for in $PATH.
    if (user?.exec?.command?.includes('/')) absolute<ExecEntry>(user.exec, ['command'], folder);
  }
  return read;
}

export interface KubeconfigCredentials {
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
  readonly token: string | undefined;
}

/** What a user shows of itself. Throws KubeconfigError for files that cannot be read, and half a pair. */
export function credentialsIn(name: string, user: UserEntry): KubeconfigCredentials {
  const by = `user "${name}"`;
  const cert = readFrom(by, 'client-certificate', user['client-certificate-data'], user);
  const key = readFrom(by, 'client-key', user['client-key-data'], user);
  const token = user.token || readFrom(by, 'tokenFile', undefined, user)?.toString().trim() || undefined;
  if ((cert === undefined) !== (key === undefined)) {
    const missing = cert === undefined ? 'client-certificate' : 'client-key';
    throw new KubeconfigError(`${by} has no ${missing}: the two go together`);
  }
  return { cert, key, token };
}

/** Whom a cluster's certificate must be vouched for by; undefined: it does not say. */
export function authoritiesOf(name: string, cluster: ClusterEntry): Buffer | undefined {
  return readFrom(`cluster "${name}"`, 'certificate-authority', cluster['certificate-authority-data'], cluster);
}

/** The bytes of a field: from its data, else from the file that it names. */
function readFrom<F extends string>(
  owner: string,
  field: F,
  data: string | undefined,
  entry: { [K in F]?: string },
): Buffer | undefined {
  if (data) return Buffer.from(data, 'base64');
  const path = entry[field];
  if (!path) return undefined;
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new KubeconfigError(`${owner}: cannot read ${field} ${path}: ${code}`, { cause: error });
  }
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
