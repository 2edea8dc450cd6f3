import {
  authoritiesOf,
  type ClusterEntry,
  type ContextEntry,
  credentialsIn,
  GRPC_EXTENSION,
  type UserEntry,
} from '@keelson/client/kubeconfig';
import type { ClientTls } from '@keelson/service';
import { CliError } from '../errors.js';
import type { KubeconfigSource } from './load.js';

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
  const by = `user "${userName}"`;
  const ca = authoritiesOf(clusterName, cluster);
  if (ca === undefined) throw new CliError(`cluster "${clusterName}" has no certificate-authority: keelctl speaks TLS`);
  const { cert, key, token: own } = credentialsIn(userName, user);
  const given = token || own;
  if (cert === undefined && given === undefined)
    throw new CliError(`${by} has neither client-certificate and client-key nor token`);
  return { tls: { ca, ...(cert && key ? { cert, key } : {}) }, token: given };
}
