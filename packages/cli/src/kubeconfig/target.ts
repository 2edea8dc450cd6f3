import { readFileSync } from 'node:fs';
import type { ClientTls } from '@keelson/service';
import { CliError } from '../errors.js';
import type { KubeconfigSource } from './load.js';
import { type ClusterEntry, type ContextEntry, GRPC_EXTENSION, type UserEntry } from './types.js';

/** Flags that choose within a kubeconfig. */
export interface TargetFlags {
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly server?: string | undefined;
  readonly token?: string | undefined;
}

/** Where to call and who calls. */
export interface Target {
  /** host:port of the gRPC door. */
  readonly address: string;
  /** The REST address, where it is known. */
  readonly restServer: string;
  readonly tls: ClientTls;
  /** Of whoever shows no certificate, or wants to be somebody else. */
  readonly token: string | undefined;
}

const ADDRESS = /^(\[[0-9a-fA-F:]+\]|[^:,\s/]+):\d+$/;

/** The context that the flags or the file choose. */
export function contextOf({ config, paths }: KubeconfigSource, flags: TargetFlags): ContextEntry | undefined {
  const name = flags.context || config['current-context'] || '';
  if (name === '') return undefined;
  const found = config.contexts?.find((it) => it.name === name);
  if (found === undefined) {
    const flag = flags.context ? '--context: ' : '';
    throw new CliError(`${flag}context "${name}" does not exist in ${paths.join(', ')}`);
  }
  return found.context;
}

export function targetOf(source: KubeconfigSource, flags: TargetFlags): Target {
  const context = contextOf(source, flags);
  const files = source.paths.join(', ');
  const clusterName = flags.cluster || context?.cluster;
  const userName = flags.user || context?.user;
  if (clusterName === undefined || userName === undefined) {
    throw new CliError(
      `no cluster is configured in ${files}: start one with 'keelson up', or name a kubeconfig with --kubeconfig or $KUBECONFIG`,
    );
  }
  const cluster = source.config.clusters?.find((it) => it.name === clusterName)?.cluster;
  if (cluster === undefined) throw new CliError(`cluster "${clusterName}" does not exist in ${files}`);
  const user = source.config.users?.find((it) => it.name === userName)?.user;
  if (user === undefined) throw new CliError(`user "${userName}" does not exist in ${files}`);
  return {
    address: addressOf(clusterName, cluster, flags.server),
    restServer: cluster.server ?? '',
    ...credentialsOf({ name: clusterName, cluster }, { name: userName, user }, flags.token),
  };
}

function addressOf(name: string, cluster: ClusterEntry, flag: string | undefined): string {
  const listed = cluster.extensions?.find((it) => it.name === GRPC_EXTENSION)?.extension.server;
  const server = (flag || listed || '').replace(/^(grpcs?|https?):\/\//, '').replace(/\/$/, '');
  if (server === '') {
    throw new CliError(
      `cluster "${name}" has no gRPC address (its extension ${GRPC_EXTENSION}): give one with --server HOST:PORT`,
    );
  }
  if (!ADDRESS.test(server)) throw new CliError(`--server: "${server}" is not of the form HOST:PORT`);
  return server;
}

function credentialsOf(
  { name: clusterName, cluster }: { name: string; cluster: ClusterEntry },
  { name: userName, user }: { name: string; user: UserEntry },
  token: string | undefined,
): Pick<Target, 'tls' | 'token'> {
  const [of, by] = [`cluster "${clusterName}"`, `user "${userName}"`];
  const ca = readFrom(of, 'certificate-authority', cluster['certificate-authority-data'], cluster);
  if (ca === undefined) throw new CliError(`${of} has no certificate-authority: keelctl speaks TLS`);
  const cert = readFrom(by, 'client-certificate', user['client-certificate-data'], user);
  const key = readFrom(by, 'client-key', user['client-key-data'], user);
  const given = token || user.token || readFrom(by, 'tokenFile', undefined, user)?.toString().trim() || undefined;
  if (cert === undefined && key === undefined && given === undefined)
    throw new CliError(`${by} has neither client-certificate and client-key nor token`);
  if ((cert === undefined) !== (key === undefined))
    throw new CliError(`${by} has no ${cert === undefined ? 'client-certificate' : 'client-key'}: the two go together`);
  return { tls: { ca, ...(cert && key ? { cert, key } : {}) }, token: given };
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
    throw new CliError(`${owner}: cannot read ${field} ${path}: ${(error as NodeJS.ErrnoException).code}`, {
      cause: error,
    });
  }
}
