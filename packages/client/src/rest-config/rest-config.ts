import { readFileSync } from 'node:fs';
import type { Clock } from '@keelson/service';
import type { Credentials } from '../credentials/credentials.js';
import { staticCredentials } from '../credentials/credentials.js';
import type { Destination } from '../http/dial.js';
import { parseProxy, proxyOfEnvironment } from '../http/proxy.js';
import { authoritiesOf, KubeconfigError, readKubeconfig } from '../kubeconfig/read.js';
import type { ClusterEntry, Kubeconfig } from '../kubeconfig/types.js';
import { userCredentials } from './user-credentials.js';

/** Where a Kubernetes API server is, and what is shown to it. */
export interface RestConfig {
  /** Its `server` may have a path, below which the API is. */
  readonly destination: Destination;
  readonly credentials: Credentials;
  /** False: answers are not to be compressed. */
  readonly compression: boolean;
}

export interface RestConfigDependencies {
  readonly clock: Clock;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What the current context of a kubeconfig says. `master` goes before its server. Throws KubeconfigError. */
export function restConfigOf(path: string, master: string | undefined, deps: RestConfigDependencies): RestConfig {
  const config = readKubeconfig(path);
  const wrong = (what: string) => new KubeconfigError(`${path}: ${what}`);
  const context = currentContext(config, wrong);
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster === undefined || cluster === null) throw wrong(`cluster "${context.cluster}" does not exist`);
  const user = context.user ? config.users?.find(({ name }) => name === context.user)?.user : {};
  if (user === undefined || user === null) throw wrong(`user "${context.user}" does not exist`);
  try {
    return {
      destination: destinationOf(context.cluster, cluster, master, deps.environment),
      credentials: userCredentials(context.user, user, clusterInfo(cluster), deps),
      compression: cluster['disable-compression'] !== true,
    };
  } catch (error) {
    throw wrong((error as Error).message);
  }
}

/** An API server of which no more is known than where it is. Throws KubeconfigError. */
export function restConfigOfMaster(master: string, { environment }: RestConfigDependencies): RestConfig {
  const destination = destinationOf('', {}, master, environment);
  return { destination, credentials: staticCredentials(), compression: true };
}

function currentContext(config: Kubeconfig, wrong: (what: string) => Error) {
  const name = config['current-context'];
  if (!name) throw wrong('current-context is not set: it says which of the contexts is meant');
  const context = config.contexts?.find((it) => it.name === name)?.context;
  if (context === undefined || context === null) throw wrong(`context "${name}" does not exist`);
  if (!context.cluster) throw wrong(`context "${name}" names no cluster`);
  return context;
}

function destinationOf(
  name: string,
  cluster: ClusterEntry,
  master: string | undefined,
  environment: RestConfigDependencies['environment'],
): Destination {
  const server = serverOf(master || cluster.server || '', master ? '--master' : `cluster "${name}": server`);
  const insecure = cluster['insecure-skip-tls-verify'] === true;
  const ca = authoritiesOf(name, cluster);
  if (insecure && ca !== undefined)
    throw new KubeconfigError(
      `cluster "${name}": certificate-authority and insecure-skip-tls-verify exclude each other`,
    );
  return {
    server,
    authorities: ca && authorities(ca, cluster),
    serverName: cluster['tls-server-name'] || undefined,
    insecureSkipTlsVerify: insecure,
    proxy: proxyOf(name, cluster, server, environment),
  };
}

function serverOf(text: string, where: string): URL {
  if (text === '') throw new KubeconfigError(`${where} is not set`);
  const whole = text.includes('://') ? text : `https://${text}`;
  const url = URL.canParse(whole) ? new URL(whole) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    throw new KubeconfigError(`${where} "${text}" is no URL of the form https://host:port`);
  return url;
}

function proxyOf(
  name: string,
  cluster: ClusterEntry,
  server: URL,
  environment: RestConfigDependencies['environment'],
): URL | undefined {
  const given = cluster['proxy-url'];
  if (!given) return proxyOfEnvironment(server, environment);
  try {
    return parseProxy(given);
  } catch (error) {
    throw new KubeconfigError(`cluster "${name}": proxy-url: ${(error as Error).message}`);
  }
}

/** A file of authorities is read for each connection: whoever replaces it need not start us again. */
function authorities(first: Buffer, cluster: ClusterEntry): () => Buffer {
  const path = cluster['certificate-authority-data'] ? undefined : cluster['certificate-authority'];
  return path === undefined ? () => first : rereadable(first, path);
}

export function rereadable(first: Buffer, path: string): () => Buffer {
  let known = first;
  return () => {
    try {
      known = readFileSync(path);
    } catch {
      // Between two files of one name there may be none.
    }
    return known;
  };
}

/** As an exec plugin is told of it. */
function clusterInfo(cluster: ClusterEntry): object {
  return {
    server: cluster.server,
    'tls-server-name': cluster['tls-server-name'],
    'insecure-skip-tls-verify': cluster['insecure-skip-tls-verify'],
    'certificate-authority-data': authoritiesOf('', cluster)?.toString('base64'),
    'proxy-url': cluster['proxy-url'],
    'disable-compression': cluster['disable-compression'],
    config: cluster.extensions?.find(({ name }) => name === EXEC_EXTENSION)?.extension ?? null,
  };
}

/** The extension of a cluster that is meant for exec plugins. */
const EXEC_EXTENSION = 'client.authentication.k8s.io/exec';
