#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import {
  createLogger,
  Lifecycle,
  list,
  loadIdentity,
  parseDuration,
  parseFlags,
  systemClock,
  systemRandom,
} from '@keelson/service';
import { createStoreClient } from '@keelson/store-client';
import { admissionOptions, admissionProblem } from './admission/admission-options.js';
import { ProxyIdentityFiles } from './aggregation/proxy-identity.js';
import { auditOptions, auditProblem } from './audit/audit-options.js';
import { accessOptions, accessProblem, requestHeaderOptions } from './auth/access-options.js';
import { compile } from './auth/jwt/expressions.js';
import { signingKeyOf, verifyingKeysOf } from './auth/tokens/signing-key.js';
import { flags } from './flags.js';
import { limitOptions, limitProblem } from './flow-control/limits.js';
import { parseAddressRanges } from './resources/services/range.js';
import { ApiServer } from './server.js';
import { tlsOptions, tlsProblem } from './serving/tls-flags.js';
import { EncryptedStore } from './storage/encryption/encrypted-store.js';
import { encryptionOf } from './storage/encryption/options.js';

const args = parseFlags('keelson-apiserver', flags, (given) => {
  const port = /^(\d+)-(\d+)$/.exec(given['service-node-port-range']);
  if (port === null)
    return `--service-node-port-range: "${given['service-node-port-range']}" is not of the form 30000-32767`;
  try {
    parseAddressRanges(given['service-cluster-ip-range']);
  } catch (error) {
    return `--service-cluster-ip-range: ${(error as Error).message}`;
  }
  const problem =
    accessProblem(given) ??
    admissionProblem(given) ??
    auditProblem(given) ??
    tlsProblem(given) ??
    limitProblem(limitOptions(given));
  if (problem !== undefined) return problem;
  if (parseDuration(given['etcd-compaction-interval']) === undefined)
    return `--etcd-compaction-interval: "${given['etcd-compaction-interval']}" is not a time such as 5m, or 0`;
  if ((given['proxy-client-cert-file'] === undefined) !== (given['proxy-client-key-file'] === undefined))
    return '--proxy-client-cert-file and --proxy-client-key-file go together: one is missing';
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
  const { 'proxy-client-cert-file': proxyCert, 'proxy-client-key-file': proxyKey } = args;
  const storeTls =
    args['etcd-cafile'] && args['etcd-certfile'] && args['etcd-keyfile']
      ? loadIdentity({ ca: args['etcd-cafile'], cert: args['etcd-certfile'], key: args['etcd-keyfile'] }, clock.now())
      : undefined;
  const endpoints = list(args['etcd-servers']).map((url) => url.replace(/^https?:\/\//, ''));
  const encryption = encryptionOf(args, { clock, random, logger });
  const plain = createStoreClient({ endpoints, tls: storeTls }, { clock, random, logger });
  const store = encryption === undefined ? plain : new EncryptedStore(plain, encryption);
  const signingKeyFile = args['service-account-signing-key-file'];
  const [first = 0, last = 0] = args['service-node-port-range'].split('-').map(Number);
  const server = new ApiServer(
    {
      host: args['bind-address'],
      restPort: args['secure-port'],
      grpcPort: args['grpc-port'],
      advertiseAddress: args['advertise-address'] ?? args['bind-address'],
      tls: { ...tls, ...tlsOptions(args) },
      clientCa: tls.ca,
      requestHeader: requestHeaderOptions(args, clock.now()),
      kubeletTls,
      proxyIdentity:
        proxyCert && proxyKey
          ? new ProxyIdentityFiles(
              [proxyCert, proxyKey],
              () => loadIdentity({ ca, cert: proxyCert, key: proxyKey }, clock.now()),
              { logger },
            )
          : undefined,
      serviceClusterIpRange: args['service-cluster-ip-range'],
      nodePorts: { first, last },
      audit: auditOptions(args, { logger }),
      access: accessOptions(args, { issuer: args['service-account-issuer'], compile, clock, logger }),
      admission: admissionOptions(args),
      serviceAccounts: {
        issuer: args['service-account-issuer'],
        apiAudiences: list(args['api-audiences'] ?? args['service-account-issuer']),
        signingKey: signingKeyFile === undefined ? undefined : signingKeyOf(readFileSync(signingKeyFile)),
        otherKeys: list(args['service-account-key-file']).flatMap((path) =>
          verifyingKeysOf(readFileSync(path, 'utf8')),
        ),
      },
      compactionIntervalMs: parseDuration(args['etcd-compaction-interval']) ?? 0,
      limits: limitOptions(args),
      shownFlags: shownFlags(args),
    },
    { store, clock, random, logger },
  );
  lifecycle.onStop('server', () => server.stop());
  const ports = await server.start();
  logger.info(ports, 'listening');
});

/** Those that exist, whether given or not. */
function shownFlags(given: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(Object.keys(flags).map((name) => [name, String(given[name] ?? '')]));
}
