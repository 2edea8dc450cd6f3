#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import {
  createLogger,
  Lifecycle,
  list,
  loadAuthorities,
  loadIdentity,
  parseDuration,
  parseFlags,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { createStoreClient } from '@keelson/store-client';
import type { RequestHeaderOptions } from './auth/request-header.js';
import { flags } from './flags.js';
import { parseCidr } from './resources/cidr.js';
import { ApiServer } from './server.js';
import { signingKeyOf } from './tokens/signing-key.js';

const args = parseFlags('keelson-apiserver', flags, (given) => {
  const port = /^(\d+)-(\d+)$/.exec(given['service-node-port-range']);
  if (port === null)
    return `--service-node-port-range: "${given['service-node-port-range']}" is not of the form 30000-32767`;
  try {
    parseCidr(given['service-cluster-ip-range']);
  } catch (error) {
    return `--service-cluster-ip-range: ${(error as Error).message}`;
  }
  const mode = list(given['authorization-mode']).find((it) => !['Node', 'RBAC', 'AlwaysAllow'].includes(it));
  if (mode !== undefined) return `--authorization-mode: "${mode}" is not one of Node, RBAC, AlwaysAllow`;
  if (parseDuration(given['etcd-compaction-interval']) === undefined)
    return `--etcd-compaction-interval: "${given['etcd-compaction-interval']}" is not a time such as 5m, or 0`;
  const bad = list(given['etcd-servers']).find((it) => !/^https?:\/\/[^/]+:\d+$/.test(it));
  if (bad !== undefined) return `--etcd-servers: "${bad}" is not of the form https://host:port`;
  if (
    given['etcd-servers'].includes('https:') &&
    !(given['etcd-cafile'] && given['etcd-certfile'] && given['etcd-keyfile'])
  ) {
    return '--etcd-servers with https:// needs --etcd-cafile, --etcd-certfile and --etcd-keyfile';
  }
  return undefined;
});

/** Who front proxies are, and which headers they speak in. */
function requestHeader(now: number): RequestHeaderOptions | undefined {
  const file = args['requestheader-client-ca-file'];
  if (file === undefined) return undefined;
  const names = (flag: 'username' | 'uid' | 'group') =>
    list(args[`requestheader-${flag}-headers`]).map((it) => it.toLowerCase());
  return {
    ca: loadAuthorities(file, now),
    allowedNames: list(args['requestheader-allowed-names']),
    usernameHeaders: names('username'),
    uidHeaders: names('uid'),
    groupHeaders: names('group'),
    extraPrefixes: list(args['requestheader-extra-headers-prefix']).map((it) => it.toLowerCase()),
  };
}

const clock = systemClock();
const random = systemRandom();
const logger = createLogger('apiserver', { level: args['log-level'] });
const lifecycle = new Lifecycle({}, { clock, logger });

await lifecycle.run(async () => {
  const ca = args['client-ca-file'];
  const tls = loadIdentity({ ca, cert: args['tls-cert-file'], key: args['tls-private-key-file'] }, clock.now());
  const kubeletCert = args['kubelet-client-certificate'] ?? args['tls-cert-file'];
  const kubeletKey = args['kubelet-client-key'] ?? args['tls-private-key-file'];
  const kubeletTls = loadIdentity({ ca, cert: kubeletCert, key: kubeletKey }, clock.now());
  const storeTls =
    args['etcd-cafile'] && args['etcd-certfile'] && args['etcd-keyfile']
      ? loadIdentity({ ca: args['etcd-cafile'], cert: args['etcd-certfile'], key: args['etcd-keyfile'] }, clock.now())
      : undefined;
  const endpoints = list(args['etcd-servers']).map((url) => url.replace(/^https?:\/\//, ''));
  const store = createStoreClient({ endpoints, tls: storeTls }, { clock, random, logger });
  const signingKeyFile = args['service-account-signing-key-file'];
  const [first = 0, last = 0] = args['service-node-port-range'].split('-').map(Number);
  const server = new ApiServer(
    {
      host: args['bind-address'],
      restPort: args['secure-port'],
      grpcPort: args['grpc-port'],
      advertiseAddress: args['advertise-address'] ?? args['bind-address'],
      tls,
      clientCa: tls.ca,
      requestHeader: requestHeader(clock.now()),
      kubeletTls,
      serviceClusterIpRange: args['service-cluster-ip-range'],
      nodePorts: { first, last },
      authorizationModes: list(args['authorization-mode']),
      serviceAccounts: {
        issuer: args['service-account-issuer'],
        apiAudiences: list(args['api-audiences'] ?? args['service-account-issuer']),
        signingKey: signingKeyFile === undefined ? undefined : signingKeyOf(readFileSync(signingKeyFile)),
      },
      compactionIntervalMs: parseDuration(args['etcd-compaction-interval']) ?? 0,
      readonlyMax: args['max-requests-inflight'],
      mutatingMax: args['max-mutating-requests-inflight'],
    },
    { store, clock, random, logger },
  );
  lifecycle.onStop('server', () => server.stop());
  const ports = await server.start();
  logger.info(ports, 'listening');
});
