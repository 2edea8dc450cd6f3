import { authoritiesOf, credentialsIn, KubeconfigError, readKubeconfig } from '@keelson/client/kubeconfig';
import type { JsonEndpointOptions } from './json-endpoint.js';

type Target = Omit<JsonEndpointOptions, 'timeoutMs' | 'attempts' | 'firstPauseMs' | 'bytesMax'>;

/** Where a webhook is, from a file in the form of a kubeconfig. Throws KubeconfigError. */
export function webhookTarget(path: string): Target {
  const config = readKubeconfig(path);
  const wrong = (what: string) => new KubeconfigError(`${path}: ${what}`);
  const context = config.contexts?.find(({ name }) => name === config['current-context'])?.context;
  if (context === undefined) throw wrong('current-context names no context of it');
  const cluster = config.clusters?.find(({ name }) => name === context.cluster)?.cluster;
  if (cluster === undefined) throw wrong(`there is no cluster "${context.cluster}" in it`);
  const { server = '', 'tls-server-name': serverName, 'insecure-skip-tls-verify': insecureSkipTlsVerify } = cluster;
  if (!/^https?:\/\/[^/]+/.test(server)) throw wrong(`cluster "${context.cluster}": server must be a URL, https://…`);
  const ca = authoritiesOf(context.cluster, cluster);
  const target: Target = { url: server, serverName, insecureSkipTlsVerify, tls: ca === undefined ? {} : { ca } };
  if (!context.user) return target;
  const user = config.users?.find(({ name }) => name === context.user)?.user;
  if (user === undefined) throw wrong(`there is no user "${context.user}" in it`);
  const { cert, key, token } = credentialsIn(context.user, user);
  const basic = user.username && `Basic ${Buffer.from(`${user.username}:${user.password ?? ''}`).toString('base64')}`;
  return {
    ...target,
    tls: { ...target.tls, ...(cert && key ? { cert, key } : {}) },
    authorization: token === undefined ? basic || undefined : `Bearer ${token}`,
  };
}
